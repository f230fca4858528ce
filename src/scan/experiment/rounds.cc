#include "scan/experiment/rounds.h"

#include <algorithm>
#include <cmath>

#include "scan/experiment/fill.h"
#include "scan/experiment/room.h"

namespace weir::scan {
namespace {

// Where in the window the late requests are sent. Early enough that a window somewhat shorter than
// believed has not ended, late enough that both sides of the edge lie within half a window.
constexpr double kLate = 0.8;
constexpr int kMaxVolley = 40;
constexpr int kMinVolley = 14;

int volley_size(int n) {
  return std::clamp(n + 8, kMinVolley, kMaxVolley);
}

class Rounds {
 public:
  Rounds(Bench& bench, const RoundPlan& plan) : bench_(bench), facts_(bench.facts()), plan_(plan) {}

  void run() {
    bench_.set_phase("wait");
    auto room =
        await_room(bench_, bench_.now_s(), bench_.now_s() + plan_.max_wait_s, Polling::as_told);
    if (!room) return;
    note_window(*room);
    if (facts_.per_process) return per_process();
    if (!facts_.trickles && !comes_back_at_once(*room)) facts_.trickles = true;
    for (int i = 0; i < plan_.rounds && room && may_go_on(); ++i) {
      room = facts_.trickles ? trickle_round(*room) : window_round(*room);
    }
  }

 private:
  bool may_go_on() const { return !bench_.stopped() && bench_.now_s() < plan_.until_s; }

  // Room came: W is the time since the window began. Of a window that was used up without a race
  // the N-th last request that may have been counted was the first; after a race, the last room.
  void note_window(const Room& room, bool raced = false) {
    facts_.window_low_s = window_lower_bound(bench_.spending(), facts_.n);
    std::vector<double> spent_s;
    for (const Observation& seen : bench_.spending()) {
      if (seen.admitted && seen.sent_s < room.admitted_sent_s) spent_s.push_back(seen.sent_s);
    }
    const auto n = static_cast<std::size_t>(facts_.n);
    double began_s = spent_s.size() >= n ? spent_s[spent_s.size() - n] : facts_.fill_start_s;
    if (raced && last_room_s_ > 0) began_s = last_room_s_;
    facts_.window_high_s = std::max(room.admitted_s - began_s, facts_.window_low_s);
    last_room_s_ = room.admitted_sent_s;
  }

  // One more request: a limit that trickles has none left for it.
  bool comes_back_at_once(const Room& room) {
    used_ = 1;
    if (facts_.n < 3) return true;
    // A log forgets its entries as they were made, one after the other.
    bench_.wait_until(room.admitted_s + (facts_.fill_end_s - facts_.fill_start_s) + 0.03,
                      "telling a reset from a trickle");
    const Reply reply = bench_.base("a second one");
    if (reply.admitted()) ++used_;
    return !reply.refused();
  }

  // Several processes, each with a count of its own: a second window must show the same.
  void per_process() {
    bench_.set_phase("race");
    EdgeRound round;
    round.before_s = bench_.now_s();
    const std::size_t first = bench_.exchanges().size();
    const auto replies =
        bench_.base_together(std::min(kMaxVolley, 3 * facts_.n + 12), "released together");
    round.volley_sent = static_cast<int>(replies.size());
    for (const Reply& reply : replies) round.volley += reply.admitted() ? 1 : 0;
    round.volley_allowed = facts_.n;
    round.volley_counts = true;
    round.volley_s = replies.empty() ? round.before_s : replies.front().sent_s;
    keep_exchanges(round, first);
    // One after the other, to the end of all the counts.
    bench_.rounds().push_back(round);
  }

  double planned_window() const {
    double window = std::max(facts_.window_low_s, 0.85 * facts_.window_high_s);
    if (facts_.stated_window_s && *facts_.stated_window_s <= plan_.max_wait_s &&
        *facts_.stated_window_s > facts_.window_low_s &&
        *facts_.stated_window_s < 2 * facts_.window_high_s) {
      window = std::max(window, 0.95 * *facts_.stated_window_s);
    }
    return window;
  }

  // `room` began a window in which used_ requests were admitted so far.
  std::optional<Room> window_round(const Room& room) {
    EdgeRound round;
    const double window = planned_window();
    bench_.wait_until(room.admitted_s + kLate * window, "until late in the window");
    bench_.set_phase("late fill");
    const std::size_t first = bench_.exchanges().size();
    const int left = std::max(0, facts_.n - used_);
    const int size = volley_size(facts_.n);
    // The volley must outnumber what is left; so much that this is more than its size goes first.
    const int alone = std::max(left >= 3 ? 1 : 0, left - (size - 6));
    const auto before = fill(bench_, alone, "late in the window");
    round.before = static_cast<int>(before.size());
    round.before_s = before.empty() ? bench_.now_s() : before.front().sent_s;
    bench_.set_phase("race");
    volley(round, size);
    const double told_off_s = bench_.now_s();
    bench_.base("control");
    keep_exchanges(round, first);

    bench_.set_phase("boundary");
    const auto edge = await_room(bench_, std::max(bench_.now_s(), room.admitted_s + 0.97 * window),
                                 std::max(bench_.now_s(), room.admitted_s + window) +
                                     std::max(plan_.max_wait_s / 2, window));
    const std::size_t second = bench_.exchanges().size();
    if (!edge) {
      bench_.rounds().push_back(round);
      return std::nullopt;
    }
    // What passed until the edge, and two more: enough to show it, and some of the quota is left
    // for the next round.
    const int needed =
        std::max(3, facts_.n - round.before - std::min(round.volley, left - round.before) + 2);
    const auto after = fill(bench_, needed - 1, "after the edge");
    round.room_s = edge->admitted_sent_s;
    round.after = 1 + static_cast<int>(after.size());
    round.after_s = after.empty() ? edge->admitted_s : after.back().answered_s;
    const bool raced = round.volley > left - round.before;
    const double expected = std::min(facts_.window_high_s, edge->admitted_sent_s - room.admitted_s);
    note_window(*edge, raced);
    // A reset inside the volley would have put the next one a whole window later.
    const bool reset_inside = edge->admitted_sent_s - told_off_s > 0.6 * expected;
    // After a race the last N admissions say nothing of W; that the edge came as expected does.
    if (raced && !reset_inside) {
      facts_.window_low_s = std::max(facts_.window_low_s, 0.9 * expected);
    }
    const bool fixed = round.after >= std::min(needed, facts_.n) && round.after > used_;
    // Where the room comes back bit by bit, what was used early may be free again by now.
    round.volley_allowed = facts_.n - round.before - (fixed ? used_ : 0) + facts_.uncertain;
    round.volley_counts = !reset_inside;
    if (second > 0) round.exchanges.push_back(second - 1);
    keep_exchanges(round, second);
    used_ = round.after;
    bench_.rounds().push_back(round);
    if (used_ < facts_.n || static_cast<int>(bench_.rounds().size()) >= plan_.rounds) return edge;
    // Nothing is left of this window: the next one is needed.
    bench_.set_phase("wait");
    ensure_refused(bench_);
    const auto next =
        await_room(bench_, edge->admitted_s + 0.97 * window,
                   edge->admitted_s + window + std::max(plan_.max_wait_s / 2, window));
    if (next) note_window(*next);
    used_ = 1;
    return next;
  }

  std::optional<Room> trickle_round(const Room& room) {
    if (!measure_token(room)) return std::nullopt;
    const double token = facts_.token_s;
    const double window = token * facts_.n;
    bench_.set_phase("wait");
    double burst_s = bench_.now_s() + 1.15 * window;
    // A counter that fades the last period out is best met at the end of a period.
    if (period_began_s_) {
      const double periods = std::ceil((burst_s - *period_began_s_) / window);
      burst_s = *period_began_s_ + (periods - 0.05) * window;
    }
    bench_.wait_until(burst_s, "until the bucket is full again");
    EdgeRound round;
    bench_.set_phase("race");
    const std::size_t first = bench_.exchanges().size();
    const int size = volley_size(facts_.n);
    const auto before = fill(bench_, std::max(1, facts_.n - (size - 6)), "into the full bucket");
    round.before = static_cast<int>(before.size());
    round.before_s = before.empty() ? bench_.now_s() : before.front().sent_s;
    volley(round, size);
    const double took = bench_.now_s() - round.before_s;
    round.volley_allowed =
        facts_.n - round.before + 1 + static_cast<int>(std::ceil(took / token)) + facts_.uncertain;
    round.volley_counts = true;
    bench_.set_phase("boundary");
    const double quiet = facts_.n >= 5 && !period_began_s_ ? 2.4 * token
                         : period_began_s_                 ? 0.05 * window + 1.4 * token
                                                           : 1.4 * token;
    bench_.wait_until(bench_.now_s() + quiet, "for what trickles in after the burst");
    const auto after = fill(bench_, facts_.n, "after the burst");
    round.after = static_cast<int>(after.size());
    // All of it came back in one piece: that was no trickle, and the token is none. A log that
    // counts refused requests too looks like one as long as it is polled.
    if (round.after > 2 + static_cast<int>(std::ceil(quiet / token)) ||
        (facts_.n >= 4 && round.after >= facts_.n - 1)) {
      facts_.trickles = false;
      facts_.token_s = 0;
      return std::nullopt;
    }
    round.room_s = after.empty() ? 0 : after.front().sent_s;
    round.after_s = after.empty() ? 0 : after.back().answered_s;
    keep_exchanges(round, first);
    bench_.rounds().push_back(round);
    if (round.after > 0) return room;
    // Nothing for so long after a full burst: no bucket. A counter is dead until its period ends.
    const auto edge = await_room(bench_, bench_.now_s(), bench_.now_s() + 2.2 * window);
    if (edge && !period_began_s_) {
      period_began_s_ = edge->admitted_sent_s - token;
      bench_.rounds().pop_back();
      return trickle_round(*edge);
    }
    return edge;
  }

  // The time between two tokens, from two that come while nothing else is taken.
  bool measure_token(const Room& room) {
    if (facts_.token_s > 0) return true;
    bench_.set_phase("wait");
    ensure_refused(bench_);
    const auto one = await_room(bench_, bench_.now_s(), bench_.now_s() + plan_.max_wait_s);
    if (!one) return false;
    const auto two = await_room(bench_, bench_.now_s(), bench_.now_s() + plan_.max_wait_s);
    if (!two) return false;
    const auto three = await_room(bench_, bench_.now_s(), bench_.now_s() + plan_.max_wait_s);
    if (!three) return false;
    (void)room;
    facts_.token_s = (three->admitted_sent_s - one->admitted_sent_s) / 2;
    if (facts_.token_s * facts_.n > 2 * plan_.max_wait_s) return false;
    facts_.window_low_s = facts_.token_s * (facts_.n - 1);
    facts_.window_high_s = facts_.token_s * (facts_.n + 1);
    return facts_.token_s > 0;
  }

  void volley(EdgeRound& round, int size) {
    const auto replies = bench_.base_together(size, "released together");
    round.volley_sent = static_cast<int>(replies.size());
    round.volley_s = replies.empty() ? bench_.now_s() : replies.front().sent_s;
    for (const Reply& reply : replies) round.volley += reply.admitted() ? 1 : 0;
  }

  void keep_exchanges(EdgeRound& round, std::size_t first) {
    for (std::size_t i = first; i < bench_.exchanges().size(); ++i) round.exchanges.push_back(i);
  }

  Bench& bench_;
  LimitFacts& facts_;
  const RoundPlan& plan_;
  double last_room_s_ = 0;
  int used_ = 1;  // admitted in the window that is running
  std::optional<double> period_began_s_;
};

}  // namespace

void run_rounds(Bench& bench, const RoundPlan& plan) {
  Rounds(bench, plan).run();
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

std::vector<FreshVolley> volleys_on_fresh_sources(Bench& bench, int count) {
  std::vector<FreshVolley> volleys;
  if (!bench.facts().sources_count_apart.value_or(false)) return volleys;
  bench.set_phase("race");
  for (int i = 0; i < count && !bench.stopped(); ++i) {
    const Variant source = bench.from_fresh_source();
    FreshVolley volley;
    volley.began_s = bench.now_s();
    const std::size_t first = bench.exchanges().size();
    const int size = volley_size(bench.facts().n);
    // Of a large limit, all but the last few go first.
    for (int alone = bench.facts().n - (size - 6); alone > 0 && !bench.stopped(); --alone) {
      if (bench.send(source, "before the volley").admitted()) ++volley.admitted;
      ++volley.sent;
    }
    for (const Reply& reply : bench.together(
             std::vector<Variant>(static_cast<std::size_t>(size), source), "released together")) {
      ++volley.sent;
      if (reply.admitted()) ++volley.admitted;
    }
    volley.ended_s = bench.now_s();
    for (std::size_t k = first; k < bench.exchanges().size(); ++k) volley.exchanges.push_back(k);
    volleys.push_back(std::move(volley));
  }
  return volleys;
}

}  // namespace weir::scan
