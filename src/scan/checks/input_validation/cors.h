// What an operation says to browsers of other origins (Fetch standard, "CORS protocol").
// Thread safety: as the Surface.
#pragma once

#include "scan/checks/surface_check.h"

namespace weir::scan::input_validation {

// The base, asked from a page of `origin`.
Answer ask_from(Surface& surface, const std::string& origin, std::string_view note);

// Pages of that origin may read the answer, with the cookies of whoever looks at them.
bool lets_read_with_credentials(const Answer& answer, std::string_view origin);

// What browsers send along by themselves is part of the base: then a page can really use it.
bool browser_sends_credential(const Surface& surface);

}  // namespace weir::scan::input_validation
