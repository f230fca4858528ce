#include "scan/checks/input_validation/cors.h"

#include "base/ascii.h"

namespace weir::scan::input_validation {

Answer ask_from(Surface& surface, const std::string& origin, std::string_view note) {
  return surface.send(surface.with_header("Origin", origin), note);
}

bool lets_read_with_credentials(const Answer& answer, std::string_view origin) {
  return answer.ok() && answer.header("Access-Control-Allow-Origin") == origin &&
         answer.header("Access-Control-Allow-Credentials") == "true";
}

bool browser_sends_credential(const Surface& surface) {
  for (const Header& header : surface.credential_headers()) {
    if (same_name(header.name, "Cookie")) return true;
    if (same_name(header.name, "Authorization") &&
        base::lower_case(header.value).starts_with("basic ")) {
      return true;
    }
  }
  return false;
}

}  // namespace weir::scan::input_validation
