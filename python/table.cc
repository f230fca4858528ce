#include "table.h"

#include <memory>
#include <utility>

#include "base/system_clock.h"

namespace weir::python {
namespace {

constexpr Duration kDescribeBudget = std::chrono::seconds(10);
constexpr Duration kCreateBudget = std::chrono::minutes(2);

}  // namespace

Result<std::optional<store::TableInfo>> table_of(const policy::Policy& policy,
                                                 const Environment& environment, bool create) {
  const auto* config = std::get_if<policy::DynamoDbStore>(&policy.store);
  if (config == nullptr) return std::nullopt;
  store::DynamoDbOptions options;
  options.table = config->table;
  options.region = config->region;
  options.endpoint_url = config->endpoint;
  const Result<store::DynamoDbTarget> target = store::resolve_target(options, environment);
  if (!target) return tl::unexpected(target.error());
  Result<std::unique_ptr<net::HttpCaller>> http = store::make_http_client(options, environment);
  if (!http) return tl::unexpected(http.error());
  base::SystemClock clock;
  store::DynamoDbClient client(options, *target, environment, *std::move(http), clock);
  Result<store::TableInfo> table =
      create ? store::create_table(client, net::Deadline::in(kCreateBudget))
             : store::describe_table(client, net::Deadline::in(kDescribeBudget));
  if (!table) return tl::unexpected(table.error());
  return *std::move(table);
}

}  // namespace weir::python
