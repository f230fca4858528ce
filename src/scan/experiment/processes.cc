#include "scan/experiment/processes.h"

#include <algorithm>

namespace weir::scan {
namespace {

constexpr int kRounds = 2;
constexpr int kRefusedInARow = 3;
constexpr int kMoreServed = 2;  // after the held one: more than one token that came back

struct Behind {
  int before = 0;  // passed until the refusals
  int after = 0;   // passed after them, the held one included
};

std::optional<Behind> one_round(Bench& bench) {
  const Variant same = bench.from_fresh_source();
  const int n = bench.facts().n;
  int row = 0;
  const auto replies = bench.while_holding(same, n + bench.facts().uncertain + 2 * kRefusedInARow,
                                           [&](const Reply& reply) {
                                             row = reply.refused() ? row + 1 : 0;
                                             return row < kRefusedInARow;
                                           });
  if (row < kRefusedInARow || replies.empty() || !replies.back().admitted()) return std::nullopt;
  Behind behind;
  for (const Reply& reply : replies) behind.before += reply.admitted() ? 1 : 0;
  --behind.before;
  behind.after = 1;
  for (int i = 0; i < n && !bench.stopped(); ++i) {
    behind.after += bench.send(same, "after the held request").admitted() ? 1 : 0;
  }
  if (behind.after <= kMoreServed) return std::nullopt;
  return behind;
}

}  // namespace

void look_behind_a_held_request(Bench& bench) {
  LimitFacts& facts = bench.facts();
  if (!facts.sources_count_apart.value_or(false) || facts.per_process || facts.trickles) return;
  bench.set_phase("processes");
  int least = facts.n;
  int all = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto behind = one_round(bench);
    if (!behind) return;
    least = std::min(least, behind->before);
    all = std::max(all, behind->before + behind->after);
  }
  facts.per_process = true;
  facts.n = std::max(1, least);
  facts.all_processes = std::max(all, facts.n + kMoreServed);
}

}  // namespace weir::scan
