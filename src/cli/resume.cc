#include "cli/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "scan/score.h"

namespace weir::cli {
namespace {

template <class T>
void keep_finished(std::vector<T>& list, const std::vector<std::string>& operations) {
  std::erase_if(list, [&operations](const T& each) {
    return std::find(operations.begin(), operations.end(), each.operation) == operations.end();
  });
}

template <class T>
void put_before(std::vector<T>& list, std::vector<T> earlier) {
  list.insert(list.begin(), std::make_move_iterator(earlier.begin()),
              std::make_move_iterator(earlier.end()));
}

}  // namespace

Result<Resumption> resume(scan::Report earlier, scan::ScanPlan& plan, bool keep_seed) {
  if (!earlier.interrupted) {
    return fail(ErrorCode::invalid_input, "--resume: that scan was not interrupted",
                "Leave --resume out to scan again");
  }
  if (earlier.target != plan.origin) {
    return fail(ErrorCode::invalid_input,
                "--resume: that scan was of another target than " + plan.origin,
                "Give the URL that it was given");
  }
  if (earlier.tool_version != plan.version) {
    return fail(ErrorCode::unsupported,
                "--resume: that scan was made by another version of weir than " + plan.version,
                "Scan again from the start");
  }
  Resumption resumption;
  for (const scan::LimitSummary& limit : earlier.limits) {
    resumption.operations.push_back(limit.operation);
  }
  // The last one is the one that was interrupted.
  if (!resumption.operations.empty()) resumption.operations.pop_back();
  keep_finished(earlier.limits, resumption.operations);
  keep_finished(earlier.checks, resumption.operations);
  keep_finished(earlier.findings, resumption.operations);
  keep_finished(earlier.timelines, resumption.operations);
  keep_finished(earlier.declarations, resumption.operations);
  std::erase_if(plan.operations, [&resumption](const scan::ScanOperation& operation) {
    return std::find(resumption.operations.begin(), resumption.operations.end(),
                     scan::operation_name(operation.request)) != resumption.operations.end();
  });
  if (!keep_seed) plan.seed = earlier.seed;
  resumption.earlier = std::move(earlier);
  return resumption;
}

void add_earlier(scan::Report& report, Resumption resumption) {
  scan::Report& earlier = resumption.earlier;
  report.notes.push_back(fmt::format(
      "{} operation(s) are from the scan that began at {} and was interrupted (scan {})",
      resumption.operations.size(), earlier.started_at, earlier.scan_id));
  report.requests += earlier.requests;
  report.duration_s += earlier.duration_s;
  put_before(report.limits, std::move(earlier.limits));
  put_before(report.checks, std::move(earlier.checks));
  put_before(report.findings, std::move(earlier.findings));
  put_before(report.timelines, std::move(earlier.timelines));
  put_before(report.declarations, std::move(earlier.declarations));
  if (report.operations) {
    report.operations->declared += static_cast<int>(resumption.operations.size());
    report.operations->tested += static_cast<int>(resumption.operations.size());
  }
  std::stable_sort(
      report.findings.begin(), report.findings.end(),
      [](const scan::Finding& a, const scan::Finding& b) { return a.severity > b.severity; });
  scan::score(report);
}

}  // namespace weir::cli
