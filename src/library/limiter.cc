#include "weir/limiter.h"

#include <utility>

#include "base/system_clock.h"
#include "engine/http_answer.h"
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "policy/read.h"

namespace weir {

struct Limiter::Parts {
  base::SystemClock clock;
  std::unique_ptr<engine::Limiter> limiter;
};

namespace {

identity::KeyStanding standing_of(std::optional<bool> exists) {
  if (!exists) return identity::KeyStanding::unchecked;
  return *exists ? identity::KeyStanding::known : identity::KeyStanding::unknown;
}

Opened failed(const Error& error) {
  return {nullptr, error.to_string()};
}

}  // namespace

Limiter::Limiter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Limiter::~Limiter() = default;

Opened Limiter::open(const std::string& policy_file, const LimiterOptions& options) {
  const Environment environment =
      options.environment ? options.environment : [](std::string_view) { return std::nullopt; };
  Result<policy::Policy> policy = policy::load_policy(policy_file, environment);
  if (!policy) return failed(policy.error());
  auto parts = std::make_unique<Parts>();
  Clock& clock = options.clock != nullptr ? *options.clock : parts->clock;
  auto store = engine::open_store(*policy, environment, clock, options.on_event);
  if (!store) return failed(store.error());
  engine::Dependencies dependencies{.clock = clock, .store = *std::move(store)};
  if (options.on_event) {
    dependencies.on_event = [tell = options.on_event](const engine::Event& event) {
      tell(event.message);
    };
  }
  auto limiter = engine::Limiter::make(*std::move(policy), std::move(dependencies));
  if (!limiter) return failed(limiter.error());
  parts->limiter = *std::move(limiter);
  return {std::unique_ptr<Limiter>(new Limiter(std::move(parts))), {}};
}

std::string Limiter::check_store() {
  const Status ready = parts_->limiter->check_store();
  return ready ? std::string() : ready.error().to_string();
}

Answer Limiter::decide(const Request& request) {
  std::vector<identity::HeaderField> headers;
  headers.reserve(request.headers.size());
  for (const Field& field : request.headers) headers.push_back({field.name, field.value});
  identity::Request facts;
  facts.peer = request.peer;
  facts.headers = headers;
  facts.method = request.method;
  facts.route = request.route;
  if (request.user) facts.user = *request.user;
  facts.key_standing = standing_of(request.key_exists);
  facts.cost = request.cost;
  facts.cost_is_estimate = request.cost_is_estimate;
  facts.request_id = request.request_id;
  Answer answer;
  answer.decision = parts_->limiter->decide(facts);
  engine::HttpAnswer http = engine::http_answer(answer.decision);
  answer.status = http.status;
  answer.body = std::move(http.body);
  for (engine::HttpField& field : http.fields) {
    answer.fields.push_back({std::move(field.name), std::move(field.value)});
  }
  return answer;
}

void Limiter::finish(const Answer& answer) {
  parts_->limiter->finish(answer.decision);
}

std::int64_t Limiter::settle(const Answer& answer, std::int64_t actual) {
  return parts_->limiter->settle(answer.decision, actual);
}

}  // namespace weir
