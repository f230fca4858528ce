#include "store/shared/robust_locks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/robust_mutex.h"
#include "base/system_clock.h"
#include "store/table/journal.h"

namespace weir::store {
namespace {

// Waits of 16 pauses of the processor, then 32, up to 128: a quarter of a microsecond to two. Long
// enough that a holder who comes back for the lock at once has it for several decisions before its
// cache line goes to another processor, which costs more than a decision.
constexpr int kTries = 24;
constexpr int kFirstPauses = 16;
constexpr int kMostPauses = 128;

void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Error RobustLocks::Held::why_not() const {
  if (error_ == ETIMEDOUT || error_ == EBUSY) {
    return fail(ErrorCode::timeout, "another process has held this counter's lock for too long",
                "look for a stopped process that uses the same store")
        .value();
  }
  return fail(ErrorCode::internal,
              std::string("this counter's lock is of no use: ") + std::strerror(error_),
              "stop all processes that use the store and run 'weir store verify'")
      .value();
}

int RobustLocks::wait(const Shard& shard, int error, Duration budget) const {
  pthread_mutex_t* const mutex = mutex_of(shard);
  int pauses = kFirstPauses;
  for (int tries = 0; tries < kTries && error == EBUSY; ++tries) {
    for (int i = 0; i < pauses; ++i) pause_processor();
    pauses = std::min(2 * pauses, kMostPauses);
    error = ::pthread_mutex_trylock(mutex);
  }
  if (error == EBUSY && budget > Duration::zero()) {
    const Duration until = base::monotonic_now() + budget;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
    timespec deadline{};
    deadline.tv_sec = seconds.count();
    deadline.tv_nsec = (until - seconds).count();
    error = ::pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &deadline);
  }
  if (error != EOWNERDEAD) return error;
  // It is ours, and so is what its dead holder left.
  repair(shard);
  return ::pthread_mutex_consistent(mutex);
}

void RobustLocks::repair(const Shard& shard) const {
  Shard repaired = shard;
  Journal(repaired).undo(repaired);
  repaired.rebuild();
  std::uint64_t keys = 0;
  for (std::size_t number = 0; number < layout_.shards; ++number) {
    keys += Shard(table_, layout_, number).keys();
  }
  table_keys(table_).store(keys, std::memory_order_relaxed);
}

Status RobustLocks::make_all() const {
  int error = 0;
  for (std::size_t number = 0; error == 0 && number < layout_.shards; ++number) {
    const Shard shard(table_, layout_, number);
    std::memset(shard.lock(), 0, 64);
    error = base::make_robust_mutex(mutex_of(shard));
  }
  if (error == 0) return {};
  return fail(
      ErrorCode::unsupported,
      std::string("this system has no robust locks between processes: ") + std::strerror(error));
}

}  // namespace weir::store
