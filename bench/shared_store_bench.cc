// Decisions of the shared store, by one process and by two at once, on one hot key and on a
// million. Prints one line for each case: name, processes, CPU nanoseconds per decision; then
// quantiles of single decisions in nanoseconds of real time, and the bytes that a key takes.
//
//   weir_shared_store_bench [FOLDER]   where the file is made; /dev/shm unless told
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "store/shared/shared_store.h"

namespace {

using namespace weir;

constexpr std::size_t kKeys = 1'000'000;
constexpr Duration kWindow = std::chrono::minutes(1);
constexpr Duration kAtLeast = std::chrono::milliseconds(500);

std::uint64_t next_word(std::uint64_t& state) {
  std::uint64_t word = state += 0x9E3779B97F4A7C15;
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
  word = (word ^ word >> 27) * 0x94D049BB133111EB;
  return word ^ word >> 31;
}

// The keys of bench/memory_store_bench.cc, made when they are needed: what is measured here is the
// store, not the reading of a list of keys.
Key key_number(std::uint64_t number) {
  Key key;
  std::uint64_t state = 1 + 4 * number * 0x9E3779B97F4A7C15;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t word = next_word(state);
    std::memcpy(key.bytes.data() + 8 * i, &word, sizeof(word));
  }
  return key;
}

std::uint64_t next_number(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 32) * kKeys >> 32;
}

std::int64_t cpu_ns() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_usec} * 1'000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

// Runs `decide` in each of so many processes at once, and prints what a decision took.
template <class F>
void measure(const char* name, int processes, F decide) {
  auto* const took = static_cast<std::atomic<double>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  auto* const ready = reinterpret_cast<std::atomic<int>*>(took + 16);
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process) {
    const pid_t child = ::fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    std::uint64_t random = 88172645463325252 + static_cast<std::uint64_t>(process);
    for (int i = 0; i < 200'000; ++i) decide(random);  // its own page table is filled
    ++*ready;
    while (*ready < processes) ::usleep(100);
    const Duration until = base::monotonic_now() + kAtLeast;
    const std::int64_t cpu_start = cpu_ns();
    std::int64_t decisions = 0;
    while (base::monotonic_now() < until) {
      for (int i = 0; i < 10'000; ++i) decide(random);
      decisions += 10'000;
    }
    took[process] = static_cast<double>(cpu_ns() - cpu_start) / static_cast<double>(decisions);
    ::_exit(0);
  }
  double total = 0;
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  for (int process = 0; process < processes; ++process) total += took[process];
  std::printf("%s %d %.1f\n", name, processes, total / processes);
  std::fflush(stdout);
  ::munmap(took, 4096);
}

std::unique_ptr<store::SharedStore> open(const std::string& file) {
  auto store = store::SharedStore::open({.file = file, .max_keys = 1'048'576});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
    std::exit(1);
  }
  return std::move(*store);
}

void print_bytes(const char* name, store::SharedStore& store, Time now) {
  const auto summary = store.summary(now);
  WEIR_CHECK(summary);
  const auto& layout = store.file_layout();
  const double index = static_cast<double>(layout.arena_at - layout.index_at);
  std::printf(
      "%s 1 %.1f\n", name,
      (static_cast<double>(summary->arena_taken) + index) / static_cast<double>(summary->keys));
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder = std::string(argc > 1 ? argv[1] : "/dev/shm") + "/weir-bench-XXXXXX";
  WEIR_CHECK(::mkdtemp(folder.data()) != nullptr);
  base::SystemClock clock;
  const limit::Limit window = limit::WindowLimit{100, limit::Geometry::for_window(kWindow)};
  const limit::Limit never_full =
      limit::WindowLimit{1'000'000'000, limit::Geometry::for_window(kWindow)};
  const limit::Limit gcra = limit::GcraLimit::per_window(1'000'000'000, kWindow, 1'000'000);
  {
    const auto store = open(folder + "/window.store");
    const auto hot = [&](std::uint64_t number, const limit::Limit& limit) {
      return [&, request = store::ChargeRequest{.key = key_number(number), .limit = limit}](
                 std::uint64_t&) mutable {
        request.now = clock.now();
        WEIR_CHECK(store->charge(request));
      };
    };
    for (int processes = 1; processes <= 2; ++processes) {
      measure("hot_admitted", processes, hot(kKeys + 1, never_full));
      measure("hot_refused", processes, hot(kKeys + 2, window));
      measure("hot_gcra", processes, hot(kKeys + 3, gcra));
    }
    {
      // A decision at a time, with the two readings of the clock around it.
      std::vector<std::int64_t> took(1'000'000);
      auto decide = hot(kKeys + 1, never_full);
      std::uint64_t unused = 0;
      for (std::int64_t& each : took) {
        const Duration start = base::monotonic_now();
        decide(unused);
        each = (base::monotonic_now() - start).count();
      }
      std::sort(took.begin(), took.end());
      for (const auto& [name, at] : {std::pair("p50", 0.5), {"p99", 0.99}, {"p99.9", 0.999}}) {
        std::printf("hot_%s 1 %ld\n", name,
                    took[static_cast<std::size_t>(at * static_cast<double>(took.size()))]);
      }
    }
    for (std::uint64_t number = 0; number < kKeys; ++number) {
      WEIR_CHECK(store->charge({.key = key_number(number), .limit = window, .now = clock.now()}));
    }
    print_bytes("bytes_per_key_window", *store, clock.now());
    for (int processes = 1; processes <= 2; ++processes) {
      measure("million_keys", processes, [&](std::uint64_t& random) {
        WEIR_CHECK(store->charge(
            {.key = key_number(next_number(random)), .limit = window, .now = clock.now()}));
      });
    }
  }
  {
    const auto store = open(folder + "/gcra.store");
    for (std::uint64_t number = 0; number < kKeys; ++number) {
      WEIR_CHECK(store->charge({.key = key_number(number), .limit = gcra, .now = clock.now()}));
    }
    print_bytes("bytes_per_key_gcra", *store, clock.now());
    for (int processes = 1; processes <= 2; ++processes) {
      measure("million_keys_gcra", processes, [&](std::uint64_t& random) {
        WEIR_CHECK(store->charge(
            {.key = key_number(next_number(random)), .limit = gcra, .now = clock.now()}));
      });
    }
  }
  std::filesystem::remove_all(folder);
}
