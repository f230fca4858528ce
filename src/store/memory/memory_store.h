// MemoryStore: counters in this process's memory, for any number of threads.
//
// Promise: that of table/table_store.h over all threads that use one MemoryStore; nothing over
// processes, and nothing after the process ends. All of the table is reserved address space that
// takes memory as it is touched, and keeps it.
//
// Thread safety: every member may be called from any thread at once. A shard's lock is a spin lock
// (spin_lock.h), whose acquire and release order all that the shard holds.
//
//   auto store = MemoryStore::create({.max_keys = 100'000});
//   if (!store) return tl::unexpected(store.error());
//   auto outcome = (*store)->charge({.key = key, .limit = limit, .now = clock.now()});
#pragma once

#include <memory>

#include "store/memory/reserved_memory.h"
#include "store/memory/spin_lock.h"
#include "store/table/table_store.h"

namespace weir::store {

struct MemoryStoreOptions {
  std::size_t max_keys = 1'048'576;  // 1 to MemoryStore::kMaxKeys
};

class MemoryStore final : public TableStore<SpinLocks> {
 public:
  static constexpr std::size_t kMaxKeys = Layout::kMaxKeys;

  static Result<std::unique_ptr<MemoryStore>> create(const MemoryStoreOptions& options);
  std::string_view name() const override { return "memory"; }

 private:
  MemoryStore(ReservedMemory memory, const Layout& layout)
      : TableStore(memory.data(), layout, SpinLocks()), memory_(std::move(memory)) {}

  ReservedMemory memory_;
};

}  // namespace weir::store
