// DynamoDbClient: one signed call to DynamoDB, and what became of it.
//
// Sends each request once. The only request that it sends a second time is one that AWS rejected
// because its temporary credentials had expired: such a request was not done.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
//
// Thread safety: call() may be called from any thread.
//
//   CallResult result = client.call("UpdateItem", body, deadline);
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/http_client.h"
#include "store/dynamodb/clock_check.h"
#include "store/dynamodb/credentials.h"
#include "store/dynamodb/options.h"
#include "store/dynamodb/sigv4.h"
#include "weir/clock.h"

namespace weir::store {

enum class Fate {
  done,              // HTTP 200; `body` is the answer
  condition_failed,  // not done; `body` may hold the old item
  not_done,          // not sent, throttled or rejected; `error` says why
  unknown,           // may have been done; `error` says why
};

struct CallResult {
  Fate fate = Fate::not_done;
  std::string body;
  Error error;
  std::string aws_error;  // "ResourceNotFoundException"; empty if none was named
};

// What the calls of one process have come to. Relaxed counters: each is exact, together they may be
// of slightly different instants.
struct DynamoDbCounters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failed_conditions{0};
  std::atomic<std::uint64_t> throttled{0};
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> not_sent{0};
};

class DynamoDbClient {
 public:
  DynamoDbClient(const DynamoDbOptions& options, DynamoDbTarget target,
                 const Environment& environment, std::unique_ptr<net::HttpCaller> http,
                 Clock& clock);

  CallResult call(std::string_view operation, std::string_view body, const net::Deadline& deadline);

  const DynamoDbTarget& target() const { return target_; }
  const std::string& table() const { return table_; }
  const ClockCheck& clock_check() const { return clock_check_; }
  const DynamoDbCounters& counters() const { return counters_; }

 private:
  CallResult send(std::string_view operation, std::string_view body, const Credentials& credentials,
                  const net::Deadline& deadline);
  CallResult classify(std::string_view operation, net::HttpResponse response) const;
  Error explain(std::string_view operation, std::string_view type, std::string_view message,
                int status) const;

  const std::string table_;
  const DynamoDbTarget target_;
  const std::unique_ptr<net::HttpCaller> http_;
  Clock& clock_;
  const SigV4Signer signer_;
  CredentialChain credentials_;
  ClockCheck clock_check_;
  DynamoDbCounters counters_;
};

// The HTTP client that a store of these options uses.
Result<std::unique_ptr<net::HttpCaller>> make_http_client(const DynamoDbOptions& options,
                                                          const Environment& environment);

}  // namespace weir::store
