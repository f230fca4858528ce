// The proof that a change lifts a limit, and that it is the change that does it.
//
// A changed request that is served after a refusal proves nothing by itself: the limit may have
// given room again in that moment (wrong in 6 to 10 % of cases, measured). So, five times of five:
//
//   base refused -> a dummy of the same length refused -> the variant served -> base refused
//
// and then the variant's identity is given a fresh quota: it passes 0.9 N times while the base
// stays refused. Where room trickles back faster than a few round trips no sandwich closes; then
// base, dummy and variant are sent in random order and Fisher's exact test decides (p < 1e-5).
//
// Thread safety: as the Bench.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scan/experiment/bench.h"

namespace weir::scan {

// What counts as served. Usually "the same document"; at a sign-in also "wrong password".
using Served = std::function<bool(const Reply&)>;

struct Candidate {
  std::string label;  // "X-Forwarded-For"
  MakeVariant variant;
  MakeVariant dummy;    // same shape and length, but a name that no limit looks at; may be empty
  bool renews = false;  // each variant() is a new identity
  Served served;
  std::string curl;  // reproduces it without showing a secret; empty: made from the variant
};

struct Lift {
  enum class Verdict { lifted, held, unclear } verdict = Verdict::unclear;
  Confidence confidence = Confidence::tentative;
  std::string detail;
  Evidence evidence;
};

// One request: worth a proof? The base is refused before.
// refused: held. served: worth it. Anything else: the request does not reach the operation.
Lift prove_lift(Bench& bench, const Candidate& candidate);

// Probability of so unequal a table if variant and control are served alike (one-sided).
double fisher_exact(int variant_served, int variant_sent, int control_served, int control_sent);

}  // namespace weir::scan
