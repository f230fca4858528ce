// Plan: which one conditional write turns a key's last seen state into a charge.
//
// Pure. The condition of each write is all that makes it right; the seen state only picks which one
// is worth sending. So a state seen long ago costs a round trip, never an admission too many.
//
// - open: nothing is known, or nothing that is known is live. Sets everything, where an absent item
//   or one that holds nothing live would let it.
// - charge: nothing has begun or run out since the state that was seen. Adds, if that is still so
// and
//   there is room. Nodes that charge at once never conflict.
// - roll: a slot, a window or a drained bucket begins anew. Adds, and takes off what ran out, if no
//   other node has done so before. Charges that are under way at that moment do not conflict with
//   it.
// - migrate: the item has another shape: a changed policy, or another algorithm. Replaces all of it
//   by the same counts in the new shape (another algorithm's count for nothing), if nothing at all
//   was written since (version).
// - refuse: what was seen proves that there is no room. Counts only grow inside a window, so no
//   request is needed.
// - probe: a charge that what was seen would refuse, sent to see whether that is still so.
// - admit: what was seen proves that nothing needs to be written (distinct: the value was seen in
//   this slot).
//
// Which write each algorithm makes of each of these: store/dynamodb/*_writes.cc.
//
// Thread safety: pure functions.
#pragma once

#include <optional>

#include "limit/limit.h"
#include "store/dynamodb/conditional_update.h"
#include "store/dynamodb/lease_table.h"
#include "store/dynamodb/stored_state.h"
#include "store/store.h"

namespace weir::store {

struct Plan {
  enum class Kind { refuse, admit, open, charge, roll, migrate, probe };
  Kind kind = Kind::open;
  limit::Charge charge;  // what is answered, if it is as it was seen
  limit::State after;    // what the write leaves then
  // Of the exact window, with a charge or a roll: admissions that were not used in time and are
  // given back by the same write.
  LeaseTable::Tokens returned = {};

  bool is_write() const { return kind != Kind::refuse && kind != Kind::admit; }
  // Whether other threads of this process had better wait for its outcome: their own attempt could
  // only fail, or learn the same.
  bool is_exclusive() const { return is_write() && kind != Kind::charge; }
};

Plan plan_charge(const std::optional<StoredState>& seen, const ChargeRequest& request);

// The same for an exact window, where `unused` admissions, at least one, are given back as well.
Plan plan_charge(const StoredState& seen, const ChargeRequest& request,
                 const LeaseTable::Tokens& unused);

// The write that does it, numbered `write_id`. Only for a plan that is one.
ConditionalUpdate write_of(const Plan& plan, const std::optional<StoredState>& seen,
                           const ChargeRequest& request, std::int64_t write_id);

// The write that takes back what was charged, as far as it is still there; nullopt if nothing can
// be. `request.now` is the present, `slot` from the charge's answer.
std::optional<ConditionalUpdate> give_back_write(const ChargeRequest& request, std::int64_t slot,
                                                 std::int64_t write_id);

// What an admission leaves, given the state that its write returned.
limit::Charge describe_admission(const StoredState& state, const ChargeRequest& request);

// What a request asks of the pure algorithms.
inline limit::Ask ask_of(const ChargeRequest& request) {
  return {.now = request.now, .cost = request.cost, .subject = request.subject};
}

}  // namespace weir::store
