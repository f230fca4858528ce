#include "store/memory/memory_store.h"

#include <bit>

namespace weir::store {
namespace {

std::size_t pool_of(RecordShape shape) {
  return (shape.record_size() - kRecordHeader) / kRecordUnit;
}

bool is_window(const ChargeRequest& request) {
  return std::holds_alternative<limit::WindowLimit>(request.limit) && is_valid(request);
}

std::size_t record_size_in(std::size_t pool) {
  return kRecordHeader + pool * kRecordUnit;
}

}  // namespace

Result<std::unique_ptr<MemoryStore>> MemoryStore::create(const MemoryStoreOptions& options) {
  if (options.max_keys < 1 || options.max_keys > kMaxKeys) {
    return fail(ErrorCode::invalid_input,
                "the memory store cannot keep " + std::to_string(options.max_keys) + " keys",
                "max_keys is 1 to " + std::to_string(kMaxKeys));
  }
  std::unique_ptr<MemoryStore> store(new MemoryStore(options.max_keys));
  auto index = ReservedMemory::of(store->shards_.size() * store->places_per_shard_ * sizeof(Place),
                                  ReservedMemory::Pages::ordinary);
  if (!index) return tl::unexpected(index.error());
  store->index_ = std::move(*index);
  return store;
}

MemoryStore::MemoryStore(std::size_t max_keys)
    : max_keys_(max_keys),
      shards_(std::min(kMaxShards,
                       std::bit_floor(std::max(max_keys / kKeysPerShard, std::size_t{1})))) {
  // Uniform keys give a shard its share plus or minus the share's root: a quarter more and 64 is
  // never reached. Of the places of a full index about 7 in 10 are then taken.
  const std::size_t share = (max_keys + shards_.size() - 1) / shards_.size();
  records_per_shard_ = shards_.size() == 1 ? share : share + share / 4 + 64;
  places_per_shard_ = records_per_shard_ + records_per_shard_ / 8 + 8;
}

Result<ChargeOutcome> MemoryStore::charge(const ChargeRequest& request) {
  if (!is_window(request)) return tl::unexpected(expect_window(request).error());
  Shard& shard = shard_of(request.key);
  // Taking a lock waits for what was read before it; this is not waited for.
  __builtin_prefetch(places_of(shard) + home_of(fragment_of(request.key)));
  {
    const std::lock_guard lock(shard.lock);
    if (Place* const place = find(shard, request.key)) {
      return charge_found(shard, *place, request);
    }
  }
  return charge_new(shard, request);
}

std::optional<ChargeOutcome> MemoryStore::known_refusal(const ChargeRequest& request) {
  if (!is_window(request)) return std::nullopt;
  Shard& shard = shard_of(request.key);
  const std::lock_guard lock(shard.lock);
  const Place* const place = find(shard, request.key);
  if (place == nullptr) return std::nullopt;
  const Record record = record_at(*place);
  const limit::Geometry& geometry = window_of(request).geometry;
  // A record of another geometry is first moved by a charge.
  if (record.shape().geometry() != geometry) return std::nullopt;
  const limit::Charge charge = record.with_window(geometry, [&](auto window) {
    return limit::peek(window, window_of(request), request.now, request.cost);
  });
  if (charge.admitted) return std::nullopt;
  return ChargeOutcome{.charge = charge, .local = true};
}

Status MemoryStore::give_back(const ChargeRequest& request, std::int64_t slot) {
  if (Status valid = expect_window(request); !valid) return valid;
  Shard& shard = shard_of(request.key);
  const std::lock_guard lock(shard.lock);
  const Place* const place = find(shard, request.key);
  if (place == nullptr) return {};
  Record record = record_at(*place);
  // A slot of another geometry means nothing here: the charge stays.
  if (record.shape().geometry() != window_of(request).geometry) return {};
  record.give_back(slot, request.cost);
  shard.nothing_dead_before = std::min(shard.nothing_dead_before, record.end_of_life());
  return {};
}

std::uint32_t MemoryStore::fragment_of(const Key& key) {
  std::uint32_t fragment = 0;
  std::memcpy(&fragment, key.bytes.data() + sizeof(KeyTag), sizeof(fragment));
  return fragment;
}

Record MemoryStore::record_at(Place place) const {
  std::byte* const pool = pools_[place.pool()].load(std::memory_order_acquire);
  return Record(pool + place.number() * record_size_in(place.pool()));
}

MemoryStore::Place* MemoryStore::find(const Shard& shard, const Key& key) const {
  const std::uint32_t fragment = fragment_of(key);
  Place* const places = places_of(shard);
  // Ends at a free place: there are more places than records.
  for (std::size_t at = home_of(fragment); !places[at].is_free(); at = after(at)) {
    if (places[at].fragment() != fragment) continue;
    const Record record = record_at(places[at]);
    if (record.has_tag_of(key)) return &places[at];
  }
  return nullptr;
}

Result<ChargeOutcome> MemoryStore::charge_found(Shard& shard, Place& place,
                                                const ChargeRequest& request) {
  const RecordShape shape = RecordShape::for_limit(window_of(request));
  if (!record_at(place).shape().holds(shape)) {
    if (Status moved = reshape(shard, place, request, shape); !moved) {
      return tl::unexpected(std::move(moved.error()));
    }
  }
  return record_at(place).with_window(
      window_of(request).geometry, [&](auto window) -> Result<ChargeOutcome> {
        return ChargeOutcome{limit::charge(window, window_of(request), request.now, request.cost)};
      });
}

// The key's limit needs wider counts or another geometry than its record has.
Status MemoryStore::reshape(Shard& shard, Place& place, const ChargeRequest& request,
                            RecordShape shape) {
  Record record = record_at(place);
  const limit::Geometry from = record.shape().geometry();
  limit::WindowState state = record.state();
  if (from != shape.geometry()) {
    state = limit::migrate(state, from, shape.geometry(), request.now);
  }
  // What is counted already may be more than the new limit.
  shape = RecordShape::for_limit({std::max(window_of(request).n, state.total), shape.geometry()});
  const auto number = take_record(shard, pool_of(shape));
  if (!number) return tl::unexpected(number.error());
  return_record(shard, place);
  place = Place::of(place.fragment(), pool_of(shape), *number);
  record_at(place).write(request.key, shape, state);
  shard.nothing_dead_before = std::min(shard.nothing_dead_before, record_at(place).end_of_life());
  return {};
}

Result<ChargeOutcome> MemoryStore::charge_new(Shard& shard, const ChargeRequest& request) {
  limit::WindowState state;
  const limit::Charge charge = limit::charge(state.ref(window_of(request).geometry),
                                             window_of(request), request.now, request.cost);
  if (!charge.admitted) return ChargeOutcome{charge};  // it never will be: it needs no record
  const auto full = [&] {
    return fail(ErrorCode::limit_exceeded,
                "the memory store is full: each of its " + std::to_string(max_keys_) +
                    " keys has live counts, and to forget one would admit more than its limit",
                "raise max_keys, or look for a client that makes up identifiers");
  };
  if (!reserve_key(request.now)) return full();

  const std::lock_guard lock(shard.lock);
  // Somebody else may have been faster.
  if (Place* const place = find(shard, request.key)) {
    keys_.fetch_sub(1, std::memory_order_relaxed);
    return charge_found(shard, *place, request);
  }
  if (shard.keys == records_per_shard_) {
    // Only for keys that are not uniform: this shard is full before the store is.
    keys_.fetch_sub(1, std::memory_order_relaxed);
    if (!forget_a_dead_key(shard, request.now)) return full();
  }
  const RecordShape shape = RecordShape::for_limit(window_of(request));
  const auto number = take_record(shard, pool_of(shape));
  if (!number) {
    keys_.fetch_sub(1, std::memory_order_relaxed);
    return tl::unexpected(number.error());
  }
  insert(shard, fragment_of(request.key), pool_of(shape), *number);
  Record record = record_at(Place::of(0, pool_of(shape), *number));
  record.write(request.key, shape, state);
  shard.nothing_dead_before = std::min(shard.nothing_dead_before, record.end_of_life());
  return ChargeOutcome{charge};
}

// Counts one key more, in the place of a dead one if need be. False if every key is live.
bool MemoryStore::reserve_key(Time now) {
  std::size_t keys = keys_.load(std::memory_order_relaxed);
  while (keys < max_keys_) {
    if (keys_.compare_exchange_weak(keys, keys + 1, std::memory_order_relaxed)) return true;
  }
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.lock);
    if (forget_a_dead_key(shard, now)) return true;
  }
  return false;
}

void MemoryStore::insert(Shard& shard, std::uint32_t fragment, std::size_t pool,
                         std::size_t number) {
  Place* const places = places_of(shard);
  std::size_t at = home_of(fragment);
  while (!places[at].is_free()) at = after(at);
  places[at] = Place::of(fragment, pool, number);
  ++shard.keys;
}

// Linear probing without tombstones: what follows the hole moves up, as far as its home allows
// (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
void MemoryStore::erase(Shard& shard, std::size_t place) {
  Place* const places = places_of(shard);
  return_record(shard, places[place]);
  const auto distance = [&](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + places_per_shard_ - from;
  };
  std::size_t hole = place;
  for (std::size_t at = after(hole); !places[at].is_free(); at = after(at)) {
    if (distance(home_of(places[at].fragment()), at) >= distance(hole, at)) {
      places[hole] = places[at];
      hole = at;
    }
  }
  places[hole] = {};
  --shard.keys;
}

// By the caller's clock, as every decision. A clock that is ahead by the skew that the geometry
// allows for is still right: what it calls dead was charged more than W ago in real time.
bool MemoryStore::forget_a_dead_key(Shard& shard, Time now) {
  if (now < shard.nothing_dead_before) return false;
  const Place* const places = places_of(shard);
  Time first_death = Time::max();
  for (std::size_t steps = 0; steps < places_per_shard_; ++steps) {
    shard.hand = static_cast<std::uint32_t>(after(shard.hand));
    if (places[shard.hand].is_free()) continue;
    const Time death = record_at(places[shard.hand]).end_of_life();
    if (death <= now) {
      erase(shard, shard.hand);
      return true;
    }
    first_death = std::min(first_death, death);
  }
  shard.nothing_dead_before = first_death;
  return false;
}

Result<std::size_t> MemoryStore::take_record(Shard& shard, std::size_t pool) {
  if (pools_[pool].load(std::memory_order_acquire) == nullptr) {
    if (Status mapped = map_pool(pool); !mapped) return tl::unexpected(mapped.error());
  }
  PoolPart& part = shard.parts[pool];
  if (part.first_free == 0) {
    if (part.next == part.end) {
      part.next = static_cast<std::uint32_t>(
          records_handed_out_[pool].fetch_add(kRecordsPerChunk, std::memory_order_relaxed));
      part.end = part.next + kRecordsPerChunk;
      WEIR_CHECK(part.end <= pool_capacity());
    }
    return part.next++;
  }
  const std::size_t number = part.first_free - 1;
  std::byte* const bytes =
      pools_[pool].load(std::memory_order_acquire) + number * record_size_in(pool);
  std::memcpy(&part.first_free, bytes, sizeof(part.first_free));
  return number;
}

void MemoryStore::return_record(Shard& shard, Place place) {
  PoolPart& part = shard.parts[place.pool()];
  std::byte* const bytes = pools_[place.pool()].load(std::memory_order_acquire) +
                           place.number() * record_size_in(place.pool());
  std::memcpy(bytes, &part.first_free, sizeof(part.first_free));
  part.first_free = static_cast<std::uint32_t>(place.number() + 1);
}

Status MemoryStore::map_pool(std::size_t pool) {
  const std::lock_guard lock(mapping_);
  if (pools_[pool].load(std::memory_order_relaxed) != nullptr) return {};
  auto memory =
      ReservedMemory::of(pool_capacity() * record_size_in(pool), ReservedMemory::Pages::huge);
  if (!memory) return tl::unexpected(memory.error());
  pool_memory_[pool] = std::move(*memory);
  pools_[pool].store(pool_memory_[pool].data(), std::memory_order_release);
  return {};
}

}  // namespace weir::store
