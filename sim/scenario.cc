#include "sim/scenario.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/duration.h"
#include "sim/draws.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kFaults> kFaultNames = {
    "lost-request", "lost-answer",  "late-request",  "duplicate", "reset",    "not-sent",
    "throttled",    "error-before", "error-after",   "slow",      "crash",    "pause",
    "clock-step",   "clock-drift",  "policy-change", "expiry",    "give-back"};

// What each draw of a scenario is for. Numbers are never reused: a seed in a bug report should stay
// what it was.
enum Draw : std::uint64_t {
  kStore,
  kAlgorithm,
  kRules,
  kWindow,
  kN,
  kBurst,
  kKeys,
  kNodes,
  kArrivals,
  kBursts,
  kSpan,
  kClockError,
  kBudget,
  kLatency,
  kFaultChoice,
  kFaultRate,
  kDisturbances,
  kVersions,
  kSteady,
  kRemembers,
  kLeases,
  kDisturbance = 1000,
  kRule = 2000,
};

constexpr Duration kWindows[] = {1ms, 40ms, 1s, 1s, 6s, 60s, 60s, 1h, 24h};
constexpr std::int64_t kCounts[] = {1, 1, 2, 3, 5, 10, 10, 50, 100, 1000};

Numbers draw_numbers(const Draws& draws, Algorithm algorithm) {
  Numbers numbers;
  numbers.window = draws.one_of(kWindow, kWindows);
  numbers.n = draws.one_of(kN, kCounts);
  if (algorithm == Algorithm::distinct || algorithm == Algorithm::concurrency)
    numbers.n = std::min<std::int64_t>(numbers.n, 20);
  numbers.burst = draws.between(kBurst, 1, numbers.n);
  return numbers;
}

// The same rule with other numbers.
Numbers changed(const Draws& draws, const Numbers& old, Algorithm algorithm) {
  Numbers numbers = old;
  switch (draws.below(0, 4)) {
    case 0:
      numbers.n = std::max<std::int64_t>(1, old.n / 2);
      break;
    case 1:
      numbers.n = old.n * 2;
      break;
    case 2:
      numbers.n = draws.one_of(1, kCounts);
      break;
    default:
      // The exact window's promise is kept over changes of W; the others' is per set of numbers.
      if (algorithm == Algorithm::exact_window)
        numbers.window = std::max<Duration>(1ms, old.window * draws.between(2, 1, 12) / 4);
  }
  if (algorithm == Algorithm::distinct || algorithm == Algorithm::concurrency)
    numbers.n = std::min<std::int64_t>(numbers.n, 40);
  numbers.burst = draws.between(3, 1, numbers.n);
  return numbers;
}

Rule draw_rule(const Draws& draws, Algorithm algorithm) {
  Rule rule;
  rule.algorithm = algorithm;
  rule.keys = static_cast<int>(draws.one_of(kKeys, {1, 1, 2, 5}));
  rule.versions.push_back(draw_numbers(draws, algorithm));
  return rule;
}

Disturbance draw_disturbance(const Draws& draws, Fault kind, const Scenario& scenario,
                             Duration span) {
  Disturbance result;
  result.kind = kind;
  result.at = draws.within(0, Duration::zero(), span);
  result.node = static_cast<int>(draws.below(1, scenario.nodes));
  const Duration window = scenario.rules.front().versions.front().window;
  result.length = draws.chance(2, 500) ? draws.within(3, Duration(1), scenario.budget * 3)
                                       : draws.within(4, Duration(1), window * 2);
  switch (kind) {
    case Fault::clock_step:
      result.value = draws.one_of(5, {-1, 0, 1}) * scenario.clock_error.count();
      if (draws.chance(6, 500)) {
        result.value = draws.within(7, -scenario.clock_error, scenario.clock_error).count();
      }
      break;
    case Fault::clock_drift:
      result.value = draws.between(8, -200'000, 200'000);
      break;
    case Fault::policy_change: {
      const std::int64_t rule = draws.below(9, static_cast<std::int64_t>(scenario.rules.size()));
      const auto versions =
          static_cast<std::int64_t>(scenario.rules[static_cast<std::size_t>(rule)].versions.size());
      result.value = rule * 16 + draws.below(10, versions);
      break;
    }
    default:
      break;
  }
  return result;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::exact_window:
      return "exact window";
    case Algorithm::gcra:
      return "gcra";
    case Algorithm::fixed_window:
      return "fixed window";
    case Algorithm::distinct:
      return "distinct";
    case Algorithm::concurrency:
      return "concurrency";
  }
  return "";
}

std::string_view name_of(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> fault_named(std::string_view name) {
  const auto* found = std::find(kFaultNames.begin(), kFaultNames.end(), name);
  if (found == kFaultNames.end()) return std::nullopt;
  return static_cast<Fault>(found - kFaultNames.begin());
}

Scenario scenario_of(std::uint64_t seed) {
  const Draws draws(seed);
  Scenario scenario;
  scenario.seed = seed;
  // Most runs are about the product's heart: the exact window on DynamoDB.
  scenario.store = draws.chance(kStore, 850) ? StoreKind::dynamodb : StoreKind::ideal;
  const std::int64_t rules = draws.chance(kRules, 700) ? 1 : draws.between(kRules + 100, 2, 3);
  for (std::int64_t i = 0; i < rules; ++i) {
    const Draws of_rule = draws.of(kRule + static_cast<std::uint64_t>(i));
    const Algorithm algorithm =
        scenario.store == StoreKind::dynamodb && of_rule.chance(kAlgorithm + 100, 500)
            ? Algorithm::exact_window
            : of_rule.one_of(kAlgorithm,
                             {Algorithm::exact_window, Algorithm::gcra, Algorithm::fixed_window,
                              Algorithm::distinct, Algorithm::concurrency});
    scenario.rules.push_back(draw_rule(of_rule, algorithm));
  }
  scenario.leases = scenario.store == StoreKind::dynamodb && draws.chance(kLeases, 600);
  const Duration window = scenario.rules.front().versions.front().window;
  const std::int64_t n = scenario.rules.front().versions.front().n;

  scenario.nodes = static_cast<int>(draws.one_of(kNodes, {1, 2, 2, 3, 4, 8}));
  scenario.arrivals = draws.one_of(kArrivals, {300U, 1000U, 2000U});
  scenario.max_burst = draws.one_of(kBursts, {1, 4, 20, 40, 60});
  // Errors of clocks and budgets from none to a good part of W, as far as policies may go.
  scenario.clock_error =
      std::min<Duration>(window / draws.one_of(kClockError, {1'000'000, 1000, 50, 10, 4}), 60s);
  scenario.budget =
      std::min<Duration>(window / draws.one_of(kBudget, {1000, 100, 10, 4}) + Duration(10), 10s);
  scenario.latency = scenario.budget / draws.one_of(kLatency, {1000, 100, 30, 8});
  // Long enough for several windows, and for demand from half of what is allowed to far above it.
  const std::int64_t windows = draws.one_of(kSpan, {3, 6, 12, 30});
  scenario.mean_gap = std::max(window * windows / scenario.arrivals, Duration(1));
  scenario.is_steady = draws.chance(kSteady, 120);
  if (scenario.is_steady) {
    scenario.rules.resize(1);
    scenario.rules[0].keys = 1;
    scenario.arrivals = 2000;
    scenario.mean_gap = std::max(window * 10 / scenario.arrivals, Duration(1));
    scenario.max_burst = static_cast<int>(std::min<std::int64_t>(n / 50 + 2, 40));
    scenario.latency = scenario.budget / 100;
    return scenario;
  }

  if (draws.chance(kRemembers, 100)) scenario.remembers = 1;
  const std::int64_t choice = draws.below(kFaultChoice, 10);
  if (choice == 0) return scenario;
  for (int i = 0; i < kFaults; ++i) {
    // All of them, or about a third.
    if (choice <= 2 || draws.chance(kFaultChoice + 100 + static_cast<std::uint64_t>(i), 350))
      scenario.faults.add(static_cast<Fault>(i));
  }
  scenario.faults_per_mille = draws.one_of(kFaultRate, {2, 20, 100});
  if (scenario.faults.has(Fault::policy_change)) {
    for (std::size_t i = 0; i < scenario.rules.size(); ++i) {
      Rule& rule = scenario.rules[i];
      const std::int64_t versions = draws.between(kVersions, 1, 4);
      for (std::int64_t v = 0; v < versions; ++v) {
        rule.versions.push_back(
            changed(draws.of(kVersions + 16 * (i + 1) + static_cast<std::uint64_t>(v)),
                    rule.versions.back(), rule.algorithm));
      }
    }
  }
  std::vector<Fault> kinds;
  for (const Fault fault : {Fault::crash, Fault::pause, Fault::clock_step, Fault::clock_drift,
                            Fault::policy_change, Fault::expiry}) {
    if (scenario.faults.has(fault)) kinds.push_back(fault);
  }
  if (kinds.empty()) return scenario;
  const Duration span = scenario.mean_gap * scenario.arrivals;
  const std::int64_t count = draws.between(kDisturbances, 1, 40);
  for (std::int64_t i = 0; i < count; ++i) {
    const Draws of_this = draws.of(kDisturbance + static_cast<std::uint64_t>(i));
    const Fault kind =
        kinds[static_cast<std::size_t>(of_this.below(20, static_cast<std::int64_t>(kinds.size())))];
    scenario.disturbances.push_back(draw_disturbance(of_this, kind, scenario, span));
  }
  return scenario;
}

std::string describe(const Scenario& scenario) {
  std::string text =
      fmt::format("{} node{} over {}, clocks within {} ns, answers within {} ns\n", scenario.nodes,
                  scenario.nodes == 1 ? "" : "s",
                  scenario.store == StoreKind::dynamodb ? "DynamoDB" : "an ideal store",
                  scenario.clock_error.count(), scenario.budget.count());
  if (scenario.leases) text += "nodes lease\n";
  for (const Rule& rule : scenario.rules) {
    text += fmt::format("rule: {} over {} key{}:", name_of(rule.algorithm), rule.keys,
                        rule.keys == 1 ? "" : "s");
    for (const Numbers& numbers : rule.versions) {
      text += fmt::format(" {} in {} ns", numbers.n, numbers.window.count());
      if (rule.algorithm == Algorithm::gcra)
        text += fmt::format(" with a burst of {}", numbers.burst);
      if (&numbers != &rule.versions.back()) text += ", then";
    }
    text += '\n';
  }
  std::vector<std::string_view> names;
  for (int i = 0; i < kFaults; ++i) {
    if (scenario.faults.has(static_cast<Fault>(i))) names.push_back(name_of(static_cast<Fault>(i)));
  }
  text += fmt::format("faults: {}\n",
                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  return text;
}

std::string request_name(std::uint32_t number) {
  const std::uint32_t place = number % kMaxBurst;
  return place == 0 ? std::to_string(number / kMaxBurst)
                    : fmt::format("{}.{}", number / kMaxBurst, place);
}

std::string command_line(const Scenario& scenario) {
  const Scenario whole = scenario_of(scenario.seed);
  std::string text = fmt::format("--seed {}", scenario.seed);
  if (scenario.nodes != whole.nodes) text += fmt::format(" --nodes {}", scenario.nodes);
  if (scenario.arrivals != whole.arrivals) text += fmt::format(" --arrivals {}", scenario.arrivals);
  if (!(scenario.faults == whole.faults)) {
    std::vector<std::string_view> names;
    for (int i = 0; i < kFaults; ++i) {
      if (scenario.faults.has(static_cast<Fault>(i)))
        names.push_back(name_of(static_cast<Fault>(i)));
    }
    text += fmt::format(" --faults {}",
                        names.empty() ? "none" : fmt::format("{}", fmt::join(names, ",")));
  }
  if (scenario.clock_excess != whole.clock_excess)
    text += fmt::format(" --clock-excess {}", scenario.clock_excess.count());
  if (scenario.only_requests) {
    std::vector<std::string> names;
    for (const std::uint32_t number : *scenario.only_requests)
      names.push_back(request_name(number));
    text += fmt::format(" --only-requests {}", fmt::join(names, ","));
  }
  if (scenario.only_disturbances) {
    text +=
        scenario.only_disturbances->empty()
            ? " --only-disturbances none"
            : fmt::format(" --only-disturbances {}", fmt::join(*scenario.only_disturbances, ","));
  }
  return text;
}

}  // namespace weir::sim
