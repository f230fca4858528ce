// Paths of the target that nobody gave us, and whether there is something behind one.
// Thread safety: as the Surface.
#pragma once

#include <string>
#include <vector>

#include "scan/checks/surface_check.h"

namespace weir::scan::inventory {

// GET of `path`, with the credential that was given or without one.
Answer ask_for(Surface& surface, const std::string& path, bool anonymous);

// A product's own page, and what only it says there: every part has to be in the body.
struct Page {
  const char* path;
  const char* product;
  std::vector<const char*> signs;
};

// Whether one of them is open without a credential.
CheckOutcome look_for_pages(Surface& surface, const std::vector<Page>& pages);

// Served, and not as a path that cannot exist.
bool is_there(Surface& surface, const Answer& answer);

// The answer says that the operation will end (RFC 9745, RFC 8594).
bool says_that_it_ends(const Answer& answer);

// The document declares this path, whatever the method.
bool is_declared(const Surface& surface, const std::string& path);

}  // namespace weir::scan::inventory
