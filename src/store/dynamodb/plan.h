// Plan: which one conditional write turns a key's last seen state into a charge.
//
// Pure. The condition of each write is all that makes it right; the seen state only picks which one
// is worth sending. So a state seen long ago costs a round trip, never an admission too many.
//
// - open: nothing is known, or nothing that is known is live. Sets everything, if there is no item
//   or nothing live in it. Succeeds only where an absent item would.
// - charge: the newest slot is the current one. Adds, if that is still so and there is room. Nodes
//   that charge the same slot never conflict.
// - roll: a new slot begins. Adds to it and takes off what the slots that ran out held, if no other
//   node has rolled before, those slots hold what was seen, and there is room. Charges that are
//   under way at that moment do not conflict with it: they change neither.
// - migrate: the geometry changed. Replaces the state by the same counts in the new geometry, if
//   nothing at all was written since (version).
// - refuse: what was seen proves that there is no room. Counts only grow inside a window, so no
//   request is needed.
//
// Thread safety: pure functions.
#pragma once

#include <optional>

#include "limit/exact_window.h"
#include "store/dynamodb/conditional_update.h"
#include "store/dynamodb/stored_state.h"
#include "store/store.h"

namespace weir::store {

struct Plan {
  enum class Kind { refuse, open, charge, roll, migrate };
  Kind kind = Kind::open;
  limit::Charge refusal;  // of refuse
  StoredState after;      // of open, roll and migrate: what the write leaves, if it succeeds

  // Whether other threads of this process had better wait for its outcome: their own attempt could
  // only fail.
  bool is_exclusive() const { return kind != Kind::charge && kind != Kind::refuse; }
};

Plan plan_charge(const std::optional<StoredState>& seen, const ChargeRequest& request);

// The write that does it. Not for refuse.
ConditionalUpdate write_of(const Plan& plan, const std::optional<StoredState>& seen,
                           const ChargeRequest& request);

// Takes `cost` out of `slot`, if it is still live and still holds that much.
ConditionalUpdate give_back_update(const ChargeRequest& request, std::int64_t slot);

// What an admission leaves, given the state that its write returned.
limit::Charge describe_admission(const StoredState& state, const ChargeRequest& request);

}  // namespace weir::store
