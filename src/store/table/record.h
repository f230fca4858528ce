// Record: one key's exact window in as few bytes as its limit allows.
//
//   offset  bytes      field
//   0       16         tag: the first 16 bytes of the key
//   16      8          shape: geometry and width of a count (RecordShape)
//   24      8          newest: the newest slot that was charged
//   32      (K+2)*w    total, then the K+1 counts of the ring; w = 1, 2, 4 or 8 bytes, as N needs
//
// rounded up to a multiple of 8. A limit of up to 255 in a second takes 48 bytes, in a minute 96.
// Thread safety: none of its own; MemoryStore's shard lock guards every record.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/key.h"
#include "limit/exact_window.h"

namespace weir::store {

// How a record is laid out. Two records of one shape take the same bytes.
class RecordShape {
 public:
  // The smallest that holds the counts of a limit.
  static RecordShape for_limit(const limit::WindowLimit& limit) {
    return RecordShape(limit.geometry, width_code(limit.n));
  }
  static RecordShape from_word(std::int64_t word) { return RecordShape(word); }
  std::int64_t word() const { return word_; }

  limit::Geometry geometry() const;
  // The bytes of a count are 1 << width_code().
  int width_code() const { return static_cast<int>(word_ & 3); }
  std::size_t record_size() const;
  // Can a record of this shape keep the counts of one of `other`'s, slot by slot?
  bool holds(RecordShape other) const {
    return word_ >> 2 == other.word_ >> 2 && width_code() >= other.width_code();
  }

  friend bool operator==(const RecordShape&, const RecordShape&) = default;

 private:
  explicit RecordShape(std::int64_t word) : word_(word) {}
  RecordShape(const limit::Geometry& geometry, int code) : word_(geometry.packed() << 2 | code) {}

  static int width_code(std::int64_t n) {
    return n <= UINT8_MAX ? 0 : n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
  }

  std::int64_t word_;
};

inline constexpr std::size_t kRecordHeader = 32;
inline constexpr std::size_t kRecordUnit = 8;  // sizes are multiples of it
inline constexpr std::size_t kMaxRecord =
    kRecordHeader + (limit::kMaxSlots + 2) * sizeof(std::int64_t);

using KeyTag = std::array<std::byte, 16>;

// A view of the bytes of one record.
class Record {
 public:
  explicit Record(std::byte* bytes) : bytes_(bytes) {}

  bool has_tag_of(const Key& key) const {
    return std::memcmp(bytes_, key.bytes.data(), sizeof(KeyTag)) == 0;
  }
  RecordShape shape() const { return RecordShape::from_word(read(16)); }

  // Makes it the record of a key with this state, which must fit into the shape's counts.
  void write(const Key& key, RecordShape shape, const limit::WindowState& state);
  limit::WindowState state() const;

  // Calls f with a WindowRef over this record's counts, keeps what f changed and answers what f
  // answered. The geometry must be the shape's; it is an argument because callers know it.
  template <class F>
  auto with_window(const limit::Geometry& geometry, F f) const;

  void give_back(std::int64_t slot, std::int64_t cost);

  bool is_empty() const;  // holds no count at all
  // The instant from which on nothing in it is live; Time::min() if it is empty.
  Time end_of_life() const;

 private:
  std::int64_t read(std::size_t offset) const {
    std::int64_t word = 0;
    std::memcpy(&word, bytes_ + offset, sizeof(word));
    return word;
  }
  void put(std::size_t offset, std::int64_t word) const {
    std::memcpy(bytes_ + offset, &word, sizeof(word));
  }

  std::byte* bytes_;
};

template <class F>
auto Record::with_window(const limit::Geometry& geometry, F f) const {
  const auto with_counts_of = [&]<class Count>(Count) {
    auto* const stored_total = reinterpret_cast<Count*>(bytes_ + kRecordHeader);
    std::int64_t newest = read(24);
    auto total = static_cast<std::int64_t>(*stored_total);
    const std::span counts(stored_total + 1, static_cast<std::size_t>(geometry.slots()) + 1);
    auto result = f(limit::WindowRef<Count>{&newest, &total, counts});
    put(24, newest);
    *stored_total = static_cast<Count>(total);
    return result;
  };
  switch (shape().width_code()) {
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

}  // namespace weir::store
