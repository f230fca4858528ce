// Charging: one charge of one key, as a state machine without I/O.
//
// Threads, sockets, sleeping and clocks are its driver's: DynamoDbStore drives it blocking, over
// the network; the simulator drives thousands in one thread, against a table in memory.
//
// Promises:
// - A charge sends at most kMaxRoundTrips requests.
// - A write whose outcome is unknown may have been applied. It is sent again once, all but
//   what it gives back: each
//   write carries a number of its own (lw) and is not applied on top of itself. If the answer shows
//   that number, the first one was applied: one charge, exactly. If it is applied now, the charge
//   is paid for, though perhaps twice. Otherwise it counts as applied and is not used.
// - What was certainly not applied is tried again, after a pause if DynamoDB asked for one.
//
// Thread safety: one thread at a time.
//
//   Charging charging(seen, ids, request);
//   for (auto step = charging.next();;) switch (step) {
//     case Charging::Step::send: step = charging.answered(send(charging.write())); break;
//     case Charging::Step::wait: ... until seen.change(key) != charging.change(); step =
//     charging.next(); break; case Charging::Step::pause: ... up to charging.pause(); step =
//     charging.next(); break; case Charging::Step::decided: return charging.outcome(); case
//     Charging::Step::failed: return charging.error();
//   }
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "store/dynamodb/conditional_update.h"
#include "store/dynamodb/seen_states.h"
#include "store/dynamodb/stored_state.h"
#include "store/dynamodb/write_ids.h"
#include "store/store.h"
#include "weir/time.h"

namespace weir::store {

// What became of a write.
struct WriteAnswer {
  enum class Fate {
    applied,  // `state` is what it left
    stopped,  // its condition did not hold: not applied; `state` is what was in its way, if
              // anything
    put_off,  // certainly not applied, for a passing reason (throttled, not sent): `error`
    refused,  // certainly not applied, for a lasting reason (no such table): `error`
    unknown,  // may have been applied: `error`
  };
  Fate fate = Fate::unknown;
  std::optional<StoredState> state = {};
  Error error = {};
  int requests = 1;  // how many it took
};

class Charging {
 public:
  static constexpr int kMaxRoundTrips = 4;

  enum class Step {
    send,   // write(), then answered()
    wait,   // for another charge of this key by this node, until change() has moved on; then next()
    pause,  // for a random part of pause(); then next()
    decided,  // outcome()
    failed,   // error()
  };

  // `request` must be valid, and outlive this.
  Charging(SeenStates& seen, WriteIds& ids, const ChargeRequest& request)
      : seen_(seen), ids_(ids), request_(request) {}

  Step next();
  Step answered(const WriteAnswer& answer);

  const ConditionalUpdate& write() const { return write_; }
  // Whether the write could be sent once more if its outcome stays unknown: then not all of the
  // time that is left should be spent on it.
  bool may_repeat() const { return !is_repeat_ && round_trips_ + 1 < kMaxRoundTrips; }
  std::uint64_t change() const { return change_; }
  Duration pause() const { return pause_; }
  const ChargeOutcome& outcome() const { return outcome_; }
  // Also after pause: what the charge fails with if there is no time for it.
  const Error& error() const { return error_; }

 private:
  Step decide(const limit::Charge& charge, bool local);
  Step fail_with(const Error& error);
  Step again();

  SeenStates& seen_;
  WriteIds& ids_;
  const ChargeRequest& request_;

  std::optional<SeenStates::Turn> turn_;
  ConditionalUpdate write_;
  std::int64_t write_id_ = 0;
  bool is_repeat_ = false;
  int round_trips_ = 0;

  std::uint64_t change_ = 0;
  Duration pause_{};
  ChargeOutcome outcome_;
  Error error_;
};

}  // namespace weir::store
