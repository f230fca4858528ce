#include "report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/phrases.h"
#include "report/xml_tree.h"

namespace weir::report {
namespace {

struct Tally {
  int tests = 0;
  int failures = 0;
  int skipped = 0;
};

const scan::Finding* finding_of(const scan::Report& report, const scan::CheckResult& check) {
  const auto found = std::find_if(
      report.findings.begin(), report.findings.end(), [&check](const scan::Finding& finding) {
        return finding.id == check.id && finding.operation == check.operation;
      });
  return found == report.findings.end() ? nullptr : &*found;
}

std::string proof_of(const scan::Finding& finding) {
  std::string text;
  for (const scan::Evidence& evidence : finding.evidence) {
    text += evidence.claim + "\n";
    if (!evidence.curl.empty()) text += "Reproduce: " + evidence.curl + "\n";
  }
  text += fmt::format("Confidence: {}\nMend: {}\nSee: {}\n", to_string(finding.confidence),
                      finding.remediation, fmt::join(references(finding), ", "));
  return text;
}

void add_skipped(Element test, const std::string& why, Tally& tally) {
  ++tally.skipped;
  test.add("skipped", {{"message", why}});
}

void add_case(Element suite, const scan::Report& report, const scan::CheckResult& check,
              Tally& tally) {
  ++tally.tests;
  Element test = suite.add("testcase", {{"classname", "weir." + check.category},
                                        {"name", check.id + " " + check.operation}});
  if (check.verdict == scan::CheckVerdict::protected_) return;
  if (check.verdict != scan::CheckVerdict::vulnerable) {
    return add_skipped(test, fmt::format("{}: {}", verdict_phrase(check.verdict), check.detail),
                       tally);
  }
  const scan::Finding* finding = finding_of(report, check);
  if (finding == nullptr) {  // left out by --new-only
    return add_skipped(test, "found, and in the baseline as well", tally);
  }
  if (finding->suppressed) {
    return add_skipped(test,
                       fmt::format("suppressed until {}: {}", finding->suppressed->expires,
                                   finding->suppressed->reason),
                       tally);
  }
  ++tally.failures;
  test.add("failure", {{"type", to_string(finding->severity)}, {"message", finding->title}})
      .text(proof_of(*finding), Lines::keep);
}

std::vector<std::string> operations_of(const scan::Report& report) {
  std::vector<std::string> names;
  for (const scan::CheckResult& check : report.checks) {
    if (std::find(names.begin(), names.end(), check.operation) == names.end()) {
      names.push_back(check.operation);
    }
  }
  return names;
}

void add_tally(Element element, const Tally& tally) {
  element.attribute("tests", std::to_string(tally.tests));
  element.attribute("failures", std::to_string(tally.failures));
  element.attribute("errors", "0");
  element.attribute("skipped", std::to_string(tally.skipped));
}

void add_properties(Element suite, const scan::Report& report) {
  Element properties = suite.add("properties");
  const auto add = [&properties](const char* name, const std::string& value) {
    properties.add("property", {{"name", name}, {"value", value}});
  };
  add("score", std::to_string(report.score));
  add("grade", std::string(1, report.grade));
  add("coverage", fmt::format("{:.2f}", report.coverage));
  add("seed", std::to_string(report.seed));
  add("target", report.target);
  add("scan_id", report.scan_id);
}

}  // namespace

std::string render_junit(const scan::Report& report) {
  XmlTree tree("testsuites");
  Element root = tree.root();
  root.attribute("name", "weir scan");
  root.attribute("time", fmt::format("{:.3f}", report.duration_s));
  Tally all;
  for (const std::string& operation : operations_of(report)) {
    Element suite = root.add("testsuite", {{"name", operation}});
    if (!report.started_at.empty()) suite.attribute("timestamp", report.started_at);
    add_properties(suite, report);
    Tally tally;
    for (const scan::CheckResult& check : report.checks) {
      if (check.operation == operation) add_case(suite, report, check, tally);
    }
    add_tally(suite, tally);
    all.tests += tally.tests;
    all.failures += tally.failures;
    all.skipped += tally.skipped;
  }
  add_tally(root, all);
  return tree.serialised();
}

}  // namespace weir::report
