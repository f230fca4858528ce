// weir_simulate: runs scenarios, and tells of the first that breaks a promise.
//
//   weir_simulate --seeds 2000            seeds 1 to 2000
//   weir_simulate --decisions 20000000    from seed 1 on, as many as that takes
//   weir_simulate --seed 7 [changes]      one of them, with its history
//   weir_simulate --curve 100000          what nodes and keys cost
//
// Exit codes: 0 all promises kept, 1 one was broken, 2 usage.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "sim/curve.h"
#include "sim/shrink.h"
#include "sim/world.h"

namespace {

using namespace weir;
using namespace weir::sim;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  std::uint64_t decisions = 0;
  std::optional<std::uint64_t> seed;
  std::optional<int> nodes;
  std::optional<std::uint32_t> arrivals;
  std::int64_t clock_excess = 0;
  std::vector<std::string> faults;
  std::vector<std::string> only_requests;
  std::vector<std::string> only_disturbances;
  bool shrink = false;
  bool until_failure = false;
  int curve_keys = 0;
  std::string svg;
};

Scenario scenario_of_arguments(const Arguments& arguments) {
  Scenario scenario = scenario_of(*arguments.seed);
  if (arguments.nodes) scenario.nodes = *arguments.nodes;
  if (arguments.arrivals) scenario.arrivals = *arguments.arrivals;
  scenario.clock_excess = Duration(arguments.clock_excess);
  if (!arguments.faults.empty()) {
    scenario.faults = {};
    for (const std::string& name : arguments.faults) {
      if (const auto fault = fault_named(name)) scenario.faults.add(*fault);
    }
  }
  if (!arguments.only_requests.empty()) {
    scenario.only_requests.emplace();
    for (const std::string& name : arguments.only_requests) {
      const std::size_t dot = name.find('.');
      const int place = dot == std::string::npos ? 0 : std::stoi(name.substr(dot + 1));
      scenario.only_requests->push_back(
          request_number(static_cast<std::uint32_t>(std::stoul(name)), place));
    }
  }
  if (!arguments.only_disturbances.empty()) {
    scenario.only_disturbances.emplace();
    for (const std::string& number : arguments.only_disturbances) {
      if (number != "none")
        scenario.only_disturbances->push_back(static_cast<std::uint32_t>(std::stoul(number)));
    }
  }
  return scenario;
}

void tell(const Scenario& scenario, const Violation& violation) {
  const Outcome outcome = run(scenario, true);
  fmt::print("{}\n{}\nBROKEN: {}: {}\n", describe(scenario), outcome.history, violation.promise,
             violation.sentence);
  fmt::print("replay: weir_simulate {}\n", command_line(scenario));
}

int replay(const Arguments& arguments) {
  const Scenario scenario = scenario_of_arguments(arguments);
  const Outcome outcome = run(scenario, true);
  if (arguments.shrink && outcome.violation) {
    const Shrunk shrunk = shrink(scenario, *outcome.violation);
    tell(shrunk.scenario, shrunk.violation);
    return 1;
  }
  fmt::print("{}\n{}\n", describe(scenario), outcome.history);
  fmt::print("{} decisions, digest {:016x}\n", outcome.decisions, outcome.digest);
  if (!outcome.violation) return 0;
  fmt::print("BROKEN: {}: {}\n", outcome.violation->promise, outcome.violation->sentence);
  return 1;
}

int run_many(const Arguments& arguments) {
  Outcome total;
  std::uint64_t failed = 0;
  const std::clock_t start =
      std::clock();  // processor time: other work on the machine does not count
  std::uint64_t seeds = 0;
  const auto is_enough = [&] {
    return arguments.decisions > 0 ? total.decisions >= arguments.decisions
                                   : seeds >= arguments.seeds;
  };
  for (; !is_enough(); ++seeds) {
    const Scenario scenario = scenario_of(arguments.first + seeds);
    Outcome outcome = run(scenario);
    total.decisions += outcome.decisions;
    total.admitted += outcome.admitted;
    total.refused += outcome.refused;
    total.undecided += outcome.undecided;
    total.writes += outcome.writes;
    total.failed_conditions += outcome.failed_conditions;
    total.retries_at_room += outcome.retries_at_room;
    total.digest = total.digest * 31 + outcome.digest;
    if (!outcome.violation) continue;
    ++failed;
    fmt::print("seed {}: {}: {}\n", scenario.seed, outcome.violation->promise,
               outcome.violation->sentence);
    if (arguments.until_failure) return 1;
    if (failed > 1) continue;
    const Shrunk shrunk = shrink(scenario, *outcome.violation);
    tell(shrunk.scenario, shrunk.violation);
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  fmt::print(
      "{} seeds, {} decisions ({} admitted, {} refused, {} undecided), {} writes ({} failed "
      "conditions), {} retries at the time named\n{:.1f} s of processor time, {:.2f} million "
      "decisions a second, "
      "digest {:016x}\n{} passed, {} failed\n",
      seeds, total.decisions, total.admitted, total.refused, total.undecided, total.writes,
      total.failed_conditions, total.retries_at_room, seconds,
      static_cast<double>(total.decisions) / seconds / 1e6, total.digest, seeds - failed, failed);
  return failed == 0 ? 0 : 1;
}

int draw_curve(const Arguments& arguments) {
  const std::vector<CurvePoint> over_nodes = curve_over_nodes();
  fmt::print("{}\n", markdown_table(over_nodes));
  fmt::print("{}", markdown_table(curve_over_keys(arguments.curve_keys)));
  if (arguments.svg.empty()) return 0;
  std::ofstream file(arguments.svg);
  file << svg(over_nodes);
  return file.good() ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Weir's deterministic simulator");
  app.add_option("--seeds", arguments.seeds, "how many seeds to run");
  app.add_option("--decisions", arguments.decisions,
                 "run as many seeds as make this many decisions");
  app.add_option("--first", arguments.first, "the first of them");
  app.add_option("--seed", arguments.seed, "run this one and print its history");
  app.add_option("--nodes", arguments.nodes)->check(CLI::PositiveNumber);
  app.add_option("--arrivals", arguments.arrivals);
  app.add_option("--clock-excess", arguments.clock_excess,
                 "ns that clocks may be off beyond what the limiter is told");
  app.add_option("--faults", arguments.faults, "the kinds that may happen, or 'none'")
      ->delimiter(',');
  app.add_option("--only-requests", arguments.only_requests)->delimiter(',');
  app.add_option("--only-disturbances", arguments.only_disturbances)->delimiter(',');
  app.add_option("--curve", arguments.curve_keys,
                 "instead, print what nodes and keys cost, up to this many keys");
  app.add_option("--svg", arguments.svg, "with --curve: draw it into this file");
  app.add_flag("--until-failure", arguments.until_failure, "stop at the first seed that fails");
  app.add_flag("--shrink", arguments.shrink, "make a failing seed's history as short as possible");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (arguments.curve_keys > 0) return draw_curve(arguments);
  return arguments.seed ? replay(arguments) : run_many(arguments);
}
