// GCRA's writes. The theoretical arrival time is max(a, now) + cost * T, and DynamoDB has no max():
// a busy bucket (a > now) adds to a, a drained one sets it.
#include <algorithm>
#include <array>

#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}

// No charge leaves a later arrival than this, whatever it finds, nor a move to be remembered
// longer.
Attribute expiry(const limit::GcraLimit& limit, Time now) {
  return {"exp", expiry_seconds(now + std::max(limit.tolerance(), limit::GcraState::kMoveKept))};
}

std::int64_t arrival(const Plan& plan) {
  return nanoseconds(std::get<limit::GcraState>(plan.after).arrival);
}

}  // namespace

Opening open_gcra(const Plan& plan, const limit::GcraLimit& limit, Time now) {
  return {refill_gcra(plan, limit, now), now};
}

Write charge_gcra(const limit::GcraLimit& limit, Time now, std::int64_t cost) {
  const Duration price = limit.interval * cost;
  Write write;
  write.set = {expiry(limit, now)};
  write.add = {{"a", price.count()}};
  write.all_of = {{"w", Relation::equal, shape_of(limit)},
                  {"a", Relation::greater, nanoseconds(now)},
                  {"a", Relation::less_or_equal, nanoseconds(now + (limit.tolerance() - price))}};
  return write;
}

Write refill_gcra(const Plan& plan, const limit::GcraLimit& limit, Time now) {
  Write write;
  write.set = {{"a", arrival(plan)}, {"w", shape_of(limit)}, expiry(limit, now)};
  write.all_of = {{"w", Relation::equal, shape_of(limit)},
                  {"a", Relation::less_or_equal, nanoseconds(now)}};
  return write;
}

Write give_back_gcra(const limit::GcraLimit& limit, Time now, std::int64_t slot, Duration debt) {
  const Time latest = now + 2 * limit.clock_error;
  const Duration open = Time(Duration(slot)) - latest;
  Write write;
  write.add = {{"a", -debt.count()}, {"r", debt.count()}};
  write.all_of = {{"w", Relation::equal, shape_of(limit)},
                  {"a", Relation::greater_or_equal, nanoseconds(latest + debt)}};
  // As limit::give_back() does.
  const std::array<Requirement, 2> not_moved = {
      {{"mv", Relation::absent, 0}, {"mv", Relation::less, slot - limit.tolerance().count()}}};
  const std::array<Requirement, 2> little_returned = {
      {{"r", Relation::absent, 0}, {"r", Relation::less_or_equal, (open - debt).count()}}};
  for (const Requirement& moved : not_moved) {
    for (const Requirement& returned : little_returned) write.one_of.push_back({moved, returned});
  }
  return write;
}

}  // namespace weir::store
