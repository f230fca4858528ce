#include "engine/open_store.h"

#include <utility>

#include "base/rng.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/memory/memory_store.h"

namespace weir::engine {
namespace {

using OpenedStore = Result<std::unique_ptr<store::Store>>;

OpenedStore open_memory_store() {
  Result<std::unique_ptr<store::MemoryStore>> store = store::MemoryStore::create({});
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<store::Store>(*std::move(store));
}

}  // namespace

OpenedStore open_store(const policy::Policy& policy, const Environment& environment, Clock& clock,
                       std::function<void(std::string_view)> warn) {
  const auto* config = std::get_if<policy::DynamoDbStore>(&policy.store);
  if (config == nullptr) return open_memory_store();
  store::DynamoDbOptions options;
  options.table = config->table;
  options.region = config->region;
  options.endpoint_url = config->endpoint;
  options.max_clock_skew = policy.clock_skew();
  options.warn = std::move(warn);
  Result<std::unique_ptr<store::DynamoDbStore>> store =
      store::open_dynamodb_store(options, environment, clock, base::entropy_seed());
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<store::Store>(*std::move(store));
}

}  // namespace weir::engine
