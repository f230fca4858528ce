// The fixed window's writes.
#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

const limit::FixedWindowState& after(const Plan& plan) {
  return std::get<limit::FixedWindowState>(plan.after);
}
std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}
std::int64_t shape() {
  return shape_of(limit::FixedWindowLimit{});
}

}  // namespace

Opening open_fixed_window(const Plan& plan) {
  return {roll_fixed_window(plan), after(plan).start};
}

Write charge_fixed_window(const Plan& plan, const limit::FixedWindowLimit& limit,
                          std::int64_t cost) {
  Write write;
  write.add = {{"t", cost}};
  write.all_of = {{"w", Relation::equal, shape()},
                  {"g", Relation::equal, nanoseconds(after(plan).start)},
                  {"e", Relation::equal, nanoseconds(after(plan).end)},
                  {"t", Relation::less_or_equal, limit.n - cost}};
  return write;
}

Write roll_fixed_window(const Plan& plan) {
  const Item item = item_of(shape(), plan.after);
  Write write;
  write.set.assign(item.begin(), item.end());
  write.all_of = {{"w", Relation::equal, shape()},
                  {"e", Relation::less_or_equal, nanoseconds(after(plan).start)}};
  return write;
}

Write give_back_fixed_window(std::int64_t slot, std::int64_t cost) {
  Write write;
  write.add = {{"t", -cost}};
  write.all_of = {{"w", Relation::equal, shape()},
                  {"g", Relation::equal, slot},
                  {"t", Relation::greater_or_equal, cost}};
  return write;
}

}  // namespace weir::store
