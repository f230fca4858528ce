// SharedStore: counters in a file that all processes of one machine share: gunicorn's workers, a
// daemon, a cron job. No server.
//
// Promise: that of table/table_store.h over all threads and processes that have the file open. What
// was admitted stays counted when processes end, however they end and whenever (a kill at any
// instruction included), and over a reboot, as counters are in real time. After a power failure the
// file is as old as what had reached the disk.
//
// A record takes part in a decision under the lock of its shard. A process that is stopped with
// such a lock held makes those who need it wait for their request's budget, and then answer with
// Error{timeout}.
//
// The file is made if it is not there: all its blocks, for its owner only. See shared/file.h for
// its layout. It may be opened before or after a fork.
//
// Thread safety: every member may be called from any thread at once.
//
//   auto store = SharedStore::open({.file = "/run/shop/weir.store", .max_keys = 100'000});
//   if (!store) return tl::unexpected(store.error());
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/shared/file.h"
#include "store/shared/robust_locks.h"
#include "store/table/table_store.h"

namespace weir::store {

struct SharedStoreOptions {
  std::string file;
  std::size_t max_keys = 131'072;  // of a file that is made; 1 to Layout::kMaxKeys
  SharedFile::Missing missing = SharedFile::Missing::create;
  // Whether the first who opens it mends what it finds; not for those who want to see it.
  bool mend = true;
};

// What a store holds, for people.
struct StoreSummary {
  std::size_t max_keys = 0;
  std::size_t keys = 0;
  std::size_t live = 0;
  std::size_t bytes = 0;        // of the file
  std::size_t arena = 0;        // bytes of it that are for records
  std::size_t arena_taken = 0;  // bytes of chunks that are in use
};
struct KeyLine {
  KeyTag tag{};
  Algorithm algorithm{};
  std::size_t bytes = 0;
  Time live_until{};  // past or Time::min(): nothing is live
};

class SharedStore final : public TableStore<RobustLocks> {
 public:
  static Result<std::unique_ptr<SharedStore>> open(const SharedStoreOptions& options);
  std::string_view name() const override { return "shared"; }

  std::string_view pepper() const override {
    return {reinterpret_cast<const char*>(file_.pepper().data()), file_.pepper().size()};
  }
  // How many keys the file has room for, which may differ from what was asked for.
  std::size_t max_keys() const { return layout().max_keys; }
  const Layout& file_layout() const { return layout(); }

  // What follows takes one shard's lock after the other, and waits for each for this long.
  Result<StoreSummary> summary(Time now);
  // Calls f for every key.
  Status for_each_key(const std::function<void(const KeyLine&)>& f);
  // What is wrong with the file, a sentence each, kMaxFlaws at most.
  Result<std::vector<std::string>> flaws();
  // Forgets all keys. Answers how many.
  Result<std::size_t> forget_all();

  static constexpr std::size_t kMaxFlaws = 100;

 private:
  explicit SharedStore(SharedFile file)
      : TableStore(file.data(), file.layout(), RobustLocks(file.data(), file.layout())),
        file_(std::move(file)) {}
  template <class F>
  Status with_each_shard(F f);

  SharedFile file_;
};

}  // namespace weir::store
