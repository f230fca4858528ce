// JSON reports that are read back: baselines, `weir report`, `weir scan --resume`.
#include "fuzz/target.h"
#include "report/read_json.h"
#include "report/report.h"

namespace weir::fuzz {

void try_input(std::string_view input) {
  const auto report = report::read_json(input, "report.json");
  if (!report) {
    const std::string words = report.error().to_string();
    WEIR_CHECK(words.starts_with("report.json: ") && words.size() < 1000);
    WEIR_CHECK(words.find('\n') == std::string::npos && words.find('\x1b') == std::string::npos);
    return;
  }
  for (const auto format :
       {report::Format::text, report::Format::json, report::Format::html, report::Format::sarif,
        report::Format::junit, report::Format::markdown}) {
    WEIR_CHECK(report::render(*report, format, {}).has_value());
  }
  // What was written can be read again.
  WEIR_CHECK(
      report::read_json(*report::render(*report, report::Format::json, {}), "r").has_value());
}

}  // namespace weir::fuzz
