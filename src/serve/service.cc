#include "serve/service.h"

#include <fmt/format.h>

#include <utility>

#include "base/system_clock.h"
#include "engine/borrowed_store.h"
#include "engine/open_store.h"
#include "policy/read.h"
#include "serve/bounds.h"

namespace weir::serve {

Service::Service(const ServiceOptions& options, const Environment& environment, Clock& clock,
                 Log log)
    : options_(options),
      environment_(environment),
      clock_(clock),
      log_(std::move(log)),
      metrics_(options.version),
      open_(kMaxOpen) {
  metrics_.set_store_up(true);
}

// What waits is decided while everything that decides is there.
Service::~Service() {
  queue_.reset();
}

Result<std::unique_ptr<Service>> Service::open(const ServiceOptions& options,
                                               const Environment& environment, Clock& clock,
                                               Log log) {
  std::unique_ptr<Service> service(new Service(options, environment, clock, std::move(log)));
  Result<policy::Policy> policy = service->read_policy();
  if (!policy) return tl::unexpected(policy.error());
  Result<std::unique_ptr<store::Store>> store = engine::open_store(
      *policy, environment, clock, [&log = service->log_](std::string_view line) { log(line); });
  if (!store) return tl::unexpected(store.error());
  service->store_ = *std::move(store);
  const bool has_network = std::holds_alternative<policy::DynamoDbStore>(policy->store);
  if (Status done = service->put_in_force(*std::move(policy)); !done)
    return tl::unexpected(done.error());
  if (has_network)
    service->queue_ = std::make_unique<WorkQueue>(options.store_threads, kMaxWaiting);
  service->metrics_.count_reload(true, clock.now());
  return service;
}

Result<policy::Policy> Service::read_policy() const {
  return policy::load_policy(options_.policy_file, environment_);
}

Status Service::put_in_force(policy::Policy policy) {
  const std::vector<policy::DescriptorRule> descriptors = policy.descriptors;
  const std::size_t rules = policy.rules.size() + descriptors.size();
  Result<std::unique_ptr<engine::Limiter>> made = engine::Limiter::make(
      std::move(policy), {.clock = clock_,
                          .store = std::make_unique<engine::BorrowedStore>(store_),
                          .on_event = [this](const engine::Event& event) { hear(event); }});
  if (!made) return tl::unexpected(made.error());
  Result<std::unique_ptr<rls::DescriptorTable>> table =
      rls::DescriptorTable::make(descriptors, **made);
  if (!table) return tl::unexpected(table.error());
  const std::lock_guard lock(mutex_);
  in_force_ = {*std::move(made), *std::move(table)};
  rules_ = rules;
  return {};
}

void Service::hear(const engine::Event& event) {
  const bool up = event.kind == engine::Event::Kind::store_recovered;
  store_up_ = up;
  metrics_.set_store_up(up);
  log_(event.message);
}

Status Service::check_store() {
  return in_force().limiter->check_store();
}

bool Service::is_store_up() const {
  return store_up_;
}

Status Service::reload() {
  const std::lock_guard one_at_a_time(reloading_);
  const auto replace = [&]() -> Status {
    Result<policy::Policy> policy = read_policy();
    if (!policy) return tl::unexpected(policy.error());
    const std::shared_ptr<engine::Limiter> limiter = in_force().limiter;
    const policy::Policy& before = limiter->policy();
    if (policy->store != before.store) {
      return fail(ErrorCode::unsupported, options_.policy_file + ": the store is another one",
                  "Restart to change the store; all else is read anew");
    }
    // Counters are found again by the pepper, also by one that was drawn at random.
    if (policy->pepper.empty()) policy->pepper = before.pepper;
    return put_in_force(*std::move(policy));
  };
  Status done = replace();
  metrics_.count_reload(done.has_value(), clock_.now());
  return done;
}

InForce Service::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

std::string Service::description() const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{} rule{}, {} store", rules_, rules_ == 1 ? "" : "s", store_->name());
}

void Service::run(Work work) {
  if (queue_ == nullptr) return work(in_force(), Duration::zero());
  const Duration since = base::monotonic_now();
  const auto shared = std::make_shared<Work>(std::move(work));
  if (queue_->submit(
          [this, shared, since] { (*shared)(in_force(), base::monotonic_now() - since); }))
    return;
  metrics_.count_shed();
  // No time is left to ask the store, so this does not wait.
  (*shared)(in_force(), policy::kMaxStoreBudget);
}

void Service::watch(std::string listener, std::function<std::size_t()> count) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace_back(std::move(listener), std::move(count));
}

std::string Service::metrics_text() {
  metrics_.set_waiting(queue_ == nullptr ? 0 : queue_->waiting());
  metrics_.set_open(open_.size());
  const std::lock_guard lock(mutex_);
  for (const auto& [listener, count] : listeners_) metrics_.set_connections(listener, count());
  return metrics_.text();
}

}  // namespace weir::serve
