// Replay fit: which limiter explains what was observed? The times of the observed requests are
// replayed through each candidate engine over a small grid of N, W and phase; the one with the
// fewest wrong verdicts wins, the simpler one on a tie.
//
// Promises: a pure function of the trace, its time bounded by the grid. The fit is the share of
// verdicts that the winner explains; below kMinFit the kind is unknown.
// Thread safety: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scan/model.h"

namespace weir::scan {

inline constexpr double kMinFit = 0.95;
inline constexpr std::size_t kMaxFitTrace = 2000;  // later observations are not used

// One base request: when it was decided (between sending and answer) and how.
struct Observation {
  double sent_s = 0;
  double answered_s = 0;
  bool admitted = false;
};

struct Fit {
  LimitKind kind = LimitKind::unknown;
  int n = 0;
  double window_s = 0;
  bool counts_refused = false;
  double share = 0;             // of the verdicts that the model explains
  std::vector<LimitKind> ties;  // others that explain as many
};

struct FitQuestion {
  std::vector<int> n;            // candidates for N, the most likely first
  std::vector<double> window_s;  // candidates for W; the fit adds its own from the trace
};

Fit fit_limit(const std::vector<Observation>& trace, const FitQuestion& question);

}  // namespace weir::scan
