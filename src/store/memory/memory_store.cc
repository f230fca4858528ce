#include "store/memory/memory_store.h"

namespace weir::store {
namespace {

// Room for every key's exact window in each of the sizes that one can have, which is what a policy
// that changes may leave behind. Only address space until it is used.
constexpr std::size_t kBytesPerKey = 64 + 96 + 128 + 160 + 192 + 288 + 544;

}  // namespace

Result<std::unique_ptr<MemoryStore>> MemoryStore::create(const MemoryStoreOptions& options) {
  if (options.max_keys < 1 || options.max_keys > kMaxKeys) {
    return fail(ErrorCode::invalid_input,
                "the memory store cannot keep " + std::to_string(options.max_keys) + " keys",
                "max_keys is 1 to " + std::to_string(kMaxKeys));
  }
  const Layout layout = Layout::of(options.max_keys, kBytesPerKey, kMaxRecordUnits, false);
  // Index and arena are where decisions miss the cache. The index of a small table is not worth a
  // huge page.
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const bool is_large = layout.arena_at - layout.index_at >= kHugePage;
  auto memory = ReservedMemory::of(layout.bytes, is_large ? layout.index_at : layout.arena_at);
  if (!memory) return tl::unexpected(memory.error());
  return std::unique_ptr<MemoryStore>(new MemoryStore(std::move(*memory), layout));
}

}  // namespace weir::store
