#include "store/table/record.h"

#include <algorithm>
#include <atomic>

namespace weir::store {
namespace {

constexpr std::string_view kWrongTotal = "its total is not the sum of its counts";
constexpr std::uint64_t kMaxParameter = (std::uint64_t{1} << 59) - 1;

std::size_t units_of(std::size_t bytes) {
  return (bytes + kRecordUnit - 1) / kRecordUnit;
}

// Whether a slot is one that a clock can have given, so that no sum with it overflows.
bool is_slot(std::int64_t slot, const limit::Geometry& geometry) {
  constexpr std::int64_t kFarthest = INT64_MAX / 2;
  return slot == limit::kNeverCharged ||
         (slot > -kFarthest && slot < kFarthest && geometry.slot_start(slot) != Time::max());
}

bool has_places(Algorithm algorithm) {
  return algorithm == Algorithm::distinct || algorithm == Algorithm::concurrency;
}

}  // namespace

std::optional<RecordShape> RecordShape::for_limit(const limit::Limit& limit) {
  std::uint64_t parameter = 0;
  Algorithm algorithm = Algorithm::concurrency;
  int width = 0;
  if (const auto* window = std::get_if<limit::WindowLimit>(&limit)) {
    algorithm = Algorithm::exact_window;
    width = width_code(window->n);
    parameter = static_cast<std::uint64_t>(window->geometry.packed());
  } else if (const auto* gcra = std::get_if<limit::GcraLimit>(&limit)) {
    algorithm = Algorithm::gcra;
    parameter = static_cast<std::uint64_t>(gcra->interval.count());
  } else if (std::holds_alternative<limit::FixedWindowLimit>(limit)) {
    algorithm = Algorithm::fixed_window;
  } else if (const auto* distinct = std::get_if<limit::DistinctLimit>(&limit)) {
    algorithm = Algorithm::distinct;
    parameter = static_cast<std::uint64_t>(distinct->geometry.packed());
  }
  if (parameter > kMaxParameter) return std::nullopt;
  return RecordShape(algorithm, width, parameter);
}

std::optional<RecordShape> RecordShape::from_word(std::uint64_t word) {
  const RecordShape shape(word);
  const auto parameter = static_cast<std::int64_t>(word >> 5);
  switch (shape.algorithm()) {
    case Algorithm::exact_window:
      if (!limit::Geometry::unpack(parameter)) return std::nullopt;
      return shape;
    case Algorithm::distinct:
      if (shape.width() != 0 || !limit::Geometry::unpack(parameter)) return std::nullopt;
      return shape;
    case Algorithm::gcra:
      if (shape.width() > 1 || parameter == 0) return std::nullopt;
      return shape;
    case Algorithm::fixed_window:
    case Algorithm::concurrency:
      if (shape.width() != 0 || parameter != 0) return std::nullopt;
      return shape;
  }
  return std::nullopt;
}

limit::Geometry RecordShape::geometry() const {
  const auto geometry = limit::Geometry::unpack(static_cast<std::int64_t>(word_ >> 5));
  WEIR_CHECK(geometry);
  return *geometry;
}

std::size_t RecordShape::record_units(std::size_t places) const {
  switch (algorithm()) {
    case Algorithm::exact_window:
      return units_of(32 + ((static_cast<std::size_t>(geometry().slots()) + 2) << width()));
    case Algorithm::gcra:
      return units_of(remembers() ? 48 : 32);
    case Algorithm::fixed_window:
      return units_of(48);
    case Algorithm::distinct:
    case Algorithm::concurrency:
      return units_of(40 + places * sizeof(limit::Sighting));
  }
  WEIR_CHECK(false);
}

std::optional<SizedState> sized(limit::State state, const limit::Limit& limit) {
  auto shape = RecordShape::for_limit(limit);
  if (!shape) return std::nullopt;
  std::size_t places = 0;
  if (const auto* window = std::get_if<limit::OwnedWindow>(&state)) {
    // What is counted already may be more than the limit.
    shape = RecordShape::for_window(
        window->geometry, std::max(std::get<limit::WindowLimit>(limit).n, window->window.total));
  } else if (const auto* gcra = std::get_if<limit::GcraState>(&state)) {
    if (gcra->remembers()) shape = shape->remembering();
  } else if (const auto* distinct = std::get_if<limit::OwnedDistinct>(&state)) {
    places = std::max(distinct->places.size(),
                      static_cast<std::size_t>(std::get<limit::DistinctLimit>(limit).n));
  } else if (const auto* holds = std::get_if<limit::OwnedHolds>(&state)) {
    places = std::max(holds->places.size(),
                      static_cast<std::size_t>(std::get<limit::ConcurrencyLimit>(limit).n));
  }
  const std::size_t units = shape->record_units(places);
  return SizedState{std::move(state), *shape, places, units};
}

void Record::put_gcra(const limit::GcraState& state, const RecordShape& shape) const {
  put(24, state.arrival);
  if (!shape.remembers()) return;
  put(32, state.moved);
  put(40, state.returned.count());
}

void Record::put_fixed_window(const limit::FixedWindowState& state) const {
  put(24, state.start);
  put(32, state.end);
  put(40, state.count);
}

void Record::write(const KeyTag& tag, const SizedState& sized) {
  std::memset(bytes_ + 24, 0, sized.units * kRecordUnit - 24);
  std::memcpy(bytes_, tag.data(), sizeof(tag));
  if (const auto* window = std::get_if<limit::OwnedWindow>(&sized.state)) {
    // with_window() asks the shape, which is not written yet.
    const auto write_counts = [&]<class Count>(Count) {
      auto* const counts = reinterpret_cast<Count*>(bytes_ + 32);
      counts[0] = static_cast<Count>(window->window.total);
      for (std::size_t i = 0; i <= static_cast<std::size_t>(window->geometry.slots()); ++i) {
        counts[i + 1] = static_cast<Count>(window->window.counts.at(i));
      }
    };
    put(24, window->window.newest);
    switch (sized.shape.width()) {
      case 0:
        write_counts(std::uint8_t{});
        break;
      case 1:
        write_counts(std::uint16_t{});
        break;
      case 2:
        write_counts(std::uint32_t{});
        break;
      default:
        write_counts(std::int64_t{});
    }
  } else if (const auto* gcra = std::get_if<limit::GcraState>(&sized.state)) {
    put_gcra(*gcra, sized.shape);
  } else if (const auto* fixed = std::get_if<limit::FixedWindowState>(&sized.state)) {
    put_fixed_window(*fixed);
  } else if (const auto* distinct = std::get_if<limit::OwnedDistinct>(&sized.state)) {
    put(24, distinct->newest);
    put(32, std::uint64_t{sized.places});
    std::fill(sightings().begin(), sightings().end(), limit::Sighting{});
    std::copy(distinct->places.begin(), distinct->places.end(), sightings().begin());
  } else if (const auto* owned = std::get_if<limit::OwnedHolds>(&sized.state)) {
    put(32, std::uint64_t{sized.places});
    std::fill(holds().begin(), holds().end(), limit::Hold{});
    std::copy(owned->places.begin(), owned->places.end(), holds().begin());
  }
  // The shape makes it a record, so it must not be written before the rest.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  put(16, sized.shape.word());
}

limit::State Record::state() const {
  switch (shape().algorithm()) {
    case Algorithm::exact_window: {
      limit::OwnedWindow owned{.geometry = shape().geometry(), .window = {}};
      with_window(static_cast<std::size_t>(owned.geometry.slots()), [&](auto window) {
        owned.window.newest = *window.newest;
        owned.window.total = *window.total;
        std::copy(window.counts.begin(), window.counts.end(), owned.window.counts.begin());
        return 0;
      });
      return owned;
    }
    case Algorithm::gcra:
      return gcra();
    case Algorithm::fixed_window:
      return fixed_window();
    case Algorithm::distinct: {
      limit::OwnedDistinct owned{
          .geometry = shape().geometry(), .newest = number(24), .places = {}};
      // Without those that had ended their lives by the newest: what is forgotten stays forgotten.
      const std::int64_t oldest_alive = owned.newest - owned.geometry.slots();
      for (const limit::Sighting& place : sightings()) {
        if (place.slot >= std::max(oldest_alive, limit::kNeverCharged + 1)) {
          owned.places.push_back(place);
        }
      }
      return owned;
    }
    case Algorithm::concurrency: {
      limit::OwnedHolds owned;
      for (const limit::Hold& place : holds()) {
        if (place != limit::Hold{}) owned.places.push_back(place);
      }
      return owned;
    }
  }
  WEIR_CHECK(false);
}

std::optional<limit::Charge> Record::charge_other(const ChargeRequest& request) {
  const auto needed = RecordShape::for_limit(request.limit);
  if (!needed) return std::nullopt;
  if (const auto* gcra_limit = std::get_if<limit::GcraLimit>(&request.limit)) {
    if (shape() != *needed && shape() != needed->remembering()) return std::nullopt;
    limit::GcraState state = gcra();
    const limit::Charge charge = limit::charge(state, *gcra_limit, request.now, request.cost);
    if (state.remembers() != shape().remembers()) return std::nullopt;
    put_gcra(state, shape());
    return charge;
  }
  if (shape() != *needed) return std::nullopt;
  if (const auto* fixed_limit = std::get_if<limit::FixedWindowLimit>(&request.limit)) {
    limit::FixedWindowState state = fixed_window();
    const limit::Charge charge = limit::charge(state, *fixed_limit, request.cost);
    put_fixed_window(state);
    return charge;
  }
  if (const auto* distinct_limit = std::get_if<limit::DistinctLimit>(&request.limit)) {
    if (place_count() < static_cast<std::size_t>(distinct_limit->n)) return std::nullopt;
    std::int64_t newest = number(24);
    const limit::Charge charge = limit::charge(limit::DistinctRef{&newest, sightings()},
                                               *distinct_limit, request.now, request.subject);
    put(24, newest);
    return charge;
  }
  const auto& concurrency = std::get<limit::ConcurrencyLimit>(request.limit);
  if (place_count() < static_cast<std::size_t>(concurrency.n)) return std::nullopt;
  return limit::charge(holds(), concurrency, request.now, request.subject);
}

limit::Charge Record::peek(const ChargeRequest& request) const {
  if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
      window != nullptr && shape().algorithm() == Algorithm::exact_window &&
      shape().geometry() == window->geometry) {
    return with_window(static_cast<std::size_t>(window->geometry.slots()), [&](auto counts) {
      return limit::peek(counts, *window, request.now, request.cost);
    });
  }
  return limit::peek(state(), request.limit,
                     {.now = request.now, .cost = request.cost, .subject = request.subject});
}

bool Record::give_back(const ChargeRequest& request, std::int64_t slot) {
  const auto shape_of_limit = RecordShape::for_limit(request.limit);
  if (!shape_of_limit || shape().algorithm() != shape_of_limit->algorithm()) return true;
  if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit)) {
    // A slot of another geometry means nothing here: the charge stays.
    if (shape().geometry() != window->geometry) return true;
    with_window(static_cast<std::size_t>(window->geometry.slots()), [&](auto counts) {
      limit::give_back(counts, window->geometry, slot, request.cost);
      return 0;
    });
  } else if (const auto* gcra_limit = std::get_if<limit::GcraLimit>(&request.limit)) {
    limit::GcraState state = gcra();
    limit::give_back(state, *gcra_limit, request.now, slot, request.cost);
    if (state.remembers() != shape().remembers()) return false;
    put_gcra(state, shape());
  } else if (std::holds_alternative<limit::FixedWindowLimit>(request.limit)) {
    limit::FixedWindowState state = fixed_window();
    limit::give_back(state, slot, request.cost);
    put_fixed_window(state);
  } else if (std::holds_alternative<limit::ConcurrencyLimit>(request.limit)) {
    limit::release(holds(), request.subject);
  }
  return true;
}

Time Record::end_of_life() const {
  const auto kept_until = [](Time end) {
    return end < Time::max() - kKeptForLaggingClocks ? end + kKeptForLaggingClocks : Time::max();
  };
  switch (shape().algorithm()) {
    case Algorithm::exact_window: {
      const limit::Geometry geometry = shape().geometry();
      const bool is_empty = with_window(static_cast<std::size_t>(geometry.slots()),
                                        [](auto window) { return *window.total == 0; });
      return is_empty ? Time::min() : geometry.slot_start(number(24) + geometry.slots() + 1);
    }
    case Algorithm::gcra:
      return kept_until(limit::end_of_life(gcra()));
    case Algorithm::fixed_window:
      return number(40) == 0 ? Time::min() : kept_until(time(32));
    case Algorithm::distinct: {
      const limit::Geometry geometry = shape().geometry();
      return geometry.slot_start(number(24) + geometry.slots() + 1);
    }
    case Algorithm::concurrency: {
      Time last = Time::min();
      for (const limit::Hold& hold : holds()) last = std::max(last, hold.until);
      return last;
    }
  }
  WEIR_CHECK(false);
}

void Record::mend(std::size_t units) {
  if (flaw(units) != kWrongTotal) return;
  with_window(static_cast<std::size_t>(shape().geometry().slots()), [](auto window) {
    *window.total = 0;
    for (const auto count : window.counts) *window.total += static_cast<std::int64_t>(count);
    return 0;
  });
}

std::string_view Record::flaw(std::size_t units) const {
  const auto shape = RecordShape::from_word(word(16));
  if (!shape) return "its shape is none";
  std::size_t places = 0;
  if (has_places(shape->algorithm())) {
    places = word(32);
    if (places < 1 || places > static_cast<std::size_t>(limit::kMaxDistinct)) {
      return "its number of places is out of bounds";
    }
  }
  if (shape->record_units(places) != units) return "its size is not that of its shape";
  if (shape->algorithm() == Algorithm::exact_window) {
    const auto slots = static_cast<std::size_t>(shape->geometry().slots());
    if (!is_slot(number(24), shape->geometry())) return "its newest slot is out of bounds";
    return with_window(slots, [](auto window) -> std::string_view {
      std::int64_t sum = 0;
      for (const auto count : window.counts) {
        const auto value = static_cast<std::int64_t>(count);
        if (value < 0 || value > kMaxCount || sum > kMaxCount - value) {
          return "its counts are out of bounds";
        }
        sum += value;
      }
      return sum == *window.total ? std::string_view() : kWrongTotal;
    });
  }
  if (shape->algorithm() == Algorithm::gcra) {
    constexpr std::int64_t kFarthest = INT64_MAX / 8 * 5;
    const auto is_far = [](std::int64_t time) { return time > kFarthest || time < -kFarthest; };
    if (is_far(number(24))) return "its arrival time is out of bounds";
    if (shape->remembers()) {
      const bool never = time(32) == limit::GcraState::kNeverMoved;
      if (!never && is_far(number(32))) return "the time of its move is out of bounds";
      if (number(40) < 0 || number(40) > limit::GcraLimit::kMaxTolerance.count()) {
        return "what was given back is out of bounds";
      }
    }
  }
  if (shape->algorithm() == Algorithm::distinct) {
    const limit::Geometry geometry = shape->geometry();
    const bool good =
        is_slot(number(24), geometry) &&
        std::all_of(sightings().begin(), sightings().end(),
                    [&](const limit::Sighting& place) { return is_slot(place.slot, geometry); });
    if (!good) return "a slot is out of bounds";
  }
  if (shape->algorithm() == Algorithm::fixed_window) {
    const limit::FixedWindowState state = fixed_window();
    if (state.count < 0 || state.count > kMaxCount || state.start > state.end) {
      return "its window or its count is out of bounds";
    }
  }
  return {};
}

}  // namespace weir::store
