// The writes of distinct and of concurrency. Both keep a set of at most M members, an attribute
// each, and their number c; what has ended its life is taken off by the next one that comes in.
#include <algorithm>

#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

struct Member {
  std::uint64_t id = 0;
  std::int64_t stamp = 0;
  bool is_alive = false;
};

// Gives `id` this stamp. If it is not alive yet it comes in, which takes room: as many as `most`
// besides, without those that ended.
Write stamp(const std::vector<Member>& members, std::uint64_t id, std::int64_t stamp,
            std::int64_t most) {
  Write write;
  std::int64_t ended = 0;
  const Member* own = nullptr;
  for (const Member& member : members) {
    if (member.id == id) own = &member;
    if (member.is_alive) continue;
    ++ended;
    write.all_of.push_back({member_attribute(member.id), Relation::equal, member.stamp});
    if (member.id != id) write.remove.push_back(member_attribute(member.id));
  }
  const bool comes_in = own == nullptr || !own->is_alive;
  if (comes_in) {
    write.all_of.push_back({"c", Relation::less_or_equal, most - 1 + ended});
    if (own == nullptr) write.all_of.push_back({member_attribute(id), Relation::absent});
  } else if (own->stamp == stamp) {
    // It keeps what it has: not what it had before it was freed and taken anew.
    write.all_of.push_back({member_attribute(id), Relation::equal, stamp});
  } else {
    write.all_of.push_back({member_attribute(id), Relation::present});
  }
  const std::int64_t more = (comes_in ? 1 : 0) - ended;
  if (more != 0) write.add.push_back({"c", more});
  write.set.push_back({member_attribute(id), stamp});
  return write;
}

// Only where there is no item: the members of an unknown one cannot be removed.
Opening open_item(std::int64_t shape, const Plan& plan, Time begin) {
  Opening opening;
  const Item item = item_of(shape, plan.after);
  opening.write.set.assign(item.begin(), item.end());
  opening.begin = begin;
  return opening;
}

}  // namespace

Opening open_distinct(const Plan& plan) {
  const auto& values = std::get<limit::OwnedDistinct>(plan.after);
  return open_item(-values.geometry.packed(), plan, values.geometry.slot_start(values.newest));
}

Write charge_distinct(const Plan& plan, const limit::OwnedDistinct& seen,
                      const limit::DistinctLimit& limit, std::uint64_t value) {
  const limit::Geometry& geometry = limit.geometry;
  const std::int64_t slot = std::get<limit::OwnedDistinct>(plan.after).newest;
  std::vector<Member> members;
  for (const limit::Sighting& place : seen.places) {
    members.push_back({place.value, place.slot, place.slot >= slot - geometry.slots()});
  }
  Write write = stamp(members, value, slot, limit.n);
  write.all_of.push_back({"w", Relation::equal, shape_of(limit)});
  write.all_of.push_back({"g", Relation::equal, seen.newest});
  if (slot != seen.newest) {
    write.set.push_back({"g", slot});
    write.set.push_back({"exp", expiry_seconds(geometry.slot_start(slot + geometry.slots() + 1))});
  }
  return write;
}

Opening open_holds(const Plan& plan, const limit::ConcurrencyLimit& limit, Time now) {
  return open_item(shape_of(limit), plan, now);
}

Write take_place(const limit::OwnedHolds& seen, const limit::ConcurrencyLimit& limit, Time now,
                 std::uint64_t id) {
  std::vector<Member> members;
  Time until = now + limit.hold;
  Time last = until;
  for (const limit::Hold& hold : seen.places) {
    members.push_back({hold.id, hold.until.time_since_epoch().count(), hold.until > now});
    last = std::max(last, hold.until);
    // A request that asks again keeps its place and its expiry.
    if (hold.id == id && hold.until > now) until = hold.until;
  }
  Write write = stamp(members, id, until.time_since_epoch().count(), limit.n);
  write.all_of.push_back({"w", Relation::equal, shape_of(limit)});
  write.set.push_back({"exp", expiry_seconds(last)});
  return write;
}

Write release_place(std::uint64_t id) {
  Write write;
  write.add = {{"c", -1}};
  write.remove = {member_attribute(id)};
  // Under whatever hold it was taken. The members of distinct, which has a negative w, stay.
  write.all_of = {{"w", Relation::greater, 0}, {member_attribute(id), Relation::present}};
  return write;
}

}  // namespace weir::store
