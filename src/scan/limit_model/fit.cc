#include "scan/limit_model/fit.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "scan/limit_model/candidates/engines.h"

namespace weir::scan {
namespace {

using Trace = std::vector<Observation>;

constexpr std::size_t kMaxEdges = 24;     // times at which room came back that are looked at
constexpr std::size_t kMaxLookBack = 60;  // admissions before an edge that may have begun a window
constexpr double kSameWindow = 0.004;     // windows closer than this share are one
constexpr double kApart = 0.05;           // and farther apart than this share not neighbours
constexpr std::size_t kMaxWindows = 140;
constexpr std::size_t kMaxPhaseEdges = 8;
constexpr int kMaxRunLengths = 3;  // further candidates for N
constexpr int kEvenPhases = 24;
constexpr int kFineSteps = 24;        // around the best window, so many to each side ...
constexpr double kFineStep = 0.0025;  // ... this share apart
constexpr int kFinePhases = 10;       // between two even phases

constexpr double kDecidingS = 0.02;
constexpr int kMistake = 4;
constexpr int kDoubt = 1;  // wrong at one end of the time in which it was decided

struct Score {
  int wrong = 1 << 30;
  int raced = 0;  // what passed too much in volleys: prefers the engine that explains more of it
  int total() const { return wrong + raced; }
};

// Stops counting beyond `enough`.
template <class Engine>
Score replay(Engine engine, const Trace& trace, int enough) {
  Score score{0, 0};
  for (const Observation& seen : trace) {
    // A slow answer waited for its turn first: it was decided towards the end.
    const double decided_s =
        std::max((seen.sent_s + seen.answered_s) / 2, seen.answered_s - kDecidingS);
    if (seen.foreign) {
      engine.refuse(decided_s);
      continue;
    }
    if (seen.unclear) {
      candidates::admit(engine, decided_s);
      continue;
    }
    const bool early = engine.room(seen.sent_s);
    const bool late = engine.room(seen.answered_s);
    if (early != seen.admitted || late != seen.admitted) {
      if (seen.together && seen.admitted) {
        score.raced += kDoubt;
      } else {
        score.wrong += early == late ? kMistake : kDoubt;
      }
      if (score.total() > enough) return score;
    }
    if (seen.admitted) {
      engine.charge(decided_s);
    } else {
      engine.refuse(decided_s);
    }
  }
  return score;
}

struct Choice {
  int n = 0;
  double window = 0;
  double phase = 0;
};

// The best of one kind so far, and all the windows with which it is as good.
struct Best {
  Score score;
  Choice choice;
  std::vector<double> windows;

  template <class Make>
  void offer(const Trace& trace, const Make& make, const Choice& candidate) {
    const Score found = replay(make(candidate), trace, score.total());
    if (found.total() > score.total()) return;
    if (found.total() < score.total()) {
      score = found;
      choice = candidate;
      windows.clear();
    }
    if (candidate.n == choice.n) windows.push_back(candidate.window);
  }
};

// Each time room came back: after a refused request and before the admitted one after it.
struct Edge {
  std::size_t at;  // of the admitted one, in the trace
  double from_s, to_s;
};

std::vector<Edge> edges_of(const Trace& trace) {
  std::vector<Edge> edges;
  const Observation* last = nullptr;
  for (std::size_t i = 0; i < trace.size() && edges.size() < kMaxEdges; ++i) {
    if (trace[i].foreign || trace[i].unclear) continue;
    if (trace[i].admitted && last != nullptr && !last->admitted) {
      edges.push_back({i, last->sent_s, trace[i].answered_s});
    }
    last = &trace[i];
  }
  return edges;
}

// From each admission (where refused requests are counted: from each request) to the times, later
// on, at which room came back: W is among these wherever it can be known.
std::vector<double> windows_of(const Trace& trace, const std::vector<Edge>& edges,
                               const std::vector<double>& asked, candidates::Refused refused) {
  std::vector<double> windows;
  for (const double seconds : asked) {
    for (const double w : {seconds, std::round(seconds), std::floor(seconds)}) windows.push_back(w);
  }
  for (const Edge& edge : edges) {
    std::size_t looked = 0;
    for (std::size_t i = edge.at; i-- > 0 && looked < kMaxLookBack;) {
      if (!trace[i].admitted && refused == candidates::Refused::free && i + 1 != edge.at) continue;
      ++looked;
      windows.push_back(edge.to_s - trace[i].sent_s);
      windows.push_back((edge.from_s + edge.to_s) / 2 - trace[i].sent_s);
    }
  }
  std::erase_if(windows, [](double w) { return !(w >= 0.05); });
  std::sort(windows.begin(), windows.end());
  windows.erase(std::unique(windows.begin(), windows.end(),
                            [](double a, double b) { return b - a < kSameWindow * a; }),
                windows.end());
  // Too many: every second, third ... of them.
  const std::size_t stride = windows.size() / kMaxWindows + 1;
  std::vector<double> kept;
  for (std::size_t i = 0; i < windows.size(); i += stride) kept.push_back(windows[i]);
  return kept;
}

// Where in real time the windows of length `window` may begin: at the edges that were seen, or
// `before` them; and evenly spread, where that tells nothing or is not precise.
std::vector<double> phases_of(const std::vector<Edge>& edges, double window, double before) {
  std::vector<double> phases;
  const auto add = [&](double began) {
    phases.push_back(began - window * std::floor(began / window));
  };
  for (std::size_t i = 0; i < std::min(edges.size(), kMaxPhaseEdges); ++i) {
    add((edges[i].from_s + edges[i].to_s) / 2 - before);
    add(edges[i].to_s - before);
  }
  if (edges.empty() || before > 0) {
    for (int i = 0; i < kEvenPhases; ++i) phases.push_back(window * i / kEvenPhases);
  }
  return phases;
}

// How many passed in a row before each refusal: another candidate for N where the first row was cut
// by the edge of a window.
std::vector<int> candidates_for_n(const Trace& trace, const std::vector<int>& asked) {
  std::vector<int> all = asked;
  int row = 0;
  int added = 0;
  for (const Observation& seen : trace) {
    if (seen.foreign || seen.unclear) continue;
    if (seen.admitted) {
      ++row;
      continue;
    }
    if (row > 1 && added < kMaxRunLengths && std::find(all.begin(), all.end(), row) == all.end()) {
      all.push_back(row);
      ++added;
    }
    row = 0;
  }
  return all;
}

// Of requests that were refused in one volley the first says all: of the others nothing is asked.
Trace ask_once(Trace trace) {
  bool refused_before = false;
  for (Observation& seen : trace) {
    if (seen.foreign || seen.unclear) continue;
    const bool refused = seen.together && !seen.admitted;
    if (refused && refused_before) seen.foreign = true;
    refused_before = refused;
  }
  return trace;
}

Trace without_foreign(const Trace& trace) {
  Trace kept;
  std::copy_if(trace.begin(), trace.end(), std::back_inserter(kept),
               [](const Observation& seen) { return !seen.foreign; });
  return kept;
}

// What is tried of one kind: how it is made, and how it came out.
struct Hypothesis {
  LimitKind kind;
  bool counts_refused;
  Best best;
};

// The search over one trace: all of it, or for engines that do not count refused requests without
// those of which nothing is asked.
class Search {
 public:
  Search(const Trace& trace, const FitQuestion& question, candidates::Refused refused)
      : trace_(trace),
        n_(candidates_for_n(trace, question.n)),
        edges_(edges_of(trace)),
        windows_(windows_of(trace, edges_, question.window_s, refused)) {}

  template <class Make>
  Best without_phase(const Make& make) const {
    Best best;
    for (const int n : n_) {
      for (const double window : windows_) best.offer(trace_, make, {n, window, 0});
    }
    refine(make, best);
    return best;
  }

  // Tokens come one by one: a wait that was seen may be that for a single token.
  template <class Make>
  Best single_tokens(const Make& make) const {
    Best best;
    for (const int n : n_) {
      for (const double window : windows_) {
        best.offer(trace_, make, {n, window, 0});
        best.offer(trace_, make, {n, window * n, 0});
      }
    }
    refine(make, best);
    return best;
  }

  // A full counter that fades has faded by one only after the N-th part of a period.
  template <class Make>
  Best with_phase(const Make& make, bool fades) const {
    Best best;
    const auto try_window = [&](int n, double window) {
      for (const double phase : phases_of(edges_, window, fades ? window / n : 0)) {
        best.offer(trace_, make, {n, window, phase});
      }
    };
    for (const int n : n_) {
      for (const double window : windows_) try_window(n, window);
    }
    const Choice coarse = best.choice;
    for (int i = -kFineSteps; i <= kFineSteps; i += 2) {
      try_window(coarse.n, coarse.window * (1 + i * kFineStep));
    }
    for (int i = -kFinePhases; i <= kFinePhases; ++i) {
      const double phase = coarse.phase + coarse.window * i / (kEvenPhases * kFinePhases);
      best.offer(trace_, make, {coarse.n, coarse.window, phase});
    }
    return best;
  }

 private:
  template <class Make>
  void refine(const Make& make, Best& best) const {
    const Choice coarse = best.choice;
    for (int i = -kFineSteps; i <= kFineSteps; ++i) {
      best.offer(trace_, make, {coarse.n, coarse.window * (1 + i * kFineStep), 0});
    }
  }

  const Trace& trace_;
  std::vector<int> n_;
  std::vector<Edge> edges_;
  std::vector<double> windows_;
};

// In order of preference on a tie: fewer parameters first.
std::vector<Hypothesis> all_hypotheses(const Trace& trace, const FitQuestion& question) {
  using namespace candidates;
  const Trace asked = without_foreign(trace);
  const Search plain(asked, question, Refused::free);
  const Search counting(trace, question, Refused::counted);
  std::vector<Hypothesis> all;
  const auto add = [&](LimitKind kind, bool counts_refused, Best best) {
    all.push_back({kind, counts_refused, std::move(best)});
  };
  add(LimitKind::fixed_window_first_hit, false,
      plain.without_phase([](const Choice& c) { return FixedFirstHit(c.n, c.window); }));
  add(LimitKind::sliding_window, false,
      plain.without_phase([](const Choice& c) { return SlidingLog(c.n, c.window); }));
  add(LimitKind::token_bucket, false,
      plain.single_tokens([](const Choice& c) { return TokenBucket(c.n, c.window); }));
  add(LimitKind::fixed_window_clock, false,
      plain.with_phase([](const Choice& c) { return FixedClock(c.n, c.window, c.phase); }, false));
  add(LimitKind::sliding_counter, false,
      plain.with_phase([](const Choice& c) { return SlidingCounter(c.n, c.window, c.phase); },
                       true));
  add(LimitKind::sliding_window, true, counting.without_phase([](const Choice& c) {
    return SlidingLog(c.n, c.window, Refused::counted);
  }));
  add(LimitKind::fixed_window_first_hit, true,
      counting.without_phase([](const Choice& c) { return ElasticWindow(c.n, c.window); }));
  add(LimitKind::sliding_counter, true,
      counting.with_phase(
          [](const Choice& c) { return SlidingCounter(c.n, c.window, c.phase, Refused::counted); },
          true));
  return all;
}

// Of windows that explain as much the shortest, with those beside it: multiples of it leave out
// edges at which nothing was sent. People set whole seconds: where one is among them, it is that.
void choose_window(std::vector<double> windows, Fit& fit) {
  std::sort(windows.begin(), windows.end());
  const auto gap = std::adjacent_find(windows.begin(), windows.end(),
                                      [](double a, double b) { return b - a > kApart * a; });
  if (gap != windows.end()) windows.erase(gap + 1, windows.end());
  fit.window_from_s = windows.front();
  fit.window_to_s = windows.back();
  const double middle = windows[windows.size() / 2];
  const double whole = std::round(middle);
  const bool fits = whole >= 1 && whole >= fit.window_from_s && whole <= fit.window_to_s;
  fit.window_s = fits ? whole : middle;
}

}  // namespace

Fit fit_limit(const Trace& whole, const FitQuestion& question) {
  const Trace trace = ask_once(
      Trace(whole.begin(),
            whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.size(), kMaxFitTrace))));
  Fit fit;
  if (trace.empty() || question.n.empty()) return fit;
  const std::vector<Hypothesis> all = all_hypotheses(trace, question);
  const auto winner =
      std::min_element(all.begin(), all.end(), [](const Hypothesis& a, const Hypothesis& b) {
        return a.best.score.total() < b.best.score.total();
      });
  if (winner->best.windows.empty()) return fit;
  const auto predicted = std::count_if(trace.begin(), trace.end(), [](const Observation& seen) {
    return !seen.foreign && !seen.unclear;
  });
  fit.share = std::max(0.0, 1.0 - static_cast<double>(winner->best.score.wrong) /
                                      static_cast<double>(kMistake * std::max(predicted, 1L)));
  fit.n = winner->best.choice.n;
  fit.phase_s = winner->best.choice.phase;
  fit.counts_refused = winner->counts_refused;
  choose_window(winner->best.windows, fit);
  fit.kind = fit.share >= kMinFit ? winner->kind : LimitKind::unknown;
  for (const Hypothesis& other : all) {
    if (&other != &*winner && other.best.score.total() == winner->best.score.total()) {
      fit.ties.push_back(other.kind);
    }
  }
  return fit;
}

}  // namespace weir::scan
