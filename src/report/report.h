// Turns a finished scan into something to read: text for a terminal, JSON for programs, HTML for
// people, SARIF for code scanning, JUnit XML for a CI's list of tests, Markdown for a comment.
//
// Promises:
// - Nothing that a target said can do anything in the output: control characters, terminal escapes,
//   text-direction overrides and markup come out as visible text, invalid UTF-8 as U+FFFD.
// - The output is bounded by the constants of report/bounds.h, whatever the report holds; what is
//   left out is counted in the output.
// - The same report and options give the same bytes.
// - HTML is one file that needs no network and no script. JSON follows
//   schemas/weir-scan.schema.json, SARIF the schema of SARIF 2.1.0.
//
// Thread safety: pure functions.
//
//   Result<report::Format> format = report::parse_format("html");
//   Result<std::string> page = report::render(report, *format, {});
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "scan/model.h"

namespace weir::report {

enum class Format { text, json, html, sarif, junit, markdown };

struct RenderOptions {
  bool colour = false;  // text only: ANSI colours; the caller knows about terminals and NO_COLOR
  int width = 80;       // text only: columns, brought into 40 to 200
};

// "text", "json", "html", "sarif", "junit" or "markdown".
Result<Format> parse_format(std::string_view name);

Result<std::string> render(const scan::Report& report, Format format, const RenderOptions& options);

}  // namespace weir::report
