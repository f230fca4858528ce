// GuardedStore: the policy's store behind a circuit breaker, with what the operator should hear.
//
// Promises:
// - A store that could not decide is never taken for one that refused.
// - While the store is down, a call costs nothing but a look at the breaker.
// - What is given back is given back once (store.h).
//
// Thread safety: every member may be called from any thread at once.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "engine/circuit_breaker.h"
#include "engine/event.h"
#include "store/store.h"
#include "weir/clock.h"

namespace weir::engine {

class GuardedStore {
 public:
  GuardedStore(std::unique_ptr<store::Store> store, Clock& clock, OnEvent on_event)
      : store_(std::move(store)), clock_(clock), on_event_(std::move(on_event)) {}

  // nullopt: it could not decide, or is not asked because it is down.
  std::optional<limit::Charge> charge(const store::ChargeRequest& request);

  // From what is paid for already, whether the store is up or down.
  std::optional<limit::Charge> charge_paid(const store::ChargeRequest& request);

  std::optional<limit::Charge> known_refusal(const store::ChargeRequest& request);

  // Whether the store is ready to decide; tells the operator if not.
  Status check(Duration budget);

  // How long until the store is asked again.
  Duration pause_left() { return breaker_.pause_left(clock_.now()); }

  store::Store& store() { return *store_; }

 private:
  void note_failure(const Error& error);
  void tell(Event::Kind kind, std::string message) const {
    if (on_event_) on_event_({kind, std::move(message)});
  }

  const std::unique_ptr<store::Store> store_;
  Clock& clock_;
  const OnEvent on_event_;
  CircuitBreaker breaker_;
};

}  // namespace weir::engine
