// Scenario: everything that a simulated run depends on, as plain data.
//
// A seed gives a scenario; what is left of one after shrinking is written as changes to the
// scenario of its seed, so that one short command line replays it.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "weir/time.h"

namespace weir::sim {

enum class Algorithm { exact_window, gcra, fixed_window, distinct, concurrency };
std::string_view name_of(Algorithm algorithm);

// Where the counters lie.
enum class StoreKind {
  dynamodb,  // the product's plans and core over the model of DynamoDB
  ideal,     // limit::charge() in one place, as a server would run it: for the algorithms alone
};

// What goes wrong. Each can be left out of a scenario without changing anything else in it.
enum class Fault {
  lost_request,   // never arrives; the node waits until its deadline
  lost_answer,    // applied, and nobody is told
  late_request,   // arrives after the node has given up, up to ten budgets later
  duplicate,      // a charge arrives twice
  reset,          // the connection breaks at once; it may have been applied
  not_sent,       // connection refused
  throttled,      // not applied, and says so
  error_before,   // HTTP 500, not applied
  error_after,    // HTTP 500, applied
  slow,           // answers take up to two budgets
  crash,          // a node loses all that it knows, and starts again
  pause,          // a node is suspended and goes on later, in the middle of what it did
  clock_step,     // a node's clock jumps, within its error
  clock_drift,    // a node's clock runs fast or slow, within its error
  policy_change,  // another N, W, burst: node by node
  expiry,         // the table deletes what is past its time to live, at last
  give_back,      // a request that was admitted turns out not to be wanted
};
inline constexpr int kFaults = 17;
std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);

class FaultSet {
 public:
  static FaultSet all() { return FaultSet((1U << kFaults) - 1); }
  FaultSet() = default;

  bool has(Fault fault) const { return (bits_ >> static_cast<int>(fault) & 1U) != 0; }
  void add(Fault fault) { bits_ |= 1U << static_cast<int>(fault); }
  void remove(Fault fault) { bits_ &= ~(1U << static_cast<int>(fault)); }
  bool is_empty() const { return bits_ == 0; }

  friend bool operator==(const FaultSet&, const FaultSet&) = default;

 private:
  explicit FaultSet(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

// The numbers of one rule at one time.
struct Numbers {
  std::int64_t n = 1;  // N or M
  Duration window{};   // W; concurrency: how long a request may take
  std::int64_t burst = 1;
};

struct Rule {
  Algorithm algorithm = Algorithm::exact_window;
  int keys = 1;
  std::vector<Numbers> versions;  // the first is in force at the start
};

// Something that happens to a node, or to all, at an instant of real time.
struct Disturbance {
  Fault kind = Fault::crash;
  Duration at{};  // since the start
  int node = 0;
  Duration length{};       // of a pause or an outage
  std::int64_t value = 0;  // clock_step: offset in ns. clock_drift: parts per million.
                           // policy_change: rule * 16 + version
};

struct Scenario {
  std::uint64_t seed = 0;
  StoreKind store = StoreKind::dynamodb;
  int nodes = 1;
  std::vector<Rule> rules;  // a request must pass all, in this order
  std::uint32_t arrivals = 0;
  Duration mean_gap{};     // between arrivals
  int max_burst = 1;       // requests in one arrival
  Duration clock_error{};  // e: no clock is further from real time
  // What clocks may be off beyond e. Not of any seed: for showing that the promise ends where it
  // says.
  Duration clock_excess{};
  Duration budget{};   // d: how long a charge may take
  Duration latency{};  // of one message, as a rule
  FaultSet faults;
  std::int64_t faults_per_mille = 0;  // of messages, for each kind
  std::vector<Disturbance> disturbances;
  std::size_t remembers = 4096;  // keys that a node has room for
  bool leases = false;           // nodes charge ahead and hand out by themselves
  int actors = 60;               // that ask; each one's keys are its number modulo a rule's keys
  // No faults, one policy and always more demand than room: liveness and cost can be held to
  // account.
  bool is_steady = false;
  bool is_judged = true;  // or only measured, which takes less memory

  // What shrinking has left of it, by number and in order; nullopt: all.
  std::optional<std::vector<std::uint32_t>> only_requests;  // request_number() of each
  std::optional<std::vector<std::uint32_t>> only_disturbances;

  // What the windows are stretched for, as docs/limiter.md says: 2e + d, as an error of each clock.
  Duration stretch() const { return clock_error + (budget + Duration(1)) / 2; }
};

// Requests are numbered by their arrival and their place in it.
inline constexpr int kMaxBurst = 64;
constexpr std::uint32_t request_number(std::uint32_t arrival, int place) {
  return arrival * kMaxBurst + static_cast<std::uint32_t>(place);
}

// "3" or "3.2".
std::string request_name(std::uint32_t number);

// The scenario of a seed. Seeds that follow each other are as different as any two.
Scenario scenario_of(std::uint64_t seed);

// One paragraph for people.
std::string describe(const Scenario& scenario);

// "--seed 7 --nodes 2 --only-requests 3,9.2": the arguments of weir_simulate that give this
// scenario again.
std::string command_line(const Scenario& scenario);

}  // namespace weir::sim
