// RobustLocks: a shard's lock between processes, for table/table_store.h.
//
// A robust mutex of the C library (pthread_mutexattr_setrobust(3)): when a thread dies with the
// lock held, however it dies, the kernel tells the next one who takes it, and that one takes back
// what was unfinished (table/journal.h) and makes the shard's index again. A holder that is stopped
// keeps its lock: nobody can know that it will not go on. Others wait for as long as their request
// may take, and then say that the store cannot decide.
//
// Thread safety: may be used from any thread at once.
#pragma once

#include <pthread.h>

#include "base/result.h"
#include "store/table/layout.h"
#include "store/table/shard.h"

namespace weir::store {

class RobustLocks {
 public:
  static constexpr bool kHolderMayDie = true;

  RobustLocks(std::byte* table, const Layout& layout) : table_(table), layout_(layout) {}

  class Held {
   public:
    Held(pthread_mutex_t* mutex, int error) : mutex_(mutex), error_(error) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
      if (error_ == 0) ::pthread_mutex_unlock(mutex_);
    }
    explicit operator bool() const { return error_ == 0; }
    Error why_not() const;

   private:
    pthread_mutex_t* mutex_;
    int error_;
  };

  Held hold(const Shard& shard, Duration budget) const {
    pthread_mutex_t* const mutex = mutex_of(shard);
    int error = ::pthread_mutex_trylock(mutex);
    if (error != 0) [[unlikely]] {
      error = wait(shard, error, budget);
    }
    return {mutex, error};
  }
  // Spins for a moment, since holders rarely keep it for longer.
  Held try_to_hold(const Shard& shard) const { return hold(shard, Duration::zero()); }

  // Makes the lock of every shard anew. Nobody else may have them.
  Status make_all() const;
  // Takes back what was unfinished in a shard and makes its index again; the lock must be held.
  void repair(const Shard& shard) const;

 private:
  static pthread_mutex_t* mutex_of(const Shard& shard) {
    return reinterpret_cast<pthread_mutex_t*>(shard.lock());
  }
  // What comes of a first try that ended in `error`.
  int wait(const Shard& shard, int error, Duration budget) const;

  std::byte* table_;
  Layout layout_;
};

}  // namespace weir::store
