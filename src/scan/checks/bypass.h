// Ways around a rule that denies: what the checks of authentication and of authorization share.
// Thread safety: as the Surface.
#pragma once

#include <functional>

#include "scan/checks/surface_check.h"

namespace weir::scan {

// A request as it is sent by those who are denied: without a credential, or with another user's.
using AsDenied = std::function<Variant(Request)>;

// Whether those who get 401 or 403 for the base request get its document, `own`, by another
// spelling of its path, or by a header that names the path. `who`: "without a credential".
CheckOutcome look_for_path_bypass(Surface& surface, const AsDenied& as, const Answer& own,
                                  const std::string& who);

// Whether HEAD tells them that the document is there, and how long it is.
CheckOutcome look_for_method_bypass(Surface& surface, const AsDenied& as, const Answer& own,
                                    const std::string& who);

}  // namespace weir::scan
