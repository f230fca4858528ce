// Replay fit: which limiter explains what was observed? Each candidate engine is led through the
// trace: before each request it predicts the verdict, then it is told what really happened. So one
// odd answer costs one mistake and not all that follow. The engine with the fewest mistakes over a
// grid of N, W and phase wins, the simpler one on a tie.
//
// A request is decided somewhere between sending and answer: a prediction that is wrong at one end
// only is a quarter of a mistake. What passed too much in a volley is a race and says nothing of
// the window: it decides between engines, but is not held against the fit. A request whose verdict
// is unclear is entered as the engine would have decided it.
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

// One request: when it was decided (between sending and answer) and how.
struct Observation {
  double sent_s = 0;
  double answered_s = 0;
  bool admitted = false;
  bool together = false;  // released with others at one instant
  bool unclear = false;   // no answer, or neither of the two: it may have been counted
  bool foreign = false;   // a refused variant: nothing is predicted of it, but it may be counted
};

struct Fit {
  LimitKind kind = LimitKind::unknown;
  int n = 0;
  double window_s = 0;       // within the range below; a whole number of seconds if one is in it
  double window_from_s = 0;  // every W in this range explains as much
  double window_to_s = 0;
  double phase_s = 0;  // when one of the windows began, if they have a beginning of their own
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
