#include "report/report.h"

#include <exception>

#include "report/bounded.h"
#include "report/html.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/sarif.h"
#include "report/text.h"

namespace weir::report {

Result<Format> parse_format(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  if (name == "html") return Format::html;
  if (name == "sarif") return Format::sarif;
  if (name == "junit") return Format::junit;
  if (name == "markdown") return Format::markdown;
  return fail(ErrorCode::invalid_input,
              "'" + std::string(name.substr(0, 40)) + "' is not a format of reports",
              "Use text, json, html, sarif, junit or markdown");
}

Result<std::string> render(const scan::Report& report, Format format,
                           const RenderOptions& options) try {
  const scan::Report shown = bounded(report);
  switch (format) {
    case Format::text:
      return render_text(shown, options.colour, options.width);
    case Format::json:
      return render_json(shown);
    case Format::html:
      return render_html(shown);
    case Format::sarif:
      return render_sarif(shown);
    case Format::junit:
      return render_junit(shown);
    case Format::markdown:
      return render_markdown(shown);
  }
  return fail(ErrorCode::internal, "There is no such format of reports");
} catch (const std::exception& error) {
  return fail(ErrorCode::internal, std::string("The report could not be written: ") + error.what());
}

}  // namespace weir::report
