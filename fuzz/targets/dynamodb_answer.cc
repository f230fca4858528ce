// The whole DynamoDB store against whatever may answer it. The input is a list of answers,
// separated by a line "--": the status ("0": no answer) and perhaps a Date on the first line, then
// the body.
#include <array>
#include <memory>
#include <vector>

#include "fuzz/target.h"
#include "store/dynamodb/dynamodb_store.h"
#include "tests/support/manual_clock.h"

namespace weir::fuzz {
namespace {

const Time kNow(std::chrono::seconds(1'795'469'780));  // Mon, 23 Nov 2026 21:36:20 GMT

std::optional<std::string> environment(std::string_view name) {
  if (name == "AWS_ACCESS_KEY_ID") return "AKIAIOSFODNN7EXAMPLE";
  if (name == "AWS_SECRET_ACCESS_KEY") return "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  if (name == "AWS_ENDPOINT_URL_DYNAMODB") return "http://127.0.0.1:8000";
  return std::nullopt;
}

constexpr std::int64_t kN = 10;

struct Script {
  std::string_view left;
  int calls = 0;
  int successes = 0;
};

// The next answer of the script to whatever is asked; silence once there is none left.
class ScriptedService final : public net::HttpCaller {
 public:
  explicit ScriptedService(Script& script) : script_(script) {}

  net::HttpOutcome call(const net::Endpoint& /*endpoint*/, const net::HttpRequest& /*request*/,
                        Duration /*budget*/) override {
    ++script_.calls;
    std::string_view body = take_until(script_.left, "\n--\n");
    std::string_view head = take_line(body).value_or("0");
    const std::string_view status = take_until(head, " ");
    net::HttpResponse response;
    for (const char c : status.substr(0, 3)) {
      response.status = response.status * 10 + (c >= '0' && c <= '9' ? c - '0' : 0);
    }
    if (response.status < 100) {
      return tl::unexpected(
          net::HttpFailure{response.status == 0 ? net::Delivery::unknown : net::Delivery::not_sent,
                           fail(ErrorCode::timeout, "no answer").value()});
    }
    script_.successes += response.status == 200 ? 1 : 0;
    response.headers.emplace_back("Date", head);
    response.body = body;
    return response;
  }

 private:
  Script& script_;
};

void try_script(std::string_view input, const limit::Limit& limit) {
  // Before the charge come the check and the question about replicas. Renewed credentials: each
  // round trip may be two requests.
  constexpr int kMaxRequests = 2 * (store::Charging::kMaxRoundTrips + 2);
  Script script{.left = input};
  test::ManualClock clock(kNow);
  const store::DynamoDbOptions options;
  store::DynamoDbStore store(options,
                             std::make_unique<store::DynamoDbClient>(
                                 options, store::resolve_target(options, environment).value(),
                                 environment, std::make_unique<ScriptedService>(script), clock),
                             nullptr, 1);
  store::ChargeRequest request;
  request.limit = limit;
  request.subject = 7;
  request.now = kNow;
  request.budget = Duration::zero();  // no waiting: it would only be slow
  for (int i = 0; i < 4 && !script.left.empty(); ++i) {
    const int calls = script.calls;
    const int successes = script.successes;
    request.cost = 1 + i % 2;
    const auto foretold = store.known_refusal(request);
    const auto outcome = store.charge(request);
    WEIR_CHECK(script.calls - calls <= kMaxRequests);
    if (!outcome) {
      const std::string text = outcome.error().to_string();
      WEIR_CHECK(!text.empty() && text.size() < 2000 && text.find('\n') == std::string::npos);
      continue;
    }
    const limit::Charge& charge = outcome->charge;
    WEIR_CHECK(charge.remaining >= 0 && charge.remaining <= kN);
    WEIR_CHECK(!foretold || !charge.admitted);
    if (charge.admitted) {
      // Nothing but an answer of success admits to what is counted one by one; a value or a
      // request may be known to be in already. (An item that carries the number of this very write
      // would prove it too; no input knows that number.)
      const bool counts = !std::holds_alternative<limit::DistinctLimit>(limit) &&
                          !std::holds_alternative<limit::ConcurrencyLimit>(limit);
      WEIR_CHECK(!counts || script.successes > successes);
      static_cast<void>(store.give_back(request, charge.slot).has_value());
    } else {
      WEIR_CHECK(charge.room_at > request.now);
    }
    request.now += std::chrono::milliseconds(1500);
    clock.set(request.now);
  }
}

}  // namespace

void try_input(std::string_view input) {
  constexpr Duration kWindow = std::chrono::seconds(10);
  static const std::array<limit::Limit, 5> limits = {
      limit::WindowLimit{kN, limit::Geometry::for_window(kWindow)},
      limit::GcraLimit::per_window(kN, kWindow, kN),
      limit::FixedWindowLimit{kN, kNow, kNow + std::chrono::minutes(1)},
      limit::DistinctLimit{kN, limit::Geometry::for_window(kWindow, {}, limit::kMaxDistinctSlots)},
      limit::ConcurrencyLimit{kN, kWindow}};
  for (const limit::Limit& limit : limits) try_script(input, limit);
}

}  // namespace weir::fuzz
