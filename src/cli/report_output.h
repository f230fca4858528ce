// What happens to a report once there is one, for every command that has one: suppressions, the
// comparison with a baseline, the formats, the gate.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/suppressions.h"
#include "scan/model.h"

namespace weir::cli {

struct ReportOptions {
  std::vector<std::string> formats;
  std::vector<std::string> outputs;
  std::string baseline;
  bool new_only = false;
  std::string suppress;
  int fail_under = 0;
  std::string fail_on;
  int min_coverage = 0;
  bool explain_score = false;
};

void add_report_options(CLI::App& command, ReportOptions& options);

// The options understood and their files read, so that what is wrong with them is told before a
// scan begins. Plain values.
class ReportOutput {
 public:
  static Result<ReportOutput> create(const ReportOptions& options);

  // Marks what is suppressed on `today` ("2026-11-25") and makes the score anew.
  Status suppress(scan::Report& report, std::string_view today) const;

  // Compares and writes. An error if a file cannot be written.
  Status write(scan::Report& report) const;

  // The exit code; says on standard error if nothing could be decided.
  int gate(const scan::Report& report, std::string_view command) const;

 private:
  ReportOptions options_;
  int fail_on_ = -1;
  std::vector<report::SuppressionRule> suppressions_;
  std::optional<scan::Report> baseline_;
};

// A report that was written with --format json.
Result<scan::Report> read_report(const std::string& path);

}  // namespace weir::cli
