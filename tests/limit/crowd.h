// A crowd for the exact window: requests that come in bursts on edges, from nodes whose clocks
// jump, and that are decided some time after their clock was read.
//
// Real time is known here, and nowhere in the algorithm. A Step is a few small numbers, so that
// RapidCheck can shrink a history to the shortest one that fails. Pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "limit/exact_window.h"
#include "support/window_checker.h"

namespace weir::test {

struct World {
  std::int64_t n = 1;
  Duration window{};
  Duration clock_error{};  // a clock is off by at most this
  Duration delay{};        // from reading the clock to the answer, at most

  // As the header of exact_window.h says: the error of the worst clock and half the delay.
  limit::WindowLimit limit() const {
    return {n, limit::Geometry::for_window(window, clock_error + (delay + Duration(1)) / 2)};
  }
};

// One request. Each number chooses by its remainder or as a share of 255, so that any is valid.
struct Step {
  std::uint8_t pause = 0;
  std::uint8_t share = 0;  // of that pause
  std::uint8_t error = 0;
  std::uint8_t delay = 0;
  std::uint8_t cost = 0;
  std::uint8_t gives_back = 1;
};

inline Step random_step(Rng& rng) {
  const auto number = [&] { return static_cast<std::uint8_t>(rng.below(256)); };
  return {number(), number(), number(), number(), number(), number()};
}

inline std::vector<Step> random_steps(Rng& rng, std::size_t count) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < count; ++i) steps.push_back(random_step(rng));
  return steps;
}

// The same admissions by three clocks of real time: when the request's clock was read, when the
// decision fell, and when its answer arrived.
struct History {
  std::vector<Admission> asked, decided, answered;
  std::int64_t refused = 0;

  std::int64_t fullest(Duration window) const {
    return std::max({fullest_window(asked, window).admitted,
                     fullest_window(decided, window).admitted,
                     fullest_window(answered, window).admitted});
  }
};

inline Duration share_of(Duration whole, std::uint8_t share) {
  return share == 255 ? whole : whole / 255 * share;
}

inline std::int64_t cost_of(std::uint8_t choice, std::int64_t n) {
  switch (choice % 8) {
    case 5:
      return n / 3 + 1;
    case 6:
      return n;
    case 7:
      return choice < 128 ? n + 1 : n / 2 + 1;
    default:
      return 1;
  }
}

// Lets the crowd at one key whose counts have type Count.
template <class Count>
History play(const World& world, std::span<const Step> steps) {
  const limit::WindowLimit limit = world.limit();
  const limit::Geometry& geometry = limit.geometry;
  std::int64_t newest = limit::kNeverCharged, total = 0;
  std::vector<Count> counts(static_cast<std::size_t>(geometry.slots()) + 1);
  const limit::WindowRef<Count> state{&newest, &total, counts};

  History history;
  std::vector<std::int64_t> slots;  // of the admissions, as give_back() wants them
  Time real(std::chrono::seconds(1'800'000'000));
  for (const Step& step : steps) {
    const Duration edge(step.share % 3 - 1);  // just before, on, or just after
    switch (step.pause % 8) {
      case 0:  // bursts
      case 1:
      case 2:
        break;
      case 3:
        real += share_of(geometry.slot_width(), step.share);
        break;
      case 4:  // on a slot's edge
        real = std::max(real, geometry.slot_start(geometry.slot_of(real) + 1) + edge);
        break;
      case 5:  // where the window of an earlier admission ends
        if (!history.decided.empty()) {
          const std::size_t which = history.decided.size() * step.share / 256;
          real = std::max(real, history.decided[which].at + world.window + edge);
        }
        break;
      case 6:
        real += share_of(world.window, step.share);
        break;
      default:
        if (step.share > 200) real += share_of(3 * world.window, step.share);
    }
    const Time asked = real - share_of(world.delay, step.delay);
    const Duration error = 2 * share_of(world.clock_error, step.error) - world.clock_error;
    const std::int64_t cost = cost_of(step.cost, world.n);
    const limit::Charge charge = limit::charge(state, limit, asked + error, cost);
    if (!charge.admitted) {
      ++history.refused;
    } else {
      history.asked.push_back({asked, cost});
      history.decided.push_back({real, cost});
      history.answered.push_back({asked + world.delay, cost});
      slots.push_back(charge.slot);
    }
    if (step.gives_back % 16 == 0 && !slots.empty()) {
      limit::give_back(state, geometry, slots.back(), history.asked.back().cost);
      slots.pop_back();
      history.asked.pop_back();
      history.decided.pop_back();
      history.answered.pop_back();
    }
    // The invariant that the state keeps by itself: the total is the sum, and both are within N.
    std::int64_t sum = 0;
    for (const Count count : counts) sum += static_cast<std::int64_t>(count);
    WEIR_CHECK(sum == total && total >= 0 && total <= world.n);
  }
  return history;
}

// With counts just wide enough for N.
inline History play(const World& world, std::span<const Step> steps) {
  if (world.n <= UINT8_MAX) return play<std::uint8_t>(world, steps);
  if (world.n <= UINT16_MAX) return play<std::uint16_t>(world, steps);
  if (world.n <= UINT32_MAX) return play<std::uint32_t>(world, steps);
  return play<std::int64_t>(world, steps);
}

}  // namespace weir::test
