#include "identity/method.h"

#include <array>

#include "base/ascii.h"

namespace weir::identity {
namespace {

// RFC 9110, section 9, and PATCH (RFC 5789).
constexpr std::array<std::string_view, 8> kMethods = {"GET",    "POST",    "PUT",   "PATCH",
                                                      "DELETE", "OPTIONS", "TRACE", "CONNECT"};

}  // namespace

std::string_view counted_method(std::string_view method) {
  if (base::equals_ignoring_case(method, "HEAD")) return kMethods[0];
  for (const std::string_view known : kMethods) {
    if (base::equals_ignoring_case(method, known)) return known;
  }
  return "OTHER";
}

}  // namespace weir::identity
