#include "store/dynamodb/plan.h"

#include <algorithm>

#include "base/check.h"
#include "base/overloaded.h"
#include "store/dynamodb/writes.h"

namespace weir::store {
namespace {

using Kind = Plan::Kind;

// What to write for an admission to a state of the limit's own shape.
Kind kind_for(const limit::State& seen, const limit::State& after, const ChargeRequest& request) {
  return std::visit(
      Overloaded{
          [&](const limit::WindowLimit& limit) {
            const std::int64_t old = std::get<limit::OwnedWindow>(seen).window.newest;
            const std::int64_t slot = std::get<limit::OwnedWindow>(after).window.newest;
            if (slot == old) return Kind::charge;
            return slot - limit.geometry.slots() > old ? Kind::open : Kind::roll;
          },
          [&](const limit::GcraLimit&) {
            const auto& old = std::get<limit::GcraState>(seen);
            // What is forgotten must be all that there is.
            if (std::get<limit::GcraState>(after).returned != old.returned) return Kind::migrate;
            return old.arrival > request.now ? Kind::charge : Kind::roll;
          },
          [&](const limit::FixedWindowLimit&) {
            const auto& old = std::get<limit::FixedWindowState>(seen);
            const auto& now = std::get<limit::FixedWindowState>(after);
            if (old.start == now.start && old.end == now.end) return Kind::charge;
            return old.end <= now.start ? Kind::roll : Kind::migrate;
          },
          [&](const limit::DistinctLimit&) {
            const auto& old = std::get<limit::OwnedDistinct>(seen);
            const std::int64_t slot = std::get<limit::OwnedDistinct>(after).newest;
            if (old.newest != slot) return Kind::roll;
            const bool is_seen =
                std::find(old.places.begin(), old.places.end(),
                          limit::Sighting{request.subject, slot}) != old.places.end();
            return is_seen ? Kind::admit : Kind::charge;
          },
          // Also of a request that has its place, as far as is known: it may have been freed.
          [&](const limit::ConcurrencyLimit&) { return Kind::charge; }},
      request.limit);
}

Opening opening_of(const Plan& plan, const ChargeRequest& request) {
  return std::visit(
      Overloaded{[&](const limit::WindowLimit& limit) { return open_window(plan, limit); },
                 [&](const limit::GcraLimit& limit) { return open_gcra(plan, limit, request.now); },
                 [&](const limit::FixedWindowLimit&) { return open_fixed_window(plan); },
                 [&](const limit::DistinctLimit&) { return open_distinct(plan); },
                 [&](const limit::ConcurrencyLimit& limit) {
                   return open_holds(plan, limit, request.now);
                 }},
      request.limit);
}

// Of charge and roll.
Write addition_of(const Plan& plan, const limit::State& seen, const ChargeRequest& request) {
  const bool rolls = plan.kind == Kind::roll;
  return std::visit(Overloaded{[&](const limit::WindowLimit& limit) {
                                 return rolls
                                            ? roll_window(plan, std::get<limit::OwnedWindow>(seen),
                                                          limit, request.cost)
                                            : charge_window(plan, limit, request.cost);
                               },
                               [&](const limit::GcraLimit& limit) {
                                 return rolls ? refill_gcra(plan, limit, request.now)
                                              : charge_gcra(limit, request.now, request.cost);
                               },
                               [&](const limit::FixedWindowLimit& limit) {
                                 return rolls ? roll_fixed_window(plan)
                                              : charge_fixed_window(plan, limit, request.cost);
                               },
                               [&](const limit::DistinctLimit& limit) {
                                 return charge_distinct(plan, std::get<limit::OwnedDistinct>(seen),
                                                        limit, request.subject);
                               },
                               [&](const limit::ConcurrencyLimit& limit) {
                                 return take_place(std::get<limit::OwnedHolds>(seen), limit,
                                                   request.now, request.subject);
                               }},
                    request.limit);
}

Write migration_of(const Plan& plan, const StoredState& seen, const ChargeRequest& request) {
  Write write;
  const Item item = item_of(shape_of(request.limit), plan.after);
  write.set.assign(item.begin(), item.end());
  for (const Attribute& attribute : item_of(seen.shape, seen.state)) {
    if (item.find(attribute.name) == nullptr) write.remove.push_back(attribute.name);
  }
  write.all_of = {{"v", Relation::equal, seen.version}, {"w", Relation::equal, seen.shape}};
  return write;
}

// What all writes have: the next version, and a number of their own that keeps them from being
// applied on top of themselves.
ConditionalUpdate numbered(Write write, const Key& key, std::int64_t write_id) {
  ConditionalUpdate update{.key = key,
                           .set = std::move(write.set),
                           .add = std::move(write.add),
                           .remove = std::move(write.remove)};
  update.set.push_back({"lw", write_id});
  if (!write.all_of.empty()) {
    write.all_of.push_back({"lw", Relation::not_equal, write_id});
    for (const auto& besides : write.one_of) {
      auto& all_of = update.any_of.emplace_back(write.all_of);
      all_of.insert(all_of.end(), besides.begin(), besides.end());
    }
    if (write.one_of.empty()) update.any_of.push_back(std::move(write.all_of));
  }
  return update;
}

ConditionalUpdate next_version(Write write, const Key& key, std::int64_t write_id) {
  ConditionalUpdate update = numbered(std::move(write), key, write_id);
  update.add.push_back({"v", 1});
  return update;
}

}  // namespace

Plan plan_charge(const std::optional<StoredState>& seen, const ChargeRequest& request) {
  Plan plan;
  if (seen) plan.after = seen->state;
  plan.charge = limit::charge(plan.after, request.limit, ask_of(request));
  if (!plan.charge.admitted) {
    plan.kind = Kind::refuse;
    if (plan.charge.room_at == Time::max() && request.cost <= limit::largest_cost(request.limit)) {
      // An item whose counts do not add up: room appears at the latest when all of it has ended.
      plan.charge.room_at = limit::end_of_life(plan.after);
    }
  } else if (!seen) {
    plan.kind = Kind::open;
  } else if (seen->shape != shape_of(request.limit)) {
    plan.kind = Kind::migrate;
  } else {
    plan.kind = kind_for(seen->state, plan.after, request);
    // Where versions have run ahead of the clock (another node's, or another algorithm's), a new
    // life of the key goes on counting them.
    if (plan.kind == Kind::open &&
        seen->version >= opening_of(plan, request).begin.time_since_epoch().count()) {
      plan.kind = Kind::migrate;
    }
  }
  return plan;
}

Plan plan_charge(const StoredState& seen, const ChargeRequest& request,
                 const LeaseTable::Tokens& unused) {
  const limit::Geometry& geometry = window_of(request).geometry;
  std::optional<StoredState> left = seen;
  auto* owned = std::get_if<limit::OwnedWindow>(&left->state);
  if (owned == nullptr || owned->geometry != geometry) return plan_charge(left, request);
  limit::WindowState& window = owned->window;
  const bool is_there = unused.slot <= window.newest &&
                        unused.slot >= window.newest - geometry.slots() &&
                        window.counts[geometry.ring_index(unused.slot)] >= unused.count;
  if (!is_there) return plan_charge(left, request);
  limit::give_back(window.ref(geometry), geometry, unused.slot, unused.count);
  Plan plan = plan_charge(left, request);
  if (plan.kind == Kind::charge || plan.kind == Kind::roll) {
    const std::int64_t slot = std::get<limit::OwnedWindow>(plan.after).window.newest;
    // A slot that runs out now takes them with it.
    if (unused.slot >= slot - geometry.slots()) plan.returned = unused;
  }
  return plan;
}

ConditionalUpdate write_of(const Plan& plan, const std::optional<StoredState>& seen,
                           const ChargeRequest& request, std::int64_t write_id) {
  WEIR_CHECK(plan.is_write());
  if (plan.kind == Kind::open) {
    Opening opening = opening_of(plan, request);
    const std::int64_t version = opening.begin.time_since_epoch().count();
    ConditionalUpdate update = numbered(std::move(opening.write), request.key, write_id);
    update.set.push_back({"v", version});
    for (auto& all_of : update.any_of) all_of.push_back({"v", Relation::less, version});
    update.any_of.push_back({kNoItem});
    return update;
  }
  if (plan.kind == Kind::migrate) {
    return next_version(migration_of(plan, *seen, request), request.key, write_id);
  }
  return next_version(addition_of(plan, seen->state, request), request.key, write_id);
}

std::optional<ConditionalUpdate> give_back_write(const ChargeRequest& request, std::int64_t slot,
                                                 std::int64_t write_id) {
  const std::optional<Write> write = std::visit(
      Overloaded{[&](const limit::WindowLimit& limit) -> std::optional<Write> {
                   return give_back_window(limit, slot, request.cost);
                 },
                 [&](const limit::GcraLimit& limit) -> std::optional<Write> {
                   // What limit::give_back() takes back of a state that has not changed.
                   limit::GcraState state{Time(Duration(slot)), limit.interval};
                   limit::give_back(state, limit, request.now, slot, request.cost);
                   if (!state.remembers()) return std::nullopt;
                   return give_back_gcra(limit, request.now, slot, state.returned);
                 },
                 [&](const limit::FixedWindowLimit&) -> std::optional<Write> {
                   return give_back_fixed_window(slot, request.cost);
                 },
                 [](const limit::DistinctLimit&) -> std::optional<Write> { return std::nullopt; },
                 [&](const limit::ConcurrencyLimit&) -> std::optional<Write> {
                   return release_place(request.subject);
                 }},
      request.limit);
  if (!write) return std::nullopt;
  return next_version(*write, request.key, write_id);
}

limit::Charge describe_admission(const StoredState& state, const ChargeRequest& request) {
  limit::Ask one_more = ask_of(request);
  one_more.cost = 1;
  limit::Charge result = limit::peek(state.state, request.limit, one_more);
  std::visit(Overloaded{// Asked about one more, these say what would remain after that one.
                        [&](const limit::OwnedWindow& owned) {
                          result.remaining = result.admitted ? result.remaining + 1 : 0;
                          result.slot = owned.window.newest;
                        },
                        [&](const limit::GcraState& gcra) {
                          result.remaining = result.admitted ? result.remaining + 1 : 0;
                          result.slot = gcra.arrival.time_since_epoch().count();
                        },
                        [&](const limit::FixedWindowState& fixed) {
                          result.remaining = result.admitted ? result.remaining + 1 : 0;
                          result.slot = fixed.start.time_since_epoch().count();
                        },
                        // And these that the request has its place already.
                        [](const auto&) {}},
             state.state);
  result.admitted = true;
  return result;
}

}  // namespace weir::store
