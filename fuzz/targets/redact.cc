// Secrets stay out of reports. The input is a target, header lines, an empty line and a body; a
// secret that the input cannot know is put next to them.
#include "scan/probe/redact.h"

#include <string>

#include "fuzz/target.h"

namespace weir::fuzz {
namespace {

// Two secrets are made of these; an input that holds them might know them.
constexpr char kOne = '\x01';
constexpr char kOther = '\x02';

std::string line_with(scan::Request base, const std::string& secret) {
  base.add_header("X-Api-Key", secret);
  scan::Request request = base;
  request.target += "/" + secret;
  return scan::curl_line(request, base, "http://127.0.0.1:8000");
}

}  // namespace

void try_input(std::string_view input) {
  if (input.find(kOne) != std::string_view::npos || input.find(kOther) != std::string_view::npos) {
    return;
  }
  scan::Request base;
  base.method = "POST";
  base.target = "/" + std::string(take_line(input).value_or(""));
  while (const auto line = take_line(input)) {
    if (line->empty()) break;
    const std::size_t colon = line->find(": ");
    if (colon == std::string_view::npos) continue;
    base.add_header(line->substr(0, colon), line->substr(colon + 2));
  }
  base.body = input;

  const std::string redacted = scan::redact_target(base.target);
  WEIR_CHECK(scan::redact_target(redacted) == redacted);

  // The line is the same whatever the secret is.
  const std::string line = line_with(base, std::string(12, kOne));
  WEIR_CHECK(line == line_with(base, std::string(12, kOther)));
  WEIR_CHECK(line.size() < 8192);
  WEIR_CHECK(line.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos);

  const std::string wire = scan::serialise(base, "127.0.0.1:8000");
  WEIR_CHECK(wire.ends_with("\r\n\r\n" + *base.body));
}

}  // namespace weir::fuzz
