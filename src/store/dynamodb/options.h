// What a DynamoDB store needs to be told, and where AWS's own settings fill in what it is not.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"
#include "net/url.h"
#include "weir/time.h"

namespace weir::store {

struct DynamoDbOptions {
  std::string table = "weir";
  std::string region = {};        // empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's
  std::string endpoint_url = {};  // empty: AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, the
                                  // profile's, https://dynamodb.<region>.amazonaws.com
  // The region whose copy of a replicated table counts. Empty: a table whose replicas resolve
  // conflicts by the last writer is not used at all, since each region would admit the whole limit.
  std::string authority = {};
  std::string ca_file = {};  // PEM; empty: AWS_CA_BUNDLE, else the system's store

  // The clock of this machine may be this far from DynamoDB's before `warn` hears of it. The engine
  // gives the skew that its windows allow for.
  Duration max_clock_skew = std::chrono::seconds(1);
  // Beyond this nothing is decided any more: one node far ahead would drag every key's newest slot
  // into the future.
  Duration hard_clock_skew = std::chrono::seconds(30);

  // Charge for more than one request at a time where many come, and hand the rest out without a
  // write (store/dynamodb/lease_table.h). Costs a fraction of the writes; in exchange, a node may
  // hold up to 1/8 of what is left of a limit for the length of a slot, while another refuses.
  bool leases = false;

  std::size_t max_seen_keys = 32'768;  // states remembered, at about 700 bytes each
  std::size_t max_connections = 64;

  // Hears of what an operator should mend, a sentence at a time, once for each change. May be
  // empty; called from any thread.
  std::function<void(std::string_view)> warn = {};
};

// Where requests go and for which region they are signed.
struct DynamoDbTarget {
  net::Url url;
  std::string region;
};

// Fills in region and endpoint. An endpoint given without any region is taken for an emulator's and
// signed for us-east-1.
Result<DynamoDbTarget> resolve_target(const DynamoDbOptions& options,
                                      const Environment& environment);

// 3 to 255 of a-z A-Z 0-9 _ - . (AWS: naming rules), so that a name never needs escaping.
Status check_table_name(std::string_view table);

}  // namespace weir::store
