// What the scanner reads out of a target's answer: hints about its limit, and its shape. The input
// is header lines, an empty line and a body.
#include <cmath>

#include "fuzz/target.h"
#include "scan/limit_model/hints.h"
#include "scan/limit_model/refusal.h"

namespace weir::fuzz {
namespace {

void check_seconds(const std::optional<double>& value) {
  WEIR_CHECK(!value || (std::isfinite(*value) && *value >= 0));
}
void check_count(const std::optional<std::int64_t>& value) {
  WEIR_CHECK(!value || *value >= 0);
}

}  // namespace

void try_input(std::string_view input) {
  scan::Response response;
  response.status = 200;
  while (const auto line = take_line(input)) {
    if (line->empty()) break;
    const std::size_t colon = line->find(": ");
    if (colon == std::string_view::npos) continue;
    response.headers.push_back(
        {std::string(line->substr(0, colon)), std::string(line->substr(colon + 2))});
  }
  response.body = input;

  const scan::Hints hints =
      scan::read_hints(response.headers, Time(std::chrono::seconds(1'795'469'780)));
  check_seconds(hints.retry_after_s);
  check_seconds(hints.reset_s);
  check_seconds(hints.window_s);
  check_count(hints.limit);
  check_count(hints.remaining);

  scan::RefusalModel model;
  WEIR_CHECK(model.classify(response) != scan::Outcome::failed);
  model.learn_admitted(response);
  WEIR_CHECK(model.classify(response) == scan::Outcome::admitted && model.same_document(response));
  response.status = 429;
  model.learn_refused(response);
  WEIR_CHECK(model.classify(response) == scan::Outcome::refused);
}

}  // namespace weir::fuzz
