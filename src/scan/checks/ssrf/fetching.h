// Places of a request that hold a URL, and whether the target fetches what stands there.
// Thread safety: as the Surface.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scan/checks/surface_check.h"
#include "scan/probe/callback.h"

namespace weir::scan::ssrf {

inline constexpr double kPatienceS = 1.0;  // for a fetch that comes after the answer

struct Place {
  std::string name;  // "parameter url", "member callback of the body"
  std::function<Variant(const std::string& url)> with;
};

// Parameters of the query, and members of a JSON body that may be sent, whose name, format or value
// is that of a URL.
std::vector<Place> url_places(const Surface& surface);

// A variant that carries `url`, sent; `visits` of `token` are waited for.
struct Fetch {
  Answer answer;
  std::vector<Visit> visits;
};
Fetch send_and_wait(Surface& surface, const Place& place, const std::string& url,
                    const std::string& token);

// The place of which it was found that the target fetches it; nullopt: none. Found by
// remember_fetching().
std::optional<Place> fetching_place(Surface& surface);
void remember_fetching(Surface& surface, const Place& place);

}  // namespace weir::scan::ssrf
