// The cost curve: what more nodes and more keys cost, in write units, in bytes and in usable share
// of N. Simulated, so that a thousand nodes and ten million keys fit on one machine.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sim {

struct CurvePoint {
  int nodes = 1;
  int keys = 1;
  std::int64_t n = 1;       // in 60 s
  std::int64_t demand = 1;  // for each admission that there is room for
  std::uint64_t decisions = 0;
  std::uint64_t admitted = 0;
  std::uint64_t writes = 0;  // write units: every item is below 1 KB
  std::uint64_t refused = 0;
  double slots = 0;  // that the run lasted
  double share = 0;  // of one key's N in W, between the first and the last time that all was used
  std::int64_t item_bytes = 0;  // the largest item, as DynamoDB counts

  double writes_per_thousand() const;
  // Beyond one for each admission.
  double extra_writes_per_node_and_slot() const;
};

// One hot key, asked for ten times as often as it has room for, by ever more nodes.
std::vector<CurvePoint> curve_over_nodes();
// Ever more keys, each asked for now and then, by four nodes.
std::vector<CurvePoint> curve_over_keys(int most_keys);

std::string markdown_table(const std::vector<CurvePoint>& points);
// Write units per 1,000 admissions and usable share over the number of nodes.
std::string svg(const std::vector<CurvePoint>& points);

}  // namespace weir::sim
