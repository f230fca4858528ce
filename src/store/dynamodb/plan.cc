#include "store/dynamodb/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace weir::store {
namespace {

// An item that holds nothing live any more is kept this much longer, so that TTL never deletes what
// a clock within the hard bound still counts.
constexpr Duration kKeepAfterExpiry = std::chrono::minutes(5);

using limit::Geometry;
using limit::WindowState;

AttributeName slot_attribute(std::size_t place) {
  return AttributeName(fmt::format("s{}", place));
}

std::int64_t expiry_seconds(const Geometry& geometry, std::int64_t newest) {
  const Time end = geometry.slot_start(newest + geometry.slots() + 1);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
  return (seconds + std::chrono::ceil<std::chrono::seconds>(kKeepAfterExpiry)).count();
}

// Everything that an item holds, except its version, and nothing left of another state in the
// places 0 ... `places` - 1.
void set_whole(ConditionalUpdate& update, const StoredState& state, std::size_t places) {
  update.set = {{"g", state.window.newest},
                {"w", state.geometry.packed()},
                {"t", state.window.total},
                {"exp", expiry_seconds(state.geometry, state.window.newest)}};
  for (std::size_t place = 0; place < places; ++place) {
    const std::int64_t count = state.window.counts[place];
    if (count > 0) {
      update.set.push_back({slot_attribute(place), count});
    } else {
      update.remove.push_back(slot_attribute(place));
    }
  }
}

std::size_t ring_size(const Geometry& geometry) {
  return static_cast<std::size_t>(geometry.slots()) + 1;
}

ConditionalUpdate roll(const StoredState& seen, const ChargeRequest& request, std::int64_t slot) {
  const Geometry& geometry = window_of(request).geometry;
  ConditionalUpdate update{.key = request.key};
  std::vector<Requirement> all_of;
  std::int64_t expired = 0;
  const std::size_t new_place = geometry.ring_index(slot);
  for (std::int64_t old = seen.window.newest - geometry.slots(); old < slot - geometry.slots();
       ++old) {
    const std::size_t place = geometry.ring_index(old);
    const std::int64_t count = seen.window.counts[place];
    if (count == 0) continue;
    expired += count;
    all_of.push_back({slot_attribute(place), Relation::equal, count});
    if (place != new_place) update.remove.push_back(slot_attribute(place));
  }
  update.set = {{"g", slot},
                {"exp", expiry_seconds(geometry, slot)},
                {slot_attribute(new_place), request.cost}};
  update.add = {{"t", request.cost - expired}, {"v", 1}};
  all_of.push_back({"g", Relation::equal, seen.window.newest});
  all_of.push_back({"w", Relation::equal, geometry.packed()});
  all_of.push_back({"t", Relation::less_or_equal, window_of(request).n - request.cost + expired});
  update.any_of = {std::move(all_of)};
  return update;
}

}  // namespace

Plan plan_charge(const std::optional<StoredState>& seen, const ChargeRequest& request) {
  const Geometry& geometry = window_of(request).geometry;
  Plan plan;
  plan.after.geometry = geometry;
  if (!seen) {
    const limit::Charge first = limit::charge(plan.after.window.ref(geometry), window_of(request),
                                              request.now, request.cost);
    if (!first.admitted) {
      plan.kind = Plan::Kind::refuse;  // more than N at once
      plan.refusal = first;
    }
    return plan;
  }
  const bool same = seen->geometry == geometry;
  plan.after.window =
      same ? seen->window : limit::migrate(seen->window, seen->geometry, geometry, request.now);
  const limit::Charge charge =
      limit::charge(plan.after.window.ref(geometry), window_of(request), request.now, request.cost);
  if (!charge.admitted) {
    plan.kind = Plan::Kind::refuse;
    plan.refusal = charge;
    if (charge.room_at == Time::max() && request.cost <= window_of(request).n) {
      // An item whose counts do not add up: room appears at the latest when all of it has ended.
      plan.refusal.room_at = geometry.slot_start(plan.after.window.newest + geometry.slots() + 1);
    }
  } else if (!same) {
    plan.kind = Plan::Kind::migrate;
  } else if (charge.slot == seen->window.newest) {
    plan.kind = Plan::Kind::charge;
  } else if (charge.slot - geometry.slots() > seen->window.newest) {
    plan.kind = Plan::Kind::open;
  } else {
    plan.kind = Plan::Kind::roll;
  }
  return plan;
}

ConditionalUpdate write_of(const Plan& plan, const std::optional<StoredState>& seen,
                           const ChargeRequest& request) {
  const Geometry& geometry = window_of(request).geometry;
  const std::int64_t slot = plan.after.window.newest;
  ConditionalUpdate update{.key = request.key};
  switch (plan.kind) {
    case Plan::Kind::open:
      set_whole(update, plan.after, ring_size(geometry));
      update.set.push_back({"v", geometry.slot_start(slot).time_since_epoch().count()});
      update.any_of = {{kNoItem},
                       {{"w", Relation::equal, geometry.packed()},  // g counts slots of w
                        {"g", Relation::less, slot - geometry.slots()}}};
      break;
    case Plan::Kind::charge:
      update.add = {
          {"t", request.cost}, {slot_attribute(geometry.ring_index(slot)), request.cost}, {"v", 1}};
      update.any_of = {{{"g", Relation::equal, slot},
                        {"w", Relation::equal, geometry.packed()},
                        {"t", Relation::less_or_equal, window_of(request).n - request.cost}}};
      break;
    case Plan::Kind::roll:
      return roll(*seen, request, slot);
    case Plan::Kind::migrate:
      set_whole(update, plan.after, std::max(ring_size(geometry), ring_size(seen->geometry)));
      update.add = {{"v", 1}};
      update.any_of = {
          {{"v", Relation::equal, seen->version}, {"w", Relation::equal, seen->geometry.packed()}}};
      break;
    case Plan::Kind::refuse:
      WEIR_CHECK(false);
  }
  return update;
}

ConditionalUpdate give_back_update(const ChargeRequest& request, std::int64_t slot) {
  const Geometry& geometry = window_of(request).geometry;
  const AttributeName attribute = slot_attribute(geometry.ring_index(slot));
  ConditionalUpdate update{.key = request.key};
  update.add = {{"t", -request.cost}, {attribute, -request.cost}, {"v", 1}};
  update.any_of = {{{"w", Relation::equal, geometry.packed()},
                    {"g", Relation::greater_or_equal, slot},
                    {"g", Relation::less_or_equal, slot + geometry.slots()},
                    {attribute, Relation::greater_or_equal, request.cost}}};
  return update;
}

limit::Charge describe_admission(const StoredState& state, const ChargeRequest& request) {
  StoredState copy = state;
  limit::Charge result =
      limit::peek(copy.window.ref(copy.geometry), window_of(request), request.now, 1);
  // Asked about one more, it says what would remain after that one.
  result.remaining = result.admitted ? result.remaining + 1 : 0;
  result.admitted = true;
  result.slot = state.window.newest;
  return result;
}

}  // namespace weir::store
