#include "scan/experiment/estimate.h"

#include <algorithm>

namespace weir::scan {
namespace {

constexpr std::int64_t kLargestStatedLimit = 100000;

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
