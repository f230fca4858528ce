#include "limit/limit.h"

#include <algorithm>

#include "base/duration.h"
#include "base/overloaded.h"

namespace weir::limit {
namespace {

Charge charge_window(State& state, const WindowLimit& limit, const Ask& ask) {
  if (auto* same = std::get_if<OwnedWindow>(&state);
      same != nullptr && same->geometry == limit.geometry) {
    return charge(same->window.ref(limit.geometry), limit, ask.now, ask.cost);
  }
  OwnedWindow current = std::holds_alternative<OwnedWindow>(state)
                            ? std::get<OwnedWindow>(state)
                            : OwnedWindow{.geometry = limit.geometry, .window = {}};
  if (current.geometry != limit.geometry) {
    current.window = migrate(current.window, current.geometry, limit.geometry, ask.now);
    current.geometry = limit.geometry;
  }
  const Charge result = charge(current.window.ref(limit.geometry), limit, ask.now, ask.cost);
  if (result.admitted) state = current;
  return result;
}

// A sighting in slots of `from` as one in slots of `to`: at the last instant at which it can have
// been made, as the exact window's migrate() does.
std::int64_t moved_slot(std::int64_t slot, const Geometry& from, const Geometry& to, Time now) {
  return to.slot_of(std::min(from.slot_start(slot + 1) - Duration(1), now));
}

Charge charge_distinct(State& state, const DistinctLimit& limit, const Ask& ask) {
  OwnedDistinct current = std::holds_alternative<OwnedDistinct>(state)
                              ? std::get<OwnedDistinct>(state)
                              : OwnedDistinct{.geometry = limit.geometry, .places = {}};
  const auto forget_the_dead = [&] {
    const std::int64_t oldest_alive =
        std::max(current.geometry.slot_of(ask.now), current.newest) - current.geometry.slots();
    std::erase_if(current.places, [&](const Sighting& place) { return place.slot < oldest_alive; });
  };
  // What ran out under the old geometry stays forgotten.
  forget_the_dead();
  if (current.geometry != limit.geometry) {
    for (Sighting& place : current.places)
      place.slot = moved_slot(place.slot, current.geometry, limit.geometry, ask.now);
    if (current.newest != kNeverCharged)
      current.newest = moved_slot(current.newest, current.geometry, limit.geometry, ask.now);
    current.geometry = limit.geometry;
    forget_the_dead();
  }
  // Room for every one that may be added.
  current.places.resize(std::max(current.places.size() + 1, static_cast<std::size_t>(limit.n)));
  const Charge result =
      charge(DistinctRef{&current.newest, current.places}, limit, ask.now, ask.subject);
  if (result.admitted) {
    std::erase_if(current.places,
                  [](const Sighting& place) { return place.slot == kNeverCharged; });
    state = std::move(current);
  }
  return result;
}

Charge charge_concurrency(State& state, const ConcurrencyLimit& limit, const Ask& ask) {
  OwnedHolds current =
      std::holds_alternative<OwnedHolds>(state) ? std::get<OwnedHolds>(state) : OwnedHolds{};
  std::erase_if(current.places, [&](const Hold& place) { return place.until <= ask.now; });
  current.places.resize(std::max(current.places.size() + 1, static_cast<std::size_t>(limit.n)));
  const Charge result = charge(std::span<Hold>(current.places), limit, ask.now, ask.subject);
  if (result.admitted) {
    std::erase_if(current.places, [](const Hold& place) { return place == Hold{}; });
    state = std::move(current);
  }
  return result;
}

}  // namespace

std::int64_t largest_cost(const Limit& limit) {
  return std::visit(Overloaded{[](const WindowLimit& window) { return window.n; },
                               [](const GcraLimit& gcra) { return gcra.burst; },
                               [](const FixedWindowLimit& fixed) { return fixed.n; },
                               // Each request counts as one value, or one place.
                               [](const DistinctLimit&) { return kMaxCount; },
                               [](const ConcurrencyLimit&) { return kMaxCount; }},
                    limit);
}

bool is_valid(const Limit& limit) {
  const auto is_count = [](std::int64_t n, std::int64_t most) { return n >= 1 && n <= most; };
  return std::visit(
      Overloaded{[&](const WindowLimit& window) { return is_count(window.n, kMaxCount); },
                 [&](const GcraLimit& gcra) {
                   return gcra.interval > Duration::zero() && is_count(gcra.burst, kMaxCount) &&
                          gcra.burst <= GcraLimit::kMaxTolerance / gcra.interval &&
                          gcra.clock_error >= Duration::zero() && gcra.clock_error <= kMaxDuration;
                 },
                 [&](const FixedWindowLimit& fixed) {
                   return is_count(fixed.n, kMaxCount) && fixed.start < fixed.end;
                 },
                 [&](const DistinctLimit& distinct) {
                   return is_count(distinct.n, kMaxDistinct) &&
                          distinct.geometry.slots() <= kMaxDistinctSlots;
                 },
                 [&](const ConcurrencyLimit& concurrency) {
                   return is_count(concurrency.n, kMaxConcurrency) &&
                          concurrency.hold > Duration::zero() &&
                          concurrency.hold <= 2 * kMaxDuration;
                 }},
      limit);
}

Charge charge(State& state, const Limit& limit, const Ask& ask) {
  return std::visit(
      Overloaded{
          [&](const WindowLimit& window) { return charge_window(state, window, ask); },
          [&](const GcraLimit& gcra) {
            GcraState current;
            if (const auto* known = std::get_if<GcraState>(&state)) {
              current = *known;
            } else if (!std::holds_alternative<std::monostate>(state)) {
              // It may have been this algorithm's before it was another's.
              current = begun_anew(gcra, ask.now);
            }
            const Charge result = charge(current, gcra, ask.now, ask.cost);
            if (result.admitted) state = current;
            return result;
          },
          [&](const FixedWindowLimit& fixed) {
            FixedWindowState current = std::holds_alternative<FixedWindowState>(state)
                                           ? std::get<FixedWindowState>(state)
                                           : FixedWindowState{};
            const Charge result = charge(current, fixed, ask.cost);
            if (result.admitted) state = current;
            return result;
          },
          [&](const DistinctLimit& distinct) { return charge_distinct(state, distinct, ask); },
          [&](const ConcurrencyLimit& concurrency) {
            return charge_concurrency(state, concurrency, ask);
          }},
      limit);
}

Charge peek(const State& state, const Limit& limit, const Ask& ask) {
  State copy = state;
  return charge(copy, limit, ask);
}

void give_back(State& state, const Limit& limit, const Ask& ask, std::int64_t slot) {
  if (auto* window = std::get_if<OwnedWindow>(&state)) {
    const auto* same = std::get_if<WindowLimit>(&limit);
    // A slot of another geometry means nothing here: the charge stays.
    if (same == nullptr || window->geometry != same->geometry) return;
    give_back(window->window.ref(window->geometry), window->geometry, slot, ask.cost);
  } else if (auto* gcra = std::get_if<GcraState>(&state)) {
    if (const auto* same = std::get_if<GcraLimit>(&limit))
      give_back(*gcra, *same, ask.now, slot, ask.cost);
  } else if (auto* fixed = std::get_if<FixedWindowState>(&state)) {
    if (std::holds_alternative<FixedWindowLimit>(limit)) give_back(*fixed, slot, ask.cost);
  } else if (auto* holds = std::get_if<OwnedHolds>(&state)) {
    std::erase_if(holds->places, [&](const Hold& place) { return place.id == ask.subject; });
  }
}

Time end_of_life(const State& state) {
  return std::visit(
      Overloaded{
          [](std::monostate) { return Time::min(); },
          [](const OwnedWindow& owned) {
            return owned.window.total == 0 ? Time::min()
                                           : owned.geometry.slot_start(owned.window.newest +
                                                                       owned.geometry.slots() + 1);
          },
          [](const GcraState& gcra) {
            if (gcra.interval == Duration::zero()) return Time::min();
            return std::max(gcra.arrival + gcra.returned, gcra.moved + GcraState::kMoveKept);
          },
          [](const FixedWindowState& fixed) { return fixed.count == 0 ? Time::min() : fixed.end; },
          [](const OwnedDistinct& owned) {
            return owned.places.empty()
                       ? Time::min()
                       : owned.geometry.slot_start(owned.newest + owned.geometry.slots() + 1);
          },
          [](const OwnedHolds& holds) {
            Time last = Time::min();
            for (const Hold& place : holds.places) last = std::max(last, place.until);
            return last;
          }},
      state);
}

}  // namespace weir::limit
