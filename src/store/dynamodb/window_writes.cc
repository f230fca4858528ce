// The exact window's writes.
#include <algorithm>

#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

using limit::Geometry;

Time end_of(const Geometry& geometry, std::int64_t newest) {
  return geometry.slot_start(newest + geometry.slots() + 1);
}

const limit::OwnedWindow& after(const Plan& plan) {
  return std::get<limit::OwnedWindow>(plan.after);
}

// Adds what is given back of a slot that is still in the ring, perhaps the very one that is
// charged.
void give_back_unused(Write& write, const Plan& plan, const Geometry& geometry) {
  if (plan.returned.count == 0) return;
  const AttributeName count = ring_attribute(geometry.ring_index(plan.returned.slot));
  const auto charged = std::find_if(write.add.begin(), write.add.end(),
                                    [&](const Attribute& added) { return added.name == count; });
  if (charged == write.add.end()) {
    write.add.push_back({count, -plan.returned.count});
  } else {
    charged->value -= plan.returned.count;
  }
  write.all_of.push_back({count, Relation::greater_or_equal, plan.returned.count});
}

}  // namespace

Opening open_window(const Plan& plan, const limit::WindowLimit& limit) {
  const Geometry& geometry = limit.geometry;
  const std::int64_t slot = after(plan).window.newest;
  Opening opening;
  opening.begin = geometry.slot_start(slot);
  const Item item = item_of(geometry.packed(), plan.after);
  opening.write.set.assign(item.begin(), item.end());
  // An item that TTL has not deleted yet still has the counts of its life before.
  for (std::size_t place = 0; place <= static_cast<std::size_t>(geometry.slots()); ++place) {
    if (after(plan).window.counts[place] == 0) {
      opening.write.remove.push_back(ring_attribute(place));
    }
  }
  opening.write.all_of = {{"w", Relation::equal, geometry.packed()},  // g counts slots of w
                          {"g", Relation::less, slot - geometry.slots()}};
  return opening;
}

Write charge_window(const Plan& plan, const limit::WindowLimit& limit, std::int64_t cost) {
  const std::int64_t slot = after(plan).window.newest;
  Write write;
  const std::int64_t more = cost - plan.returned.count;
  write.add = {{"t", more}, {ring_attribute(limit.geometry.ring_index(slot)), cost}};
  write.all_of = {{"g", Relation::equal, slot},
                  {"w", Relation::equal, limit.geometry.packed()},
                  {"t", Relation::less_or_equal, limit.n - more}};
  give_back_unused(write, plan, limit.geometry);
  return write;
}

Write roll_window(const Plan& plan, const limit::OwnedWindow& seen, const limit::WindowLimit& limit,
                  std::int64_t cost) {
  const Geometry& geometry = limit.geometry;
  const std::int64_t slot = after(plan).window.newest;
  const std::size_t new_place = geometry.ring_index(slot);
  Write write;
  std::int64_t expired = 0;
  for (std::int64_t old = seen.window.newest - geometry.slots(); old < slot - geometry.slots();
       ++old) {
    const std::size_t place = geometry.ring_index(old);
    const std::int64_t count = seen.window.counts[place];
    if (count == 0) continue;
    expired += count;
    write.all_of.push_back({ring_attribute(place), Relation::equal, count});
    if (place != new_place) write.remove.push_back(ring_attribute(place));
  }
  write.set = {{"g", slot},
               {"exp", expiry_seconds(end_of(geometry, slot))},
               {ring_attribute(new_place), cost}};
  const std::int64_t more = cost - expired - plan.returned.count;
  write.add = {{"t", more}};
  write.all_of.push_back({"g", Relation::equal, seen.window.newest});
  write.all_of.push_back({"w", Relation::equal, geometry.packed()});
  write.all_of.push_back({"t", Relation::less_or_equal, limit.n - more});
  give_back_unused(write, plan, geometry);
  return write;
}

Write give_back_window(const limit::WindowLimit& limit, std::int64_t slot, std::int64_t cost) {
  const AttributeName count = ring_attribute(limit.geometry.ring_index(slot));
  Write write;
  write.add = {{"t", -cost}, {count, -cost}};
  write.all_of = {{"w", Relation::equal, limit.geometry.packed()},
                  {"g", Relation::greater_or_equal, slot},
                  {"g", Relation::less_or_equal, slot + limit.geometry.slots()},
                  {count, Relation::greater_or_equal, cost}};
  return write;
}

}  // namespace weir::store
