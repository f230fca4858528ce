// Service: the policy in force, and decisions by it for all of the daemon's listeners.
//
// Promises:
// - reload() changes the policy between two decisions and keeps every counter; a policy that cannot
// be
//   used leaves the old one in force.
// - decide() never makes the calling thread wait for a network: a store that has one is asked by
//   threads of its own. How long a decision waits for one of them counts against the store's
//   budget, so that what waited too long, or has no place to wait, is decided by each rule's
//   failure policy.
//
// Thread safety: every member may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "engine/limiter.h"
#include "serve/metrics.h"
#include "serve/open_decisions.h"
#include "serve/rls/descriptor_table.h"
#include "serve/work_queue.h"
#include "weir/clock.h"

namespace weir::serve {

struct ServiceOptions {
  std::string policy_file;
  // For a store behind a network: how many decisions ask it at once.
  int store_threads = 32;
  std::string version;
};

// What decides: of one policy.
struct InForce {
  std::shared_ptr<engine::Limiter> limiter;
  std::shared_ptr<const rls::DescriptorTable> descriptors;
};

class Service {
 public:
  // Called with one line for the log, on any thread.
  using Log = std::function<void(std::string_view)>;

  // Reads the policy and opens its store. Makes no request to it yet: see check_store().
  static Result<std::unique_ptr<Service>> open(const ServiceOptions& options,
                                               const Environment& environment, Clock& clock,
                                               Log log);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Whether the store can decide; the log and weir_store_up hear of it.
  Status check_store();
  bool is_store_up() const;

  // Reads the policy file anew. Its store must be the same: another one is another daemon.
  Status reload();

  // Runs `work` with what is in force and the time that it has waited, at once or on another
  // thread. `work` must not throw.
  using Work = std::function<void(const InForce&, Duration waited)>;
  void run(Work work);

  // Whether decisions may wait for a network.
  bool store_may_wait() const { return queue_ != nullptr; }

  InForce in_force() const;
  // "3 rules, dynamodb store": what is in force, for the log.
  std::string description() const;
  OpenDecisions& open_decisions() { return open_; }
  Metrics& metrics() { return metrics_; }
  std::string metrics_text();
  // For weir_connections: `count` is asked whenever the metrics are read.
  void watch(std::string listener, std::function<std::size_t()> count);

 private:
  Service(const ServiceOptions& options, const Environment& environment, Clock& clock, Log log);
  Result<policy::Policy> read_policy() const;
  Status put_in_force(policy::Policy policy);
  void hear(const engine::Event& event);

  const ServiceOptions options_;
  const Environment environment_;
  Clock& clock_;
  const Log log_;
  Metrics metrics_;
  std::atomic<bool> store_up_ = true;
  std::shared_ptr<store::Store> store_;
  std::mutex reloading_;
  mutable std::mutex mutex_;  // guards what follows
  InForce in_force_;
  std::size_t rules_ = 0;
  std::vector<std::pair<std::string, std::function<std::size_t()>>> listeners_;
  OpenDecisions open_;
  std::unique_ptr<WorkQueue> queue_;  // null: the store is in memory, nothing waits
};

}  // namespace weir::serve
