#include "scan/experiment/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scan/experiment/rounds.h"

namespace weir::scan {
namespace {

constexpr std::int64_t kLargestStatedLimit = 100000;
constexpr double kWindowsOfAScan = 3.5;  // so many are waited for
// The wait that is told grows: each time by more than rounding, so often, to so many times as much.
constexpr double kGrowthS = 0.5;
constexpr int kGrownOften = 3;
constexpr double kGrownTimes = 2;

}  // namespace

Fit fit_of(const Bench& bench) {
  const LimitFacts& facts = bench.facts();
  FitQuestion question;
  question.n = {facts.n};
  // A fault that came before the first refusal may have been counted.
  for (int more = 1; more <= std::min(facts.uncertain, 2); ++more) {
    question.n.push_back(facts.n + more);
  }
  if (facts.stated_limit && *facts.stated_limit > 0 && *facts.stated_limit != facts.n &&
      *facts.stated_limit < kLargestStatedLimit) {
    question.n.push_back(static_cast<int>(*facts.stated_limit));
  }
  if (facts.window_high_s > 0) question.window_s.push_back(facts.window_high_s);
  if (facts.stated_window_s) question.window_s.push_back(*facts.stated_window_s);
  if (facts.token_s > 0) question.window_s.push_back(facts.token_s * facts.n);
  return fit_limit(bench.trace(), question);
}

std::optional<Fit> trusted_fit(const Bench& bench) {
  if (bench.facts().per_process) return std::nullopt;
  Fit fit = fit_of(bench);
  if (fit.kind == LimitKind::unknown) return std::nullopt;
  return fit;
}

void note_growing_wait(Bench& bench) {
  std::optional<double> first;
  double last = 0;
  int grown = 0;
  for (const Reply& reply : bench.refused_bases()) {
    if (!reply.hints.retry_after_s) continue;
    if (first && *reply.hints.retry_after_s > last + kGrowthS) ++grown;
    if (!first) first = reply.hints.retry_after_s;
    last = *reply.hints.retry_after_s;
  }
  if (grown >= kGrownOften && last > kGrownTimes * *first) {
    bench.facts().wait_grows = {*first, last};
  }
}

std::string what_longer_takes(const LimitFacts& facts) {
  std::string text = fmt::format("room did not come back within {:.0f} s", *facts.no_room_s);
  if (!facts.told_wait_s) {
    return text + ", and the refusals do not say when it will: --max-wait may be raised";
  }
  const double wait_s = std::ceil(*facts.told_wait_s + *facts.no_room_s);
  if (wait_s > kLongestWaitS) {
    return text + fmt::format(
                      "; the refusals say {:.0f} s more, which is longer than --max-wait "
                      "may be",
                      *facts.told_wait_s);
  }
  return text + fmt::format(
                    "; the refusals say {:.0f} s more: --max-wait {:.0f} tests it, in about "
                    "{:.0f} min",
                    *facts.told_wait_s, wait_s, std::ceil(kWindowsOfAScan * wait_s / 60));
}

double window_lower_bound(const std::vector<Observation>& spending, int n) {
  double bound = 0;
  std::vector<double> admitted_s;
  const auto size = static_cast<std::size_t>(std::max(n, 1));
  for (const Observation& seen : spending) {
    if (seen.admitted) {
      admitted_s.push_back(seen.answered_s);
    } else if (admitted_s.size() >= size) {
      bound = std::max(bound, seen.sent_s - admitted_s[admitted_s.size() - size]);
    }
  }
  return bound;
}

}  // namespace weir::scan
