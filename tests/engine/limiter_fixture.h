// What the tests of the engine share: a clock to turn, a real store that can be made to fail, and a
// short way to ask.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "engine/limiter.h"
#include "engine/request_memory.h"
#include "support/manual_clock.h"
#include "support/state_store.h"

namespace weir::engine {

inline constexpr Time kStart{std::chrono::seconds(1'800'000'000)};

// A store of every algorithm behind a line that can be cut. Counts what goes over it.
class FailingStore final : public store::Store {
 public:
  Result<store::ChargeOutcome> charge(const store::ChargeRequest& request) override {
    ++charges;
    {
      const std::lock_guard lock(mutex_);
      budgets.push_back(request.budget);
      charged_at.push_back(request.now);
      if (on_charge_) on_charge_();
      if (error_ && --calls_before_error_ < 0) return tl::unexpected(*error_);
    }
    return store_->charge(request);
  }
  std::optional<store::ChargeOutcome> known_refusal(const store::ChargeRequest& request) override {
    return knows ? store_->known_refusal(request) : std::nullopt;
  }
  Status check(Duration budget) override {
    ++checks;
    last_check_budget = budget;
    const std::lock_guard lock(mutex_);
    if (on_check_) on_check_();
    if (error_) return tl::unexpected(*error_);
    return {};
  }
  std::optional<store::ChargeOutcome> charge_paid(const store::ChargeRequest& request) override {
    if (paid < request.cost) return std::nullopt;
    paid -= static_cast<int>(request.cost);
    return store::ChargeOutcome{{.admitted = true}, true};
  }
  Status give_back(const store::ChargeRequest& request, std::int64_t slot) override {
    ++returns;
    {
      const std::lock_guard lock(mutex_);
      returned_at.push_back(request.now);
    }
    return store_->give_back(request, slot);
  }
  Result<bool> forget(const Key& key, Duration budget) override {
    {
      const std::lock_guard lock(mutex_);
      if (error_) return tl::unexpected(*error_);
    }
    return store_->forget(key, budget);
  }
  std::string_view name() const override { return "failing"; }

  // From the call after the next `calls_before` ones.
  void fail_with(ErrorCode code, int calls_before = 0) {
    const std::lock_guard lock(mutex_);
    calls_before_error_ = calls_before;
    error_ = weir::fail(code, "the line is cut").value();
  }
  void mend() {
    const std::lock_guard lock(mutex_);
    error_.reset();
  }
  // Called in each charge, such as to let time pass.
  void on_charge(std::function<void()> f) { on_charge_ = std::move(f); }

  // Called in each check, such as to let time pass.
  void on_check(std::function<void()> f) { on_check_ = std::move(f); }

  std::atomic<int> checks{0};
  std::atomic<int> charges{0};
  std::atomic<int> returns{0};
  std::atomic<int> paid{0};        // permits that it holds in advance
  std::atomic<bool> knows{false};  // as a remote store, that knows nothing without asking
  std::vector<Duration> budgets;
  Duration last_check_budget{};
  std::vector<Time> charged_at;
  std::vector<Time> returned_at;

 private:
  const std::unique_ptr<store::Store> store_ = std::make_unique<test::StateStore>();
  std::mutex mutex_;
  std::optional<Error> error_;
  int calls_before_error_ = 0;
  std::function<void()> on_charge_;
  std::function<void()> on_check_;
};

class LimiterTest : public ::testing::Test {
 protected:
  // Makes `limiter_` of these rules and of `policy_`.
  void start(std::vector<policy::Rule> rules) {
    policy_.rules = std::move(rules);
    auto store = std::make_unique<FailingStore>();
    store_ = store.get();
    auto made = Limiter::make(
        policy_,
        {.clock = clock_, .store = std::move(store), .on_event = [this](const Event& event) {
           const std::lock_guard lock(events_mutex_);
           events_.push_back(event);
         }});
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
    limiter_ = *std::move(made);
  }

  Decision get(std::string_view peer, std::string_view route = "/") {
    return get_from(*limiter_, peer, route);
  }
  static Decision get_from(Limiter& limiter, std::string_view peer, std::string_view route = "/") {
    return limiter.decide({.peer = peer, .method = "GET", .route = route});
  }
  Decision get_with_key(std::string_view peer, std::string_view key,
                        identity::KeyStanding standing = identity::KeyStanding::unchecked) {
    const std::vector<identity::HeaderField> headers = {{"X-API-Key", key}};
    return limiter_->decide({.peer = peer,
                             .headers = headers,
                             .method = "GET",
                             .route = "/",
                             .key_standing = standing});
  }
  // How many of `times` requests are admitted.
  template <class Ask>
  int admitted(int times, Ask ask) {
    int count = 0;
    for (int i = 0; i < times; ++i) count += ask().verdict == Verdict::admitted ? 1 : 0;
    return count;
  }

  test::ManualClock clock_{kStart};
  policy::Policy policy_;
  FailingStore* store_ = nullptr;
  std::unique_ptr<Limiter> limiter_;
  std::mutex events_mutex_;
  std::vector<Event> events_;
};

inline policy::Rule per_client(std::int64_t n, Duration window = std::chrono::seconds(10)) {
  return {.id = "per-client", .key = {policy::KeyPart::client_ip}, .limit = {n, window}};
}
inline policy::Rule per_key(std::int64_t n, Duration window = std::chrono::seconds(10)) {
  return {.id = "per-key", .key = {policy::KeyPart::api_key}, .limit = {n, window}};
}
inline policy::Rule everybody(std::int64_t n, Duration window = std::chrono::seconds(10)) {
  return {.id = "everybody", .limit = {n, window}};
}

}  // namespace weir::engine
