#include "store/dynamodb/charging.h"

#include <algorithm>
#include <utility>

namespace weir::store {
namespace {

// Full jitter: a uniform part of a bound that doubles.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(1);

}  // namespace

Charging::Step Charging::next() {
  turn_.reset();  // its own would be waited for
  turn_.emplace(seen_.begin(request_));
  if (turn_->must_wait()) {
    change_ = turn_->change();
    return Step::wait;
  }
  const Plan& plan = turn_->plan();
  if (!plan.is_write()) return decide(plan.charge, round_trips_ == 0);
  write_id_ = ids_.next();
  write_ = write_of(plan, turn_->seen(), turn_->request(), write_id_);
  is_repeat_ = false;
  return Step::send;
}

Charging::Step Charging::answered(const WriteAnswer& answer) {
  round_trips_ += answer.requests;
  using Fate = WriteAnswer::Fate;
  const bool is_mine = answer.state && answer.state->last_write == write_id_ &&
                       answer.state->shape == shape_of(request_.limit);
  if (answer.fate == Fate::applied || answer.fate == Fate::stopped) turn_->saw(answer.state);
  if (is_mine && (answer.fate == Fate::applied || answer.fate == Fate::stopped)) {
    return decide(turn_->was_applied(describe_admission(*answer.state, request_)), false);
  }
  // A repeat that was not applied says nothing of the first one, if that may have been overwritten.
  if (is_repeat_) return fail_with(error_);
  if (answer.fate != Fate::applied && answer.fate != Fate::unknown) turn_->was_not_applied();
  switch (answer.fate) {
    case Fate::stopped:
      return again();
    case Fate::put_off:
      if (round_trips_ >= kMaxRoundTrips) return fail_with(answer.error);
      error_ = answer.error;
      turn_.reset();
      pause_ = std::min(kFirstPause * (1 << (round_trips_ - 1)), kLongestPause);
      return Step::pause;
    case Fate::applied:
      // Whoever answered this is not DynamoDB. Perhaps it was applied.
      return fail_with({ErrorCode::unavailable,
                        "DynamoDB's answer to UpdateItem does not hold what was written",
                        "check the endpoint URL", true});
    case Fate::unknown:
      if (!may_repeat()) return fail_with(answer.error);
      error_ = answer.error;
      is_repeat_ = true;
      if (turn_->plan().returned.count > 0) {
        // Admissions are given back once. What is charged twice instead is only charged twice.
        write_ = write_of(turn_->plan_to_repeat(), turn_->seen(), turn_->request(), write_id_);
      }
      return Step::send;
    case Fate::refused:
      break;
  }
  return fail_with(answer.error);
}

Charging::Step Charging::again() {
  if (round_trips_ < kMaxRoundTrips) return next();
  return fail_with({ErrorCode::unavailable, "a key changed under each of the tries to charge it",
                    "look for many nodes with different policies or clocks", true});
}

Charging::Step Charging::decide(const limit::Charge& charge, bool local) {
  outcome_ = {charge, local};
  turn_.reset();  // not before: `charge` may be in its plan
  return Step::decided;
}

Charging::Step Charging::fail_with(const Error& error) {
  if (turn_) turn_->stays_unknown();
  turn_.reset();
  if (&error != &error_) error_ = error;
  return Step::failed;
}

}  // namespace weir::store
