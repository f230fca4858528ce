// DynamoDbStore: counters in one DynamoDB table, shared by any number of machines.
//
// Promises, besides those of store.h:
// - An admission costs one conditional UpdateItem in the steady state, a refusal that is already
//   known here none. There is never a read before a write, except on a table that does not send the
//   old item back after a failed condition (only the dynalite emulator is known not to).
// - charge() ends after at most Charging::kMaxRoundTrips requests and by the request's budget.
// - A write whose outcome is unknown (no answer in 3/4 of the time that is left, a broken
//   connection, a 5xx answer) is sent once more; if its outcome cannot be told then, it counts as
//   applied and ends in an Error. It may take an admission away; it never adds one. A give-back is
//   sent once.
// - Throttled and unsent writes were not applied: they are tried again with full jitter inside the
//   budget.
// - Nothing is decided while this machine's clock is further from DynamoDB's than the hard bound.
//
// Thread safety: every member may be called from any thread. After a fork the child may use a store
// that no thread of its parent was using at that moment.
//
//   Result<std::unique_ptr<DynamoDbStore>> store = open_dynamodb_store({}, environment, clock,
//   seed); Status ready = (*store)->check(std::chrono::seconds(2)); Result<ChargeOutcome> outcome =
//   (*store)->charge(request);
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/environment.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "store/dynamodb/charging.h"
#include "store/dynamodb/client.h"
#include "store/dynamodb/lease_table.h"
#include "store/dynamodb/options.h"
#include "store/dynamodb/seen_states.h"
#include "store/dynamodb/write_ids.h"
#include "store/store.h"
#include "weir/clock.h"

namespace weir::store {

class DynamoDbStore final : public Store {
 public:
  // What the store has done, for metrics and benchmarks. write_units: as DynamoDB reports them,
  // plus one for each failed condition, which it bills but does not report.
  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t admitted = 0;         // all of them
    std::uint64_t admitted_leased = 0;  // those of them that cost no request
    std::uint64_t refused_locally = 0;
    std::uint64_t refused_by_store = 0;
    std::uint64_t failed_conditions = 0;
    std::uint64_t throttled = 0;
    std::uint64_t unknown = 0;
    double write_units = 0;
    double read_units = 0;
  };

  // Use open_dynamodb_store(). leases: null for none.
  DynamoDbStore(const DynamoDbOptions& options, std::unique_ptr<DynamoDbClient> client,
                std::unique_ptr<LeaseTable> leases, std::uint64_t seed);

  Result<ChargeOutcome> charge(const ChargeRequest& request) override;
  std::optional<ChargeOutcome> known_refusal(const ChargeRequest& request) override;
  std::optional<ChargeOutcome> charge_paid(const ChargeRequest& request) override;
  Status give_back(const ChargeRequest& request, std::int64_t slot) override;
  // Needs the right to dynamodb:DeleteItem, which deciding does not.
  Result<bool> forget(const Key& key, Duration budget) override;
  std::string_view name() const override { return "dynamodb"; }

  // Whether the table, its key, the credentials and the clock are right: one write unit, nothing
  // changed. The first charge() of a process does this by itself, but inside its budget: whoever
  // calls it before spares that charge the first connection.
  Status check(Duration budget) override;

  Counts counts() const;
  std::optional<ClockCheck::Skew> clock_skew() const { return client_->clock_check().skew(); }

 private:
  std::optional<ChargeOutcome> take_paid(const ChargeRequest& request);
  Status trust(const net::Deadline& deadline);
  Status send_check(const net::Deadline& deadline);
  void look_for_replicas(const net::Deadline& deadline);
  // Why nothing may be decided at present, as far as is known.
  Status standing() const;
  CallResult call(std::string_view operation, std::string_view body, const net::Deadline& deadline);
  WriteAnswer send(const ConditionalUpdate& write, const net::Deadline& deadline);
  WriteAnswer read_instead(const Key& key, const net::Deadline& deadline);
  // False when the deadline would come first.
  bool pause(Duration at_most, const net::Deadline& deadline);
  void renew_after_fork();
  void watch_clock();

  const DynamoDbOptions options_;
  const std::unique_ptr<DynamoDbClient> client_;
  const std::unique_ptr<LeaseTable> leases_;  // null: no leases
  SeenStates seen_;
  WriteIds write_ids_;
  std::atomic<pid_t> process_;  // that the numbers of the writes are for

  std::mutex rng_mutex_;
  Rng rng_;

  std::timed_mutex checking_;  // held while a check is under way; guards next_check_
  Duration next_check_{};      // by monotonic time
  // An answer has come, its date was close enough, and no replica loses what is counted.
  std::atomic<bool> is_trusted_{false};
  std::atomic<bool> loses_counts_{false};
  std::atomic<bool> skew_reported_{false};

  // Whether failed conditions bring the old item, as far as is known.
  enum class OldItem { unknown, comes, never_comes };
  std::atomic<OldItem> old_item_{OldItem::unknown};

  std::atomic<std::uint64_t> admitted_{0};
  std::atomic<std::uint64_t> admitted_leased_{0};
  std::atomic<std::uint64_t> refused_locally_{0};
  std::atomic<std::uint64_t> refused_by_store_{0};
  std::atomic<std::uint64_t> write_milliunits_{0};
  std::atomic<std::uint64_t> read_milliunits_{0};
};

// Makes no request. `clock` must outlive the store. `seed` must be this node's own, drawn at
// random: two nodes with the same one would take each other's writes for theirs.
Result<std::unique_ptr<DynamoDbStore>> open_dynamodb_store(const DynamoDbOptions& options,
                                                           const Environment& environment,
                                                           Clock& clock, std::uint64_t seed);

}  // namespace weir::store
