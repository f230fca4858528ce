// Screening: tries candidates one by one while the base is refused, and proves the first that is
// served. What the dilution checks share.
// Thread safety: as the Bench.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scan/checks/check.h"
#include "scan/experiment/lift.h"

namespace weir::scan {

struct Screening {
  int held = 0;       // refused like the base: the change does not help
  int unreached = 0;  // neither served nor refused: it does not reach the operation
  int proven = 0;
  std::vector<std::string> served;   // labels that were served, proven or not
  std::vector<std::string> unclear;  // served, but no proof closed; with the reason
  Confidence confidence = Confidence::tentative;
  std::vector<Evidence> evidence;
};

// Stops proving after `prove_most`, and goes on with single requests.
Screening screen(Bench& bench, const std::vector<Candidate>& candidates, int prove_most = 1);

// Adds what another screening found.
void merge(Screening& into, Screening part);

// Whether a change that means nothing is refused like the base. Where it is not, anything of its
// kind would be served, and what it says does not matter.
bool is_held(Bench& bench, const Candidate& noise);

// vulnerable if something was proven, inconclusive if something stayed unclear, else protected.
CheckOutcome conclude(Bench& bench, const Screening& screening, std::string_view what);

// Served as the base is: the same document.
bool same_document(Bench& bench, const Reply& reply);

// The base with something of it changed: `changed` is shown, `change` does it.
Candidate change_candidate(Bench& bench, const std::string& changed,
                           const std::function<void(Request&)>& change);

// One header of the base replaced or added, with a dummy of the same length.
Candidate header_candidate(Bench& bench, const std::string& name,
                           const std::function<std::string()>& value);

}  // namespace weir::scan
