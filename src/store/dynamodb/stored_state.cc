#include "store/dynamodb/stored_state.h"

#include <fmt/format.h>

#include <charconv>

#include "base/duration.h"

namespace weir::store {

tl::unexpected<Error> not_ours(std::string_view what) {
  return fail(ErrorCode::invalid_input,
              fmt::format("an item of the table is not one of Weir's: {}", what),
              "give Weir a table of its own: weir table create");
}

std::optional<std::size_t> ring_place(std::string_view name) {
  std::size_t place = 0;
  if (name.size() < 2 || name.size() > 3 || name[0] != 's') return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), place);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return place;
}

bool is_of_state(std::string_view name) {
  return name == "g" || name == "t" || name == "w" || name == "v" || ring_place(name);
}

Result<StoredState> read_state(const Item& item) {
  StoredState state;
  const std::optional<limit::Geometry> geometry = limit::Geometry::unpack(item.get_or("w", 0));
  state.window.newest = item.get_or("g", INT64_MIN);
  state.window.total = item.get_or("t", 0);
  state.version = item.get_or("v", 0);
  if (!geometry || state.window.total < 0 || state.window.total > kMaxCount) {
    return not_ours("'t' or 'w'");
  }
  // Slots that int64 arithmetic of limit/ is safe with: their start is within representable time.
  const std::int64_t furthest = INT64_MAX / geometry->slot_width().count() - 2 * limit::kMaxSlots;
  if (state.window.newest > furthest || state.window.newest < -furthest) return not_ours("'g'");
  state.geometry = *geometry;
  std::int64_t counted = 0;
  for (const Attribute& attribute : item) {
    const std::optional<std::size_t> place = ring_place(attribute.name.text());
    if (!place) continue;
    if (*place >= state.window.counts.size() || attribute.value < 0 ||
        attribute.value > kMaxCount) {
      return not_ours("a slot's count");
    }
    state.window.counts[*place] = attribute.value;
    counted += attribute.value;
  }
  // More may be said to be used than the slots hold, which is safe, but not less.
  if (state.window.total < counted) return not_ours("'t' is less than the sum of its slots");
  return state;
}

}  // namespace weir::store
