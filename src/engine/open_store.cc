#include "engine/open_store.h"

#include <utility>

#include "base/rng.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/memory/memory_store.h"
#include "store/shared/shared_store.h"

namespace weir::engine {
namespace {

using OpenedStore = Result<std::unique_ptr<store::Store>>;

OpenedStore open_memory_store() {
  Result<std::unique_ptr<store::MemoryStore>> store = store::MemoryStore::create({});
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<store::Store>(*std::move(store));
}

OpenedStore open_shared_store(const policy::SharedStore& config,
                              const std::function<void(std::string_view)>& warn) {
  const auto max_keys = static_cast<std::size_t>(config.max_keys);
  auto store = store::SharedStore::open({.file = config.file, .max_keys = max_keys});
  if (!store) return tl::unexpected(store.error());
  if ((*store)->max_keys() != max_keys && warn) {
    warn(config.file + " was made for " + std::to_string((*store)->max_keys()) +
         " keys, not the policy's " + std::to_string(max_keys) +
         ". To change that, stop all processes that use it and remove it; they then start with "
         "empty counters");
  }
  return std::unique_ptr<store::Store>(*std::move(store));
}

}  // namespace

OpenedStore open_store(const policy::Policy& policy, const Environment& environment, Clock& clock,
                       std::function<void(std::string_view)> warn) {
  if (const auto* shared = std::get_if<policy::SharedStore>(&policy.store)) {
    return open_shared_store(*shared, warn);
  }
  const auto* config = std::get_if<policy::DynamoDbStore>(&policy.store);
  if (config == nullptr) return open_memory_store();
  store::DynamoDbOptions options;
  options.table = config->table;
  options.region = config->region;
  options.endpoint_url = config->endpoint;
  options.max_clock_skew = policy.clock_skew();
  options.authority = config->authority;
  options.leases = config->leases;
  options.warn = std::move(warn);
  Result<std::unique_ptr<store::DynamoDbStore>> store =
      store::open_dynamodb_store(options, environment, clock, base::entropy_seed());
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<store::Store>(*std::move(store));
}

}  // namespace weir::engine
