#include "report/phrases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace weir::report {

std::string seconds(double value) {
  const double size = std::abs(value);
  if (size < 1) return fmt::format("{:.3f} s", value);
  if (size < 59.95) {
    const double tenths = std::round(value * 10) / 10;  // a measured 4.98 is "5 s"
    return tenths == std::floor(tenths) ? fmt::format("{:.0f} s", tenths)
                                        : fmt::format("{:.1f} s", tenths);
  }
  if (size >= 1e15) return fmt::format("{:.3g} s", value);
  const auto whole = static_cast<std::int64_t>(std::llround(value));
  const auto two = [](std::int64_t big, const char* big_unit, std::int64_t small,
                      const char* small_unit) {
    return small == 0 ? fmt::format("{} {}", big, big_unit)
                      : fmt::format("{} {} {} {}", big, big_unit, small, small_unit);
  };
  if (size < 3600) return two(whole / 60, "min", whole % 60, "s");
  if (size < 86400) return two(whole / 3600, "h", whole % 3600 / 60, "min");
  return two(whole / 86400, "d", whole % 86400 / 3600, "h");
}

std::string thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string coverage_phrase(const scan::Report& report) {
  if (!report.operations) return "";
  return fmt::format("{} of {} operations of {} were tested.", report.operations->tested,
                     report.operations->declared, report.operations->document);
}

std::vector<Reason> reasons_of(const scan::OperationCoverage& coverage) {
  std::vector<Reason> reasons;
  std::map<std::string_view, std::size_t> places;
  for (const scan::LeftOut& each : coverage.left_out) {
    const auto [place, is_new] = places.try_emplace(each.reason, reasons.size());
    if (is_new) reasons.push_back({each.reason, {}});
    reasons[place->second].operations.push_back(each.operation);
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return a.operations.size() > b.operations.size();
  });
  return reasons;
}

std::string names_phrase(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", std::floor(share * 100 + 1e-9));
}

std::string limit_phrase(std::optional<std::int64_t> n, std::optional<double> window_s) {
  if (!n) return "no limit seen";
  const std::string count = thousands(static_cast<std::uint64_t>(std::max<std::int64_t>(*n, 0)));
  return window_s ? fmt::format("{} per {}", count, seconds(*window_s))
                  : fmt::format("{}, window not known", count);
}

std::string status_phrase(int status) {
  return status == 0 ? "no answer" : std::to_string(status);
}

std::string verdict_phrase(scan::CheckVerdict verdict) {
  return verdict == scan::CheckVerdict::not_applicable ? "not applicable" : to_string(verdict);
}

std::vector<std::string> references(const scan::Finding& finding) {
  std::vector<std::string> all = finding.owasp;
  for (const int weakness : finding.cwe) all.push_back(fmt::format("CWE-{}", weakness));
  for (const std::string& clause : finding.pci_dss) all.push_back("PCI DSS " + clause);
  return all;
}

std::string severities(const std::vector<scan::Finding>& findings) {
  constexpr std::array kMostSevereFirst = {scan::Severity::critical, scan::Severity::high,
                                           scan::Severity::medium, scan::Severity::low,
                                           scan::Severity::info};
  std::string all;
  for (const scan::Severity severity : kMostSevereFirst) {
    const auto count = std::count_if(
        findings.begin(), findings.end(),
        [severity](const scan::Finding& finding) { return finding.severity == severity; });
    if (count == 0) continue;
    all += fmt::format("{}{} {}", all.empty() ? "" : ", ", count, to_string(severity));
  }
  return all.empty() ? "none" : all;
}

std::string comparison_phrase(const scan::Report& report) {
  if (!report.comparison) return {};
  const scan::Comparison& before = *report.comparison;
  return fmt::format("score {} → {} ({:+}), {} new, {} unchanged, {} gone", before.score,
                     report.score, report.score - before.score, before.fresh, before.unchanged,
                     before.gone.size());
}

std::string standing_phrase(const scan::Finding& finding) {
  if (finding.suppressed) {
    return fmt::format("suppressed until {}: {}", finding.suppressed->expires,
                       finding.suppressed->reason);
  }
  return finding.novelty == scan::Novelty::fresh ? "new" : "";
}

std::string headline(const scan::Report& report) {
  if (report.interrupted) return "The scan was interrupted: this is what it had found by then.";
  const auto count = [&report](scan::CheckVerdict verdict) {
    return std::count_if(
        report.checks.begin(), report.checks.end(),
        [verdict](const scan::CheckResult& check) { return check.verdict == verdict; });
  };
  const auto held = count(scan::CheckVerdict::protected_);
  const auto decisive = held + count(scan::CheckVerdict::vulnerable);
  if (report.findings.empty() && decisive > held) {
    return "Nothing was found that the baseline does not have.";
  }
  if (report.findings.empty()) {
    if (held == 0) return "Nothing was found, but nothing could be decided either.";
    const bool limits_only = std::all_of(
        report.checks.begin(), report.checks.end(),
        [](const scan::CheckResult& check) { return check.category == "rate-limiting"; });
    return fmt::format("{} held against {}.", limits_only ? "The limits" : "The target",
                       held == 1 ? "the one check that was decisive"
                                 : fmt::format("all {} checks that were decisive", held));
  }
  return fmt::format("{} of {} decisive checks found a flaw.", decisive - held, decisive);
}

}  // namespace weir::report
