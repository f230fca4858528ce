// The table: making it, looking at it, and the least that IAM must allow.
//
// Thread safety: the functions may be called from any thread with one client.
//
//   Result<TableInfo> table = create_table(client, Deadline::in(std::chrono::minutes(2)));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "store/dynamodb/client.h"

namespace weir::store {

struct TableInfo {
  std::string name;
  std::string status;  // "ACTIVE"
  std::string arn;
  std::string billing;                                   // "PAY_PER_REQUEST", "PROVISIONED"
  std::vector<std::pair<std::string, std::string>> key;  // name and type of each key attribute
  std::string ttl_attribute;                             // empty: TTL is off or unknown
  bool loses_counts = false;       // it has replicas that resolve conflicts by the last writer
  std::string ttl_status;          // "ENABLED", "ENABLING", "DISABLED"; empty: could not be asked
  std::vector<std::string> notes;  // what works but an operator should know, a sentence each
};

// Creates the table if it does not exist (on demand, partition key k of type B), waits until it is
// active, and turns TTL on. An existing table is checked, and only its TTL is changed.
Result<TableInfo> create_table(DynamoDbClient& client, const net::Deadline& deadline);

// Whether the table has replicas that resolve conflicts by the last writer, which loses counts. An
// Error if that could not be asked.
Result<bool> loses_counts(DynamoDbClient& client, const net::Deadline& deadline);

// An Error if it does not exist or its key is not Weir's.
Result<TableInfo> describe_table(DynamoDbClient& client, const net::Deadline& deadline);

// IAM policies as JSON: what a limiter needs, and what `weir table` needs. `arn` may be empty.
std::string limiter_policy(std::string_view arn, std::string_view region, std::string_view table);
std::string admin_policy(std::string_view arn, std::string_view region, std::string_view table);

}  // namespace weir::store
