// GCRA's writes. The theoretical arrival time is max(a, now) + cost * T, and DynamoDB has no max():
// a busy bucket (a > now) adds to a, a drained one sets it.
#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}

// No charge leaves a later arrival than this, whatever it finds.
Attribute expiry(const limit::GcraLimit& limit, Time now) {
  return {"exp", expiry_seconds(now + limit.tolerance())};
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

Write give_back_gcra(const limit::GcraLimit& limit, std::int64_t slot, Duration debt) {
  Write write;
  write.add = {{"a", -debt.count()}};
  write.all_of = {{"w", Relation::equal, shape_of(limit)}, {"a", Relation::greater_or_equal, slot}};
  return write;
}

}  // namespace weir::store
