#include "engine/open_store.h"

#include "store/memory/memory_store.h"

namespace weir::engine {

Result<std::unique_ptr<store::Store>> open_store(const policy::StoreConfig& config,
                                                 const Environment& /*environment*/,
                                                 Clock& /*clock*/) {
  if (std::holds_alternative<policy::MemoryStore>(config)) {
    Result<std::unique_ptr<store::MemoryStore>> store = store::MemoryStore::create({});
    if (!store) return tl::unexpected(store.error());
    return std::unique_ptr<store::Store>(*std::move(store));
  }
  return fail(ErrorCode::unsupported, "this build has no DynamoDB store");
}

}  // namespace weir::engine
