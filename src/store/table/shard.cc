#include "store/table/shard.h"

#include <algorithm>

namespace weir::store {
namespace {

std::int64_t ns(Time time) {
  return time.time_since_epoch().count();
}

Key key_of(const Record& record) {
  Key key;
  std::memcpy(key.bytes.data(), record.bytes(), sizeof(KeyTag));
  return key;
}

}  // namespace

std::optional<std::uint32_t> Shard::take(std::size_t units) {
  std::uint32_t& first = fields()->first_free[units];
  if (first == 0 && !take_chunk(units)) return std::nullopt;
  const std::uint32_t unit = first;
  std::memcpy(&first, unit_at(unit), sizeof(first));
  return unit;
}

bool Shard::has_unit(std::uint32_t unit, std::size_t units) const {
  const std::size_t index = (unit - 1) / Layout::kUnitsPerChunk;
  if (unit == 0 || units == 0 || index >= layout_->chunks) return false;
  const Chunk entry = chunk_entry(index);
  return entry.is_of(number_) && entry.units() == units &&
         (unit - first_unit_of(index)) % units == 0;
}

void Shard::give(std::uint32_t unit, std::size_t units) {
  record_at_unit(unit).set_free();
  push_free(unit, units);
}

void Shard::push_free(std::uint32_t unit, std::size_t units) {
  std::uint32_t& first = fields()->first_free[units];
  std::memcpy(unit_at(unit), &first, sizeof(first));
  first = unit;
}

// A chunk that is all zero holds free records, whatever their size. One that is nobody's is zero
// already, unless its file was damaged.
bool Shard::take_chunk(std::size_t units) {
  const std::size_t chunks = layout_->chunks;
  const auto mine =
      static_cast<std::uint32_t>(number_ + 1) << 16 | static_cast<std::uint32_t>(units);
  // The table's hint spares a walk over chunks that are taken; it may be wrong.
  const std::atomic_ref<std::uint32_t> hint(
      *reinterpret_cast<std::uint32_t*>(table_ + Layout::kFirstFreeChunkAt));
  const std::size_t start = hint.load(std::memory_order_relaxed) % chunks;
  for (std::size_t step = 0; step < chunks; ++step) {
    const std::size_t index = (start + step) % chunks;
    std::uint32_t nobody = 0;
    if (!chunk(index).compare_exchange_strong(nobody, mine, std::memory_order_acq_rel)) continue;
    hint.store(static_cast<std::uint32_t>(index + 1), std::memory_order_relaxed);
    const std::uint32_t first = first_unit_of(index);
    const std::size_t records = Layout::kUnitsPerChunk / units;
    std::memset(unit_at(first), 0, Layout::kChunkBytes);
    for (std::size_t i = records; i > 0; --i) {
      push_free(static_cast<std::uint32_t>(first + (i - 1) * units), units);
    }
    return true;
  }
  return false;
}

void Shard::put_into_index(std::uint32_t unit) {
  const std::uint32_t fragment = fragment_at(unit_at(unit));
  std::size_t at = home_of(fragment);
  while (!places_[at].is_free()) at = after(at);
  places_[at] = Place::of(fragment, unit);
}

void Shard::insert(std::uint32_t unit) {
  put_into_index(unit);
  count_keys(static_cast<std::uint32_t>(keys() + 1));
  note_end_of_life(record_at_unit(unit));
}

void Shard::exchange(Place& place, std::uint32_t unit) {
  const std::uint32_t old = place.unit();
  place = Place::of(place.fragment(), unit);
  give(old, units_of(old));
  note_end_of_life(record_at_unit(unit));
}

void Shard::note_end_of_life(const Record& record) {
  const std::int64_t end = ns(record.end_of_life());
  fields()->nothing_dead_before = std::min(fields()->nothing_dead_before, end);
  fields()->no_chunk_before = std::min(fields()->no_chunk_before, end);
}

void Shard::erase(Place& place) {
  const std::uint32_t unit = place.unit();
  give(unit, units_of(unit));
  remove_from_index(static_cast<std::size_t>(&place - places_));
  count_keys(static_cast<std::uint32_t>(keys() - 1));
}

// Linear probing without tombstones: what follows the hole moves up, as far as its home allows
// (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
void Shard::remove_from_index(std::size_t place) {
  const auto distance = [&](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + layout_->places_per_shard - from;
  };
  std::size_t hole = place;
  for (std::size_t at = after(hole); !places_[at].is_free(); at = after(at)) {
    if (distance(home_of(places_[at].fragment()), at) >= distance(hole, at)) {
      places_[hole] = places_[at];
      hole = at;
    }
  }
  places_[hole] = {};
}

bool Shard::forget_a_dead_key(Time now) {
  Fields& shard = *fields();
  if (ns(now) < shard.nothing_dead_before) return false;
  Time first_death = Time::max();
  std::size_t hand = shard.hand;
  for (std::size_t steps = 0; steps < layout_->places_per_shard; ++steps) {
    hand = after(hand);
    if (places_[hand].is_free()) continue;
    const Time death = record_at(places_[hand]).end_of_life();
    if (death <= now) {
      erase(places_[hand]);
      shard.hand = static_cast<std::uint32_t>(hand);
      return true;
    }
    first_death = std::min(first_death, death);
  }
  shard.hand = static_cast<std::uint32_t>(hand);
  shard.nothing_dead_before = ns(first_death);
  return false;
}

std::optional<std::size_t> Shard::give_back_a_chunk(Time now) {
  if (ns(now) < fields()->no_chunk_before) return std::nullopt;
  Time first_death = Time::max();
  for (std::size_t index = 0; index < layout_->chunks; ++index) {
    const Chunk entry = chunk_entry(index);
    if (!entry.is_of(number_)) continue;
    if (const auto forgotten = empty_chunk(index, now, first_death)) return forgotten;
  }
  fields()->no_chunk_before = ns(first_death);
  return std::nullopt;
}

// Gives the chunk back if nothing in it is live; else notes when that will be.
std::optional<std::size_t> Shard::empty_chunk(std::size_t index, Time now, Time& first_death) {
  const std::size_t units = chunk_entry(index).units();
  const std::uint32_t first = first_unit_of(index);
  const std::size_t records = Layout::kUnitsPerChunk / units;
  Time last_end = Time::min();
  for (std::size_t i = 0; i < records; ++i) {
    const Record record = record_at_unit(static_cast<std::uint32_t>(first + i * units));
    if (!record.is_free()) last_end = std::max(last_end, record.end_of_life());
  }
  if (last_end > now) {
    first_death = std::min(first_death, last_end);
    return std::nullopt;
  }
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i < records; ++i) {
    const Record record = record_at_unit(static_cast<std::uint32_t>(first + i * units));
    if (record.is_free()) continue;
    erase(*find(key_of(record)));
    ++forgotten;
  }
  // Out of the free list with it, then empty for whatever size comes next.
  std::uint32_t* link = &fields()->first_free[units];
  while (*link != 0) {
    auto* const next = reinterpret_cast<std::uint32_t*>(unit_at(*link));
    if (*link >= first && *link < first + Layout::kUnitsPerChunk) {
      *link = *next;
    } else {
      link = next;
    }
  }
  std::memset(unit_at(first), 0, Layout::kChunkBytes);
  chunk(index).store(0, std::memory_order_release);
  return forgotten;
}

std::size_t Shard::rebuild() {
  std::fill(places_, places_ + layout_->places_per_shard, Place{});
  std::memset(fields(), 0, sizeof(Fields));
  fields()->nothing_dead_before = ns(Time::min());
  fields()->no_chunk_before = ns(Time::min());
  std::size_t senseless = 0;
  for (std::size_t index = 0; index < layout_->chunks; ++index) {
    const Chunk entry = chunk_entry(index);
    if (!entry.is_of(number_)) continue;
    const std::uint32_t first = first_unit_of(index);
    const std::size_t units = entry.units();
    if (units < 1 || units > kMaxRecordUnits) {
      std::memset(unit_at(first), 0, Layout::kChunkBytes);
      chunk(index).store(0, std::memory_order_release);
      ++senseless;
      continue;
    }
    for (std::size_t i = Layout::kUnitsPerChunk / units; i > 0; --i) {
      const auto unit = static_cast<std::uint32_t>(first + (i - 1) * units);
      const Record record = record_at_unit(unit);
      if (record.is_free()) {
        push_free(unit, units);
        continue;
      }
      Record(record).mend(units);  // pages of a file may be of different ages after a power failure
      // A key that was on its way from one record to another has both, and each is true.
      const bool is_twin = find(key_of(record)) != nullptr;
      const bool is_good =
          record.flaw(units).empty() && number_of(record.tag(), *layout_) == number_ && !is_full();
      if (is_good && !is_twin) {
        put_into_index(unit);
        count_keys(static_cast<std::uint32_t>(keys() + 1));
      } else {
        give(unit, units);
        if (!is_twin) ++senseless;
      }
    }
  }
  return senseless;
}

bool Shard::has_in_index(const Record& record) const {
  std::size_t at = home_of(fragment_at(record.bytes()));
  for (std::size_t step = 0; step < layout_->places_per_shard; ++step, at = after(at)) {
    if (places_[at].is_free()) return false;
    if (places_[at].unit() == unit_of(record)) return true;
  }
  return false;
}

bool Shard::free_lists_are_whole() const {
  std::size_t free_records = 0;
  for (std::size_t index = 0; index < layout_->chunks; ++index) {
    const Chunk entry = chunk_entry(index);
    if (!entry.is_of(number_)) continue;
    if (entry.units() < 1 || entry.units() > kMaxRecordUnits) return false;
    free_records += Layout::kUnitsPerChunk / entry.units();
  }
  for_each([&](const Record&, std::size_t) { --free_records; });
  std::size_t listed = 0;
  for (std::size_t units = 1; units <= kMaxRecordUnits; ++units) {
    std::uint32_t unit = fields()->first_free[units];
    for (; unit != 0 && listed <= free_records; ++listed) {
      if (!has_unit(unit, units) || !record_at_unit(unit).is_free()) return false;
      std::memcpy(&unit, unit_at(unit), sizeof(unit));
    }
  }
  return listed == free_records;
}

std::size_t Shard::places_taken() const {
  return static_cast<std::size_t>(std::count_if(places_, places_ + layout_->places_per_shard,
                                                [](Place place) { return !place.is_free(); }));
}

std::size_t Shard::chunks() const {
  std::size_t mine = 0;
  for (std::size_t index = 0; index < layout_->chunks; ++index) {
    if (chunk_entry(index).is_of(number_)) ++mine;
  }
  return mine;
}

void free_stray_chunks(std::byte* table, const Layout& layout) {
  auto* const chunks = reinterpret_cast<std::uint32_t*>(table + layout.chunk_map_at);
  std::replace_if(
      chunks, chunks + layout.chunks,
      [&](std::uint32_t word) { return word >> 16 == 0 || word >> 16 > layout.shards; },
      std::uint32_t{0});
}

}  // namespace weir::store
