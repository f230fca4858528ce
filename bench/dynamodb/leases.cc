// What leases save: one limit of N a second on one key, asked for by 1, 4 and 16 nodes, each a
// store of its own against the emulator that the environment names.
//
//   weir_dynamodb_leases_bench [SECONDS]
//
// Two demands: "steady", 0.7 N in all, evenly (the stretched window lets N / 1.3 s through), and
// "flood", each node as fast as it can. Printed for each: what was admitted, as a share of what was
// asked for (steady) or of N in each K + 1 slots (flood), the fullest window, write units for 1,000
// admissions and of one node in one slot, and the latency of an admission under a lease.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "base/system_clock.h"
#include "policy/policy.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/dynamodb/table.h"

namespace {

using namespace weir;
using std::chrono::seconds;

constexpr std::int64_t kN = 10'000;

[[noreturn]] void die(const std::string& message) {
  std::fprintf(stderr, "weir_dynamodb_leases_bench: %s\n", message.c_str());
  std::exit(1);
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

void create_table(const store::DynamoDbOptions& options, Clock& clock) {
  Result<store::DynamoDbTarget> target = store::resolve_target(options, environment);
  if (!target) die(target.error().to_string());
  auto http = store::make_http_client(options, environment);
  if (!http) die(http.error().to_string());
  store::DynamoDbClient client(options, *target, environment, std::move(*http), clock);
  const auto table = store::create_table(client, net::Deadline::in(seconds(20)));
  if (!table) die(table.error().to_string());
}

struct NodeRun {
  std::vector<Duration> admitted_at;
  std::vector<std::int64_t> leased_ns;
  std::uint64_t decisions = 0;
  std::uint64_t errors = 0;
};

struct Setting {
  bool leases = true;
  std::size_t nodes = 1;
  bool flood = false;
  Duration length = seconds(5);
};

NodeRun run_node(store::DynamoDbStore& store, const store::ChargeRequest& request, Clock& clock,
                 Duration start, const Setting& setting) {
  NodeRun run;
  store::ChargeRequest asked = request;
  const Duration every =
      setting.flood
          ? Duration::zero()
          : Duration(seconds(1)) * static_cast<std::int64_t>(setting.nodes) / (kN * 7 / 10);
  Duration due = start;
  for (Duration now = base::monotonic_now(); now < start + setting.length;
       now = base::monotonic_now()) {
    if (now < due) {
      base::sleep_for(due - now);
      continue;
    }
    due += every;
    asked.now = clock.now();
    ++run.decisions;
    const Duration before = base::monotonic_now();
    const auto outcome = store.charge(asked);
    const Duration after = base::monotonic_now();
    if (!outcome) {
      ++run.errors;
    } else if (outcome->charge.admitted) {
      run.admitted_at.push_back(after);
      if (outcome->local) run.leased_ns.push_back((after - before).count());
    }
  }
  return run;
}

std::int64_t fullest_window(std::vector<Duration>& times, Duration window) {
  std::sort(times.begin(), times.end());
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; first < times.size(); ++first) {
    while (last < times.size() && times[last] - times[first] <= window) ++last;
    most = std::max(most, last - first);
  }
  return static_cast<std::int64_t>(most);
}

void measure(const Setting& setting, Clock& clock) {
  store::DynamoDbOptions options;
  options.table = "weir_bench";
  options.leases = setting.leases;
  store::ChargeRequest request;
  base::fill_entropy(request.key.bytes);
  const auto geometry = limit::Geometry::for_window(seconds(1), policy::kDynamoDbClockSkew);
  request.limit = limit::WindowLimit{kN, geometry};
  request.budget = seconds(2);
  std::vector<std::unique_ptr<store::DynamoDbStore>> stores;
  for (std::size_t i = 0; i < setting.nodes; ++i) {
    // Another home is another machine: what one shares, these do not.
    const auto of_node = [i](std::string_view name) {
      return name == "HOME" ? std::optional(std::to_string(i)) : environment(name);
    };
    auto store = store::open_dynamodb_store(options, of_node, clock, base::entropy_seed());
    if (!store) die(store.error().to_string());
    if (const Status ready = (*store)->check(seconds(10)); !ready) die(ready.error().to_string());
    stores.push_back(std::move(*store));
  }
  std::vector<NodeRun> runs(setting.nodes);
  std::vector<std::thread> threads;
  const Duration start = base::monotonic_now() + std::chrono::milliseconds(50);
  for (std::size_t i = 0; i < setting.nodes; ++i) {
    threads.emplace_back(
        [&, i] { runs[i] = run_node(*stores[i], request, clock, start, setting); });
  }
  for (std::thread& thread : threads) thread.join();

  NodeRun all;
  double units = 0;
  for (std::size_t i = 0; i < setting.nodes; ++i) {
    units += stores[i]->counts().write_units - 1;  // without the check
    all.decisions += runs[i].decisions;
    all.errors += runs[i].errors;
    all.admitted_at.insert(all.admitted_at.end(), runs[i].admitted_at.begin(),
                           runs[i].admitted_at.end());
    all.leased_ns.insert(all.leased_ns.end(), runs[i].leased_ns.begin(), runs[i].leased_ns.end());
  }
  std::sort(all.leased_ns.begin(), all.leased_ns.end());
  const auto percentile = [&](std::size_t percent) {
    return all.leased_ns.empty() ? 0 : all.leased_ns[(all.leased_ns.size() - 1) * percent / 100];
  };
  const double length = std::chrono::duration<double>(setting.length).count();
  // Whoever always asks gets N in every K + 1 slots; the first of them come at once.
  const double rounds =
      1 + static_cast<double>(static_cast<std::int64_t>(
              length / std::chrono::duration<double>(geometry.slot_width()).count() /
              (geometry.slots() + 1)));
  const double possible = setting.flood ? kN * rounds : static_cast<double>(kN) * 0.7 * length;
  const auto admitted = static_cast<double>(all.admitted_at.size());
  const double slots = length / std::chrono::duration<double>(geometry.slot_width()).count();
  fmt::print(
      "{:<6} {:>2} nodes {:<9} {:>8.0f}/s asked {:>7.0f}/s admitted ({:>5.1f} %)  fullest {:>5}  "
      "{:>7.1f} "
      "WU/1000  {:>5.2f} WU/node/slot  lease p50 {:>5} ns p99 {:>7} ns  {} errors\n",
      setting.flood ? "flood" : "steady", setting.nodes, setting.leases ? "leases" : "no leases",
      static_cast<double>(all.decisions) / length, admitted / length, 100 * admitted / possible,
      fullest_window(all.admitted_at, seconds(1)), 1000 * units / std::max(admitted, 1.0),
      units / static_cast<double>(setting.nodes) / slots, percentile(50), percentile(99),
      all.errors);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  base::SystemClock clock;
  store::DynamoDbOptions options;
  options.table = "weir_bench";
  create_table(options, clock);
  Setting setting;
  if (argc > 1) setting.length = seconds(std::atoi(argv[1]));
  for (const bool flood : {false, true}) {
    for (const std::size_t nodes : {1U, 4U, 16U}) {
      for (const bool leases : {true, false}) {
        setting.flood = flood;
        setting.nodes = nodes;
        setting.leases = leases;
        measure(setting, clock);
      }
    }
  }
  return 0;
}
