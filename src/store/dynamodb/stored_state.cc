#include "store/dynamodb/stored_state.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/duration.h"
#include "base/overloaded.h"

namespace weir::store {
namespace {

constexpr Duration kKeepAfterExpiry = std::chrono::minutes(5);

// The low six bits of w; an exact window has its K, 1 to limit::kMaxSlots, there.
constexpr std::int64_t kGcra = 61;
constexpr std::int64_t kFixedWindow = 62;
constexpr std::int64_t kConcurrency = 63;
static_assert(limit::kMaxSlots < kGcra);

// Instants with which int64 arithmetic is safe, whatever Weir adds to them: to the year 2116.
constexpr std::int64_t kFurthest = INT64_MAX / 2;

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}
Time at(std::int64_t nanoseconds) {
  return Time(Duration(nanoseconds));
}
bool is_instant(std::int64_t value) {
  return value >= -kFurthest && value <= kFurthest;
}
// A slot whose start, and that of the slots around it, is a representable instant.
bool is_slot(std::int64_t slot, const limit::Geometry& geometry) {
  const std::int64_t furthest = INT64_MAX / geometry.slot_width().count() - 2 * limit::kMaxSlots;
  return slot >= -furthest && slot <= furthest;
}

// The id of the attribute m<16 hexadecimal digits>, or nullopt if it is none.
std::optional<std::uint64_t> member_id(std::string_view name) {
  constexpr std::size_t kDigits = 16;
  std::uint64_t id = 0;
  if (name.size() != 1 + kDigits || name[0] != 'm') return std::nullopt;
  if (name.find_first_not_of("0123456789abcdef", 1) != std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), id, 16);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return id;
}

Result<limit::State> read_window(const Item& item, const limit::Geometry& geometry) {
  limit::OwnedWindow owned{.geometry = geometry, .window = {}};
  owned.window.newest = item.get_or("g", INT64_MIN);
  owned.window.total = item.get_or("t", 0);
  if (!is_slot(owned.window.newest, geometry)) return not_ours("'g'");
  if (owned.window.total < 0 || owned.window.total > kMaxCount) return not_ours("'t'");
  std::int64_t counted = 0;
  for (const Attribute& attribute : item) {
    const std::optional<std::size_t> place = ring_place(attribute.name.text());
    if (!place) continue;
    if (*place >= owned.window.counts.size() || attribute.value < 0 ||
        attribute.value > kMaxCount) {
      return not_ours("a slot's count");
    }
    owned.window.counts[*place] = attribute.value;
    counted += attribute.value;
  }
  // More may be said to be used than the slots hold, which is safe, but not less.
  if (owned.window.total < counted) return not_ours("'t' is less than the sum of its slots");
  return owned;
}

Result<limit::State> read_gcra(const Item& item, Duration interval) {
  const std::int64_t arrival = item.get_or("a", INT64_MIN);
  if (interval <= Duration::zero() || !is_instant(arrival)) return not_ours("'a' or 'w'");
  limit::GcraState state{at(arrival), interval};
  if (const std::int64_t* moved = item.find("mv")) {
    if (!is_instant(*moved)) return not_ours("'mv'");
    state.moved = at(*moved);
  }
  state.returned = Duration(item.get_or("r", 0));
  if (state.returned < Duration::zero() || state.returned > limit::GcraLimit::kMaxTolerance) {
    return not_ours("'r'");
  }
  return state;
}

Result<limit::State> read_fixed_window(const Item& item) {
  const std::int64_t start = item.get_or("g", INT64_MIN);
  const std::int64_t end = item.get_or("e", INT64_MIN);
  const std::int64_t count = item.get_or("t", 0);
  if (!is_instant(start) || !is_instant(end) || start >= end) return not_ours("'g' or 'e'");
  if (count < 0 || count > kMaxCount) return not_ours("'t'");
  return limit::FixedWindowState{at(start), at(end), count};
}

Result<limit::State> read_holds(const Item& item) {
  limit::OwnedHolds holds;
  for (const Attribute& attribute : item) {
    const std::optional<std::uint64_t> id = member_id(attribute.name.text());
    if (!id) continue;
    if (!is_instant(attribute.value)) return not_ours("the end of a hold");
    holds.places.push_back({*id, at(attribute.value)});
  }
  return holds;
}

Result<limit::State> read_distinct(const Item& item, const limit::Geometry& geometry) {
  limit::OwnedDistinct values{
      .geometry = geometry, .newest = item.get_or("g", INT64_MIN), .places = {}};
  if (!is_slot(values.newest, geometry)) return not_ours("'g'");
  for (const Attribute& attribute : item) {
    const std::optional<std::uint64_t> id = member_id(attribute.name.text());
    if (!id) continue;
    if (!is_slot(attribute.value, geometry)) return not_ours("the slot of a value");
    values.places.push_back({*id, attribute.value});
  }
  return values;
}

Result<limit::State> read_shape(const Item& item, std::int64_t shape) {
  if (shape > 0) {
    const std::int64_t kind = shape % 64;
    if (kind == kGcra) return read_gcra(item, Duration(shape / 64));
    if (shape == kFixedWindow) return read_fixed_window(item);
    if (kind == kConcurrency) return read_holds(item);
    if (const auto geometry = limit::Geometry::unpack(shape)) return read_window(item, *geometry);
  } else if (shape < 0 && shape != INT64_MIN) {
    if (const auto geometry = limit::Geometry::unpack(-shape)) {
      return read_distinct(item, *geometry);
    }
  }
  return not_ours("'w'");
}

}  // namespace

std::int64_t shape_of(const limit::Limit& limit) {
  return std::visit(
      Overloaded{[](const limit::WindowLimit& window) { return window.geometry.packed(); },
                 [](const limit::GcraLimit& gcra) { return gcra.interval.count() * 64 + kGcra; },
                 [](const limit::FixedWindowLimit&) { return kFixedWindow; },
                 [](const limit::DistinctLimit& distinct) { return -distinct.geometry.packed(); },
                 [](const limit::ConcurrencyLimit& concurrency) {
                   return concurrency.hold.count() * 64 + kConcurrency;
                 }},
      limit);
}

AttributeName ring_attribute(std::size_t place) {
  // Not fmt: a plan names all of a ring's places.
  WEIR_CHECK(place < 100);
  const std::array<char, 3> text{'s', static_cast<char>('0' + (place < 10 ? place : place / 10)),
                                 static_cast<char>('0' + place % 10)};
  return AttributeName(std::string_view(text.data(), place < 10 ? 2 : 3));
}

std::optional<std::size_t> ring_place(std::string_view name) {
  std::size_t place = 0;
  if (name.size() < 2 || name.size() > 3 || name[0] != 's') return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), place);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return place;
}

AttributeName member_attribute(std::uint64_t id) {
  return AttributeName(fmt::format("m{:016x}", id));
}

std::int64_t expiry_seconds(Time end) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
  return (seconds + std::chrono::ceil<std::chrono::seconds>(kKeepAfterExpiry)).count();
}

Item item_of(std::int64_t shape, const limit::State& state) {
  Item item;
  item.set("w", shape);
  item.set("exp", expiry_seconds(limit::end_of_life(state)));
  std::visit(Overloaded{[](std::monostate) { WEIR_CHECK(false); },
                        [&](const limit::OwnedWindow& owned) {
                          item.set("g", owned.window.newest);
                          item.set("t", owned.window.total);
                          for (std::size_t place = 0; place < owned.window.counts.size(); ++place) {
                            const std::int64_t count = owned.window.counts[place];
                            if (count > 0) item.set(ring_attribute(place), count);
                          }
                        },
                        [&](const limit::GcraState& gcra) {
                          item.set("a", nanoseconds(gcra.arrival));
                          if (gcra.moved != limit::GcraState::kNeverMoved) {
                            item.set("mv", nanoseconds(gcra.moved));
                          }
                          if (gcra.returned > Duration::zero())
                            item.set("r", gcra.returned.count());
                        },
                        [&](const limit::FixedWindowState& fixed) {
                          item.set("g", nanoseconds(fixed.start));
                          item.set("e", nanoseconds(fixed.end));
                          item.set("t", fixed.count);
                        },
                        [&](const limit::OwnedDistinct& values) {
                          item.set("g", values.newest);
                          item.set("c", static_cast<std::int64_t>(values.places.size()));
                          for (const limit::Sighting& value : values.places) {
                            item.set(member_attribute(value.value), value.slot);
                          }
                        },
                        [&](const limit::OwnedHolds& holds) {
                          item.set("c", static_cast<std::int64_t>(holds.places.size()));
                          for (const limit::Hold& hold : holds.places) {
                            item.set(member_attribute(hold.id), nanoseconds(hold.until));
                          }
                        }},
             state);
  return item;
}

bool is_of_state(std::string_view name) {
  for (const std::string_view own : {"g", "t", "w", "v", "lw", "a", "mv", "r", "e", "c"}) {
    if (name == own) return true;
  }
  return ring_place(name) || member_id(name);
}

tl::unexpected<Error> not_ours(std::string_view what) {
  return fail(ErrorCode::invalid_input,
              fmt::format("an item of the table is not one of Weir's: {}", what),
              "give Weir a table of its own: weir table create");
}

Result<StoredState> read_state(const Item& item) {
  StoredState stored;
  stored.shape = item.get_or("w", 0);
  stored.version = item.get_or("v", 0);
  stored.last_write = item.get_or("lw", 0);
  Result<limit::State> state = read_shape(item, stored.shape);
  if (!state) return tl::unexpected(state.error());
  stored.state = std::move(*state);
  return stored;
}

}  // namespace weir::store
