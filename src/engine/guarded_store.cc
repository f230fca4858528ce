#include "engine/guarded_store.h"

#include <string>

namespace weir::engine {
namespace {

// One key that is throttled, or one table of counters that an attacker has filled, says nothing
// about the keys of others. If it opened the breaker, a client that has used up its limit could
// buy itself the local share.
bool is_about_the_whole_store(const Error& error) {
  return error.code != ErrorCode::throttled && error.code != ErrorCode::limit_exceeded &&
         error.code != ErrorCode::invalid_input;
}

}  // namespace

std::optional<limit::Charge> GuardedStore::charge(const store::ChargeRequest& request) {
  if (!breaker_.allows(request.now)) return std::nullopt;
  const Result<store::ChargeOutcome> outcome = store_->charge(request);
  if (!outcome) {
    note_failure(outcome.error());
    return std::nullopt;
  }
  if (breaker_.succeeded(request.now)) {
    tell(Event::Kind::store_recovered, "the " + std::string(store_->name()) +
                                           " store decides again, after " +
                                           std::to_string(breaker_.failures()) + " failed calls");
  }
  return outcome->charge;
}

std::optional<limit::Charge> GuardedStore::charge_paid(const store::ChargeRequest& request) {
  const std::optional<store::ChargeOutcome> paid = store_->charge_paid(request);
  if (!paid || !paid->charge.admitted) return std::nullopt;
  return paid->charge;
}

std::optional<limit::Charge> GuardedStore::known_refusal(const store::ChargeRequest& request) {
  const std::optional<store::ChargeOutcome> known = store_->known_refusal(request);
  if (!known) return std::nullopt;
  return known->charge;
}

Status GuardedStore::check(Duration budget) {
  Status ready = store_->check(budget);
  if (!ready) note_failure(ready.error());
  return ready;
}

void GuardedStore::note_failure(const Error& error) {
  if (!breaker_.failed(clock_.now(), is_about_the_whole_store(error))) return;
  tell(Event::Kind::store_failing,
       "the " + std::string(store_->name()) + " store cannot decide: " + error.to_string());
}

}  // namespace weir::engine
