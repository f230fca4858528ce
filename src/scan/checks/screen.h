// Screening: tries candidates one by one while the base is refused, and proves the first that is
// served. What the dilution checks share.
// Thread safety: as the Bench.
#pragma once

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

// vulnerable if something was proven, inconclusive if something stayed unclear, else protected.
CheckOutcome conclude(Bench& bench, const Screening& screening, std::string_view what);

// Served as the base is: the same document.
bool same_document(Bench& bench, const Reply& reply);

// One header of the base replaced or added, with a dummy of the same length.
Candidate header_candidate(Bench& bench, const std::string& name,
                           const std::function<std::string()>& value);

}  // namespace weir::scan
