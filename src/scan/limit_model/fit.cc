#include "scan/limit_model/fit.h"

#include <algorithm>
#include <cmath>

#include "scan/limit_model/candidates/engines.h"

namespace weir::scan {
namespace {

constexpr std::size_t kMaxEdgePhases = 24;
constexpr int kEvenPhases = 24;  // and so many more, evenly over the window
constexpr int kFineSteps = 10;   // between two of those

template <class Engine>
int mistakes(Engine engine, const std::vector<Observation>& trace) {
  int wrong = 0;
  for (const Observation& seen : trace) {
    // Decided somewhere between sending and answer.
    const double middle = (seen.sent_s + seen.answered_s) / 2;
    if (engine.admit(middle) != seen.admitted) ++wrong;
  }
  return wrong;
}

struct Best {
  int wrong = 1 << 30;
  int n = 0;
  double window = 0;
  double phase = 0;

  void offer(int candidate_wrong, int candidate_n, double candidate_window,
             double candidate_phase = 0) {
    if (candidate_wrong >= wrong) return;
    wrong = candidate_wrong;
    n = candidate_n;
    window = candidate_window;
    phase = candidate_phase;
  }
};

// Each time room came back: between a refused request and the admitted one after it.
std::vector<double> edges_of(const std::vector<Observation>& trace) {
  std::vector<double> edges;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    if (trace[i].admitted && !trace[i - 1].admitted) {
      edges.push_back((trace[i - 1].answered_s + trace[i].sent_s) / 2);
      edges.push_back(trace[i].sent_s);
    }
  }
  return edges;
}

std::vector<double> windows_of(const std::vector<Observation>& trace,
                               const std::vector<double>& asked) {
  std::vector<double> windows = asked;
  const auto round_figures = [&](double seconds) {
    windows.push_back(seconds);
    windows.push_back(std::round(seconds));
    windows.push_back(std::floor(seconds));
    if (seconds < 3) windows.push_back(std::round(seconds * 10) / 10);
  };
  // From the start of each admitted run to the next room after a refusal, and from room to room.
  double run_start = -1;
  double last_room = -1;
  for (std::size_t i = 0; i < trace.size() && windows.size() < 120; ++i) {
    const bool after_refusal = i > 0 && !trace[i - 1].admitted;
    if (!trace[i].admitted || !(i == 0 || after_refusal)) continue;
    if (run_start >= 0) round_figures(trace[i].sent_s - run_start);
    if (last_room >= 0) round_figures(trace[i].sent_s - last_room);
    if (after_refusal) last_room = trace[i].sent_s;
    run_start = trace[i].sent_s;
  }
  std::erase_if(windows, [](double w) { return !(w >= 0.05); });
  std::sort(windows.begin(), windows.end());
  windows.erase(std::unique(windows.begin(), windows.end(),
                            [](double a, double b) { return std::abs(a - b) < 0.004 * b; }),
                windows.end());
  return windows;
}

// Where in real time the windows of length `window` may begin: at the edges that were seen, or
// `before` them.
std::vector<double> phases_of(const std::vector<double>& edges, double window, double before) {
  std::vector<double> phases;
  for (const double edge : edges) {
    const double began = edge - before;
    phases.push_back(began - window * std::floor(began / window));
  }
  if (phases.size() > kMaxEdgePhases) phases.resize(kMaxEdgePhases);
  for (int i = 0; i < kEvenPhases; ++i) phases.push_back(window * i / kEvenPhases);
  return phases;
}

}  // namespace

Fit fit_limit(const std::vector<Observation>& whole, const FitQuestion& question) {
  const std::vector<Observation> trace(
      whole.begin(),
      whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.size(), kMaxFitTrace)));
  Fit fit;
  if (trace.empty() || question.n.empty()) return fit;
  const std::vector<double> edges = edges_of(trace);

  Best log, counting_log, first_hit, clock, counter, bucket;
  for (const int n : question.n) {
    for (const double window : windows_of(trace, question.window_s)) {
      log.offer(mistakes(candidates::SlidingLog(n, window), trace), n, window);
      counting_log.offer(mistakes(candidates::SlidingLog(n, window, true), trace), n, window);
      first_hit.offer(mistakes(candidates::FixedFirstHit(n, window), trace), n, window);
      bucket.offer(mistakes(candidates::TokenBucket(n, window), trace), n, window);
      // A bucket's tokens come one by one: a wait that was seen may be that for a single token.
      bucket.offer(mistakes(candidates::TokenBucket(n, window * n), trace), n, window * n);
      for (const double phase : phases_of(edges, window, 0)) {
        clock.offer(mistakes(candidates::FixedClock(n, window, phase), trace), n, window, phase);
      }
      // A full counter has faded by one only after the N-th part of a period.
      for (const double phase : phases_of(edges, window, window / n)) {
        counter.offer(mistakes(candidates::SlidingCounter(n, window, phase), trace), n, window,
                      phase);
      }
    }
  }

  // Between the phases of the grid.
  const Best coarse = counter;
  for (int i = -kFineSteps; i <= kFineSteps; ++i) {
    const double phase = coarse.phase + coarse.window * i / (kEvenPhases * kFineSteps);
    counter.offer(mistakes(candidates::SlidingCounter(coarse.n, coarse.window, phase), trace),
                  coarse.n, coarse.window, phase);
  }

  struct Entry {
    LimitKind kind;
    const Best* best;
    bool counts_refused;
  };
  // In order of preference on a tie: fewer parameters first.
  const Entry entries[] = {{LimitKind::fixed_window_first_hit, &first_hit, false},
                           {LimitKind::sliding_window, &log, false},
                           {LimitKind::token_bucket, &bucket, false},
                           {LimitKind::fixed_window_clock, &clock, false},
                           {LimitKind::sliding_counter, &counter, false},
                           {LimitKind::sliding_window, &counting_log, true}};
  const Entry* winner = &entries[0];
  for (const Entry& entry : entries) {
    if (entry.best->wrong < winner->best->wrong) winner = &entry;
  }
  fit.share = 1.0 - static_cast<double>(winner->best->wrong) / static_cast<double>(trace.size());
  fit.n = winner->best->n;
  fit.window_s = winner->best->window;
  fit.counts_refused = winner->counts_refused;
  fit.kind = fit.share >= kMinFit ? winner->kind : LimitKind::unknown;
  for (const Entry& entry : entries) {
    if (&entry != winner && entry.best->wrong == winner->best->wrong)
      fit.ties.push_back(entry.kind);
  }
  return fit;
}

}  // namespace weir::scan
