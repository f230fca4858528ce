// Decisions of the memory store: one hot key and a million keys, on one and two threads.
//
// bench/rust and bench/go-rate do the same, step by step: the same 32-byte keys, the same order
// of keys, the same limits. Their libraries read a clock inside each decision, so ours is read once
// for each decision too; the cases called *_no_clock show the store alone.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/system_clock.h"
#include "store/memory/memory_store.h"

namespace {

using namespace weir;

constexpr std::size_t kKeys = 1'000'000;
constexpr Duration kWindow = std::chrono::minutes(1);

// SplitMix64: 32 bytes a key, the same in all three programs.
std::uint64_t next_word(std::uint64_t& state) {
  std::uint64_t word = state += 0x9E3779B97F4A7C15;
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
  word = (word ^ word >> 27) * 0x94D049BB133111EB;
  return word ^ word >> 31;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> made(kKeys);
    std::uint64_t state = 1;
    for (Key& key : made) {
      for (std::size_t i = 0; i < 4; ++i) {
        const std::uint64_t word = next_word(state);
        std::memcpy(key.bytes.data() + 8 * i, &word, sizeof(word));
      }
    }
    return made;
  }();
  return all;
}

// Which key is next: xorshift64, spread over the keys by multiplication.
std::size_t next_key(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 32) * kKeys >> 32;
}

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::unique_ptr<store::MemoryStore> open_store() {
  auto store = store::MemoryStore::create({});
  WEIR_CHECK(store);
  return std::move(*store);
}

store::MemoryStore& hot_store() {
  static const auto store = open_store();
  return *store;
}

base::SystemClock& system_clock() {
  static base::SystemClock clock;
  return clock;
}

// A million keys, each charged once; and what a key took.
struct Million {
  Million() : store(open_store()) {
    keys();
    const std::int64_t before = resident_bytes();
    const limit::WindowLimit limit{100, limit::Geometry::for_window(kWindow)};
    for (const Key& key : keys()) {
      WEIR_CHECK(store->charge({.key = key, .limit = limit, .now = system_clock().now()}));
    }
    bytes_per_key = static_cast<double>(resident_bytes() - before) / kKeys;
  }
  std::unique_ptr<store::MemoryStore> store;
  double bytes_per_key = 0;
};

Million& million() {
  static Million filled;
  return filled;
}

enum class Reads { clock_each_time, clock_once };

void hot_key(benchmark::State& state, std::int64_t n, Reads reads) {
  store::ChargeRequest request{.key = keys()[0],
                               .limit = limit::WindowLimit{n, limit::Geometry::for_window(kWindow)},
                               .now = system_clock().now()};
  store::MemoryStore& store = hot_store();
  weir::Clock& system = system_clock();
  request.key.bytes[0] = static_cast<std::byte>(n % 251);  // each limit has a key of its own
  for (auto _ : state) {
    if (reads == Reads::clock_each_time) request.now = system.now();
    benchmark::DoNotOptimize(store.charge(request));
  }
  state.SetItemsProcessed(state.iterations());
}

void million_keys(benchmark::State& state, Reads reads) {
  store::MemoryStore& store = *million().store;
  store::ChargeRequest request{
      .key = {},
      .limit = limit::WindowLimit{100, limit::Geometry::for_window(kWindow)},
      .now = system_clock().now()};
  weir::Clock& system = system_clock();
  const std::vector<Key>& all = keys();
  std::uint64_t random = 88172645463325252 + static_cast<std::uint64_t>(state.thread_index());
  for (auto _ : state) {
    request.key = all[next_key(random)];
    if (reads == Reads::clock_each_time) request.now = system.now();
    benchmark::DoNotOptimize(store.charge(request));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_key"] =
      benchmark::Counter(million().bytes_per_key, benchmark::Counter::kAvgThreads);
}

constexpr std::int64_t kNeverFull = 1'000'000'000;
constexpr std::int64_t kSoonFull = 100;

BENCHMARK_CAPTURE(hot_key, admitted, kNeverFull, Reads::clock_each_time)
    ->ThreadRange(1, 2)
    ->UseRealTime();
BENCHMARK_CAPTURE(hot_key, refused, kSoonFull, Reads::clock_each_time)
    ->ThreadRange(1, 2)
    ->UseRealTime();
BENCHMARK_CAPTURE(million_keys, mixed, Reads::clock_each_time)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(hot_key, admitted_no_clock, kNeverFull, Reads::clock_once)->UseRealTime();
BENCHMARK_CAPTURE(hot_key, refused_no_clock, kSoonFull, Reads::clock_once)->UseRealTime();
BENCHMARK_CAPTURE(million_keys, no_clock, Reads::clock_once)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
