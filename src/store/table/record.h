// Record: one key's state under any algorithm, in as few bytes as its limit allows.
//
//   offset  bytes  field
//   0       16     tag: the first 16 bytes of the key
//   16      8      shape: algorithm, bytes of a count, and what the state was counted with
//                  (RecordShape). 0: no key's record
//   24      8      exact window, distinct: the newest slot. gcra: the theoretical arrival time.
//                  fixed window: its start. concurrency: unused
//   32      ...    exact window: total, then the K+1 counts of the ring, of 1, 2, 4 or 8 bytes
//                  each, as N needs. gcra: what it remembers of moves (8) and give-backs (8), if
//                  it does. fixed window: its end (8), its count (8).
//                  distinct, concurrency: how many places (8), then the places, 16 bytes each
//
// rounded up to a multiple of 32, so that a record of up to 96 bytes touches two cache lines.
// Numbers are in the machine's byte order, times in nanoseconds since 1970. A gcra record takes 32
// bytes (64 while it remembers more than its arrival time), a fixed window 64, an exact window of
// up to 255 in a minute 96.
//
// Thread safety: none of its own; the shard's lock guards every record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/key.h"
#include "limit/limit.h"
#include "store/store.h"

namespace weir::store {

inline constexpr std::size_t kRecordUnit = 32;  // sizes are multiples of it
inline constexpr std::size_t kMaxRecordUnits =
    (40 + sizeof(limit::Sighting) * limit::kMaxDistinct + kRecordUnit - 1) / kRecordUnit;
static_assert(sizeof(limit::Sighting) == 16 && sizeof(limit::Hold) == 16);
static_assert(limit::kMaxConcurrency == limit::kMaxDistinct);

using KeyTag = std::array<std::byte, 16>;

enum class Algorithm : std::uint8_t {  // stored; 0 is no record
  exact_window = 1,
  gcra = 2,
  fixed_window = 3,
  distinct = 4,
  concurrency = 5,
};

// What a record holds and how it is laid out.
//   bits 0-2 algorithm; 3-4 log2 of the bytes of a count (exact window), whether it remembers more
//   than its arrival time (gcra), else 0; 5-63 geometry, packed (exact window, distinct); the
//   interval in ns (gcra); 0
class RecordShape {
 public:
  // The smallest that holds the state of a new key under this limit. nullopt for a geometry that
  // no window of up to 366 days has.
  static std::optional<RecordShape> for_limit(const limit::Limit& limit);
  // The one that a window's counts need, each of them at most n.
  static RecordShape for_window(const limit::Geometry& geometry, std::int64_t n) {
    return RecordShape(Algorithm::exact_window, width_code(n),
                       static_cast<std::uint64_t>(geometry.packed()));
  }
  // The shape that a stored word means, or nullopt if it means none.
  static std::optional<RecordShape> from_word(std::uint64_t word);
  std::uint64_t word() const { return word_; }

  Algorithm algorithm() const { return static_cast<Algorithm>(word_ & 7); }
  // The bytes of a count are 1 << width().
  int width() const { return static_cast<int>(word_ >> 3 & 3); }
  limit::Geometry geometry() const;  // exact window, distinct
  Duration interval() const { return Duration(static_cast<std::int64_t>(word_ >> 5)); }  // gcra

  // Of gcra: whether the record holds all of a state that remembers(), and the shape that does.
  bool remembers() const { return algorithm() == Algorithm::gcra && width() == 1; }
  RecordShape remembering() const { return RecordShape(word_ | std::uint64_t{1} << 3); }

  // In units; `places` is for distinct and concurrency.
  std::size_t record_units(std::size_t places) const;

  friend bool operator==(const RecordShape&, const RecordShape&) = default;

 private:
  friend class Record;
  explicit RecordShape(std::uint64_t word) : word_(word) {}
  RecordShape(Algorithm algorithm, int width, std::uint64_t parameter)
      : word_(parameter << 5 | static_cast<unsigned>(width) << 3 |
              static_cast<unsigned>(algorithm)) {}

  static int width_code(std::int64_t n) {
    return n <= UINT8_MAX ? 0 : n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
  }

  std::uint64_t word_;
};

// A state that was charged by value, and the record that it needs.
struct SizedState {
  limit::State state;
  RecordShape shape;
  std::size_t places = 0;
  std::size_t units = 0;
};
// nullopt: no record can hold a state of this limit.
std::optional<SizedState> sized(limit::State state, const limit::Limit& limit);

// A view of the bytes of one record.
class Record {
 public:
  explicit Record(std::byte* bytes) : bytes_(bytes) {}

  std::byte* bytes() const { return bytes_; }
  bool is_free() const { return word(16) == 0; }
  Algorithm algorithm() const { return shape().algorithm(); }
  KeyTag tag() const {
    KeyTag tag;
    std::memcpy(tag.data(), bytes_, sizeof(tag));
    return tag;
  }
  bool has_tag_of(const Key& key) const {
    return std::memcmp(bytes_, key.bytes.data(), sizeof(KeyTag)) == 0;
  }

  // Makes it the record of a key. The shape is written last: until then the record is nobody's.
  void write(const KeyTag& tag, const SizedState& state);
  void set_free() { put(16, std::uint64_t{0}); }
  limit::State state() const;

  // Charges where the record lies. nullopt if the limit needs a record of another shape; then
  // nothing has changed.
  std::optional<limit::Charge> charge(const ChargeRequest& request);
  limit::Charge peek(const ChargeRequest& request) const;
  // False if what it leaves needs a record of another shape; then nothing has changed.
  bool give_back(const ChargeRequest& request, std::int64_t slot);

  // The instant from which on nothing in it is live, whichever clock is asked; Time::min() if it
  // holds nothing.
  Time end_of_life() const;

  // What is wrong with it, for a record of this many units; empty if nothing is. Whatever the bytes
  // are, this and the units that they claim are safe to ask for.
  std::string_view flaw(std::size_t units) const;
  // Makes the total the sum of the counts, if that is all that is wrong.
  void mend(std::size_t units);

  // A fixed window and gcra say nothing of how wrong a clock may be; so they are kept for twice the
  // most that a policy may allow (policy::kMaxClockSkew).
  static constexpr Duration kKeptForLaggingClocks = std::chrono::minutes(2);

 private:
  std::uint64_t word(std::size_t offset) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_ + offset, sizeof(value));
    return value;
  }
  std::int64_t number(std::size_t offset) const { return static_cast<std::int64_t>(word(offset)); }
  Time time(std::size_t offset) const { return Time(Duration(number(offset))); }
  void put(std::size_t offset, std::uint64_t value) const {
    std::memcpy(bytes_ + offset, &value, sizeof(value));
  }
  void put(std::size_t offset, std::int64_t value) const {
    put(offset, static_cast<std::uint64_t>(value));
  }
  void put(std::size_t offset, Time value) const { put(offset, value.time_since_epoch().count()); }

  // The stored word; known to be a shape's.
  RecordShape shape() const { return RecordShape(word(16)); }

  // Calls f with a WindowRef over this record's counts, keeps what f changed and answers what f
  // answered.
  template <class F>
  auto with_window(std::size_t slots, F f) const;
  std::optional<limit::Charge> charge_window(const limit::WindowLimit& limit,
                                             const ChargeRequest& request);
  std::optional<limit::Charge> charge_other(const ChargeRequest& request);

  limit::GcraState gcra() const {
    limit::GcraState state{.arrival = time(24), .interval = shape().interval()};
    if (shape().remembers()) {
      state.moved = time(32);
      state.returned = Duration(number(40));
    }
    return state;
  }
  void put_gcra(const limit::GcraState& state, const RecordShape& shape) const;
  limit::FixedWindowState fixed_window() const { return {time(24), time(32), number(40)}; }
  void put_fixed_window(const limit::FixedWindowState& state) const;
  std::size_t place_count() const { return word(32); }
  std::span<limit::Sighting> sightings() const {
    return {reinterpret_cast<limit::Sighting*>(bytes_ + 40), place_count()};
  }
  std::span<limit::Hold> holds() const {
    return {reinterpret_cast<limit::Hold*>(bytes_ + 40), place_count()};
  }

  std::byte* bytes_;
};

template <class F>
[[gnu::always_inline]] inline auto Record::with_window(std::size_t slots, F f) const {
  const auto with_counts_of = [&]<class Count>(Count) __attribute__((always_inline)) {
    auto* const stored_total = reinterpret_cast<Count*>(bytes_ + 32);
    std::int64_t newest = number(24);
    auto total = static_cast<std::int64_t>(*stored_total);
    auto result = f(limit::WindowRef<Count>{&newest, &total, {stored_total + 1, slots + 1}});
    put(24, newest);
    *stored_total = static_cast<Count>(total);
    return result;
  };
  switch (shape().width()) {
    case 0:
      return with_counts_of(std::uint8_t{});
    case 1:
      return with_counts_of(std::uint16_t{});
    case 2:
      return with_counts_of(std::uint32_t{});
    default:
      return with_counts_of(std::int64_t{});
  }
}

[[gnu::always_inline]] inline std::optional<limit::Charge> Record::charge_window(
    const limit::WindowLimit& limit, const ChargeRequest& request) {
  const std::uint64_t needed = RecordShape::for_window(limit.geometry, limit.n).word();
  // The same but for the width, which may be larger than needed.
  constexpr std::uint64_t kWidth = 3U << 3;
  if ((word(16) & ~kWidth) != (needed & ~kWidth) || (word(16) & kWidth) < (needed & kWidth)) {
    return std::nullopt;
  }
  return with_window(static_cast<std::size_t>(limit.geometry.slots()), [&](auto window) {
    return limit::charge(window, limit, request.now, request.cost);
  });
}

[[gnu::always_inline]] inline std::optional<limit::Charge> Record::charge(
    const ChargeRequest& request) {
  if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit)) {
    return charge_window(*window, request);
  }
  return charge_other(request);
}

}  // namespace weir::store
