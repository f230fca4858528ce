// What a scan of many operations costs the scanner itself: processor time and memory at its
// highest, for operations that each have a limit of their own, in virtual time
// (tests/scan/virtual_target.h), and the size of its JSON report.
//
//   weir_scan_bench [OPERATIONS]     (1,000 unless told)
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "bench/process_cost.h"
#include "report/report.h"
#include "tests/scan/virtual_target.h"

using namespace weir;

int main(int argc, char** argv) {
  const int operations = argc > 1 ? std::atoi(argv[1]) : 1000;
  const auto path = [](const scan::Request& request) { return std::string(request.path()); };
  scan::test::Behaviour behaviour;
  behaviour.limiter = scan::test::counting(scan::candidates::FixedClock(20, 10, 0));
  behaviour.key = path;
  behaviour.status = [path](const scan::Request& request) {
    return path(request).starts_with("/things/") ? 200 : 404;
  };
  scan::test::VirtualScan scan(behaviour);
  scan.plan.operations.clear();
  for (int i = 0; i < operations; ++i) {
    scan.plan.operations.push_back({{.method = "GET", .target = fmt::format("/things/{}", i)}});
  }
  scan.plan.bounds.max_requests = 10'000'000;
  scan.plan.bounds.max_time = std::chrono::hours(1000);
  const scan::ScanResult result = scan.run();
  const double scanned_s = bench::cpu_s();
  const auto text = report::render(result.report, report::Format::json, {});
  fmt::print("| {} | {} | {} | {:.1f} | {:.0f} | {:.1f} |\n", result.report.limits.size(),
             result.report.requests, result.report.findings.size(), scanned_s, bench::peak_mb(),
             text ? static_cast<double>(text->size()) / 1e6 : 0.0);
}
