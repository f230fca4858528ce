#include "scan/experiment/rounds.h"

#include <algorithm>
#include <cmath>

#include "scan/experiment/estimate.h"
#include "scan/experiment/fill.h"
#include "scan/experiment/room.h"
#include "scan/experiment/volley.h"

namespace weir::scan {
namespace {

// Where in the window the late requests are sent. Early enough that a window somewhat shorter than
// believed has not ended, late enough that both sides of the edge lie within half a window.
constexpr double kLate = 0.8;
constexpr int kSilentRounds = 3;
constexpr int kMostRounds = 5;

class Rounds {
 public:
  Rounds(Bench& bench, const RoundPlan& plan) : bench_(bench), facts_(bench.facts()), plan_(plan) {}

  void run() {
    bench_.set_phase("wait");
    auto room =
        await_room(bench_, bench_.now_s(), bench_.now_s() + plan_.max_wait_s, Polling::as_told);
    if (!room) return note_no_room();
    note_window(*room);
    if (facts_.wait_grows) return silent_rounds();
    if (facts_.per_process) return per_process();
    if (!facts_.trickles && !comes_back_at_once(*room)) facts_.trickles = true;
    // A round that was planned for another kind of limit than it turned out to be does not count.
    for (int i = 0; room && i < kMostRounds && may_go_on() && wants_round(done_); ++i) {
      const bool trickles = facts_.trickles;
      room = trickles ? trickle_round(*room) : window_round(*room);
      if (only_silence_helps()) return silent_rounds();
      if (trickles == facts_.trickles) ++done_;
    }
  }

 private:
  bool may_go_on() const { return !bench_.stopped() && bench_.now_s() < plan_.until_s; }

  // Where a race was seen, only what went out one after the other says something of the edge: that
  // takes a round of its own, and another to repeat it.
  bool wants_round(int done) const {
    if (done < plan_.rounds) return true;
    return done == plan_.rounds && raced_ && !facts_.trickles &&
           bench_.now_s() + 1.2 * planned_window() < plan_.spare_s;
  }

  void note_no_room() {
    if (bench_.stopped() || bench_.refused_bases().empty()) return;
    const Reply& last = bench_.refused_bases().back();
    facts_.no_room_s = last.sent_s - facts_.fill_end_s;
    facts_.told_wait_s = last.hints.retry_after_s ? last.hints.retry_after_s : last.hints.reset_s;
  }

  // Room came: W is the time since the window began. Of a window that was used up without a race
  // the N-th last request that may have been counted was the first; after a race, the last room.
  void note_window(const Room& room, bool raced = false) {
    ++rooms_;
    fit_ = trusted_fit(bench_);
    // The first row was cut by the edge of a window, if no later one was as long.
    if (fit_ && fit_->kind == LimitKind::fixed_window_clock && fit_->n < facts_.n &&
        longest_later_row() < facts_.n) {
      facts_.n = fit_->n;
    }
    learn_trickle();
    facts_.window_low_s = window_lower_bound(bench_.spending(), facts_.n);
    std::vector<double> spent_s;
    for (const Observation& seen : bench_.spending()) {
      if (seen.admitted && seen.sent_s < room.admitted_sent_s) spent_s.push_back(seen.sent_s);
    }
    const auto n = static_cast<std::size_t>(facts_.n);
    double began_s = spent_s.size() >= n ? spent_s[spent_s.size() - n] : facts_.fill_start_s;
    if (raced && last_room_s_ > 0) began_s = last_room_s_;
    facts_.window_high_s = std::max(room.admitted_s - began_s, facts_.window_low_s);
    if (raced && fit_) facts_.window_high_s = std::max(fit_->window_s, facts_.window_low_s);
    last_room_s_ = room.admitted_sent_s;
  }

  // Every request keeps the limit closed, refused ones too: then no edge can be watched for.
  bool only_silence_helps() {
    fit_ = trusted_fit(bench_);
    if (!fit_ || !fit_->counts_refused) return false;
    facts_.counts_refused = true;
    facts_.trickles = false;
    facts_.window_low_s = fit_->window_from_s;
    facts_.window_high_s = fit_->window_to_s;
    // What had room in those rounds is not known.
    for (EdgeRound& round : bench_.rounds()) round.volley_counts = false;
    return true;
  }

  // Only silence brings room: each volley is released after some, into a full quota. How much is
  // needed is found by halving what is not known of W.
  void silent_rounds() {
    // Where each refusal makes the wait longer, one volley is enough of them.
    for (int i = 0; i < (facts_.wait_grows ? 1 : kSilentRounds) && may_go_on(); ++i) {
      fit_ = trusted_fit(bench_);
      double silence_s = facts_.window_high_s;
      if (fit_ && fit_->counts_refused) {
        silence_s =
            i == 0 ? 1.02 * fit_->window_to_s : (fit_->window_from_s + fit_->window_to_s) / 2;
      }
      if (facts_.wait_grows) silence_s = std::min(facts_.wait_grows->second, plan_.max_wait_s);
      bench_.set_phase("wait");
      bench_.wait_until(bench_.now_s() + silence_s, "for enough silence");
      bench_.set_phase("race");
      EdgeRound round;
      const std::size_t first = bench_.exchanges().size();
      round.before_s = bench_.now_s();
      release_volley(bench_, round, volley_size(facts_.n));
      round.volley_allowed = facts_.n + facts_.uncertain;
      round.volley_counts = round.volley > 0;
      keep_exchanges(bench_, round, first);
      bench_.rounds().push_back(round);
    }
  }

  // How many passed between two refusals, at most, after the first refusal of all. Served variants
  // may have been counted too: without them a row looks shorter than the limit is.
  int longest_later_row() const {
    int longest = 0;
    int row = 0;
    bool first = true;
    for (const Observation& seen : bench_.spending()) {
      if (seen.unclear) continue;
      if (seen.admitted) {
        longest = std::max(longest, first ? 0 : ++row);
      } else {
        first = false;
        row = 0;
      }
    }
    return longest;
  }

  void learn_trickle() {
    if (!fit_ || fit_->counts_refused) return;
    const bool counter = fit_->kind == LimitKind::sliding_counter && fit_->ties.empty();
    if (!counter && fit_->kind != LimitKind::token_bucket) return;
    facts_.trickles = true;
    facts_.token_s = fit_->window_s / fit_->n;
    if (counter) period_began_s_ = fit_->phase_s;
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
    release_volley(bench_, round, 3 * facts_.n + 12);
    round.volley_allowed = facts_.n;
    round.volley_counts = true;
    keep_exchanges(bench_, round, first);
    bench_.rounds().push_back(round);
  }

  double planned_window() const {
    // Of the first window nothing but its end was seen.
    if (fit_ && rooms_ > 1) return std::max(fit_->window_s, facts_.window_low_s);
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
    const int size = raced_ ? 0 : volley_size(facts_.n);
    // The volley must outnumber what is left; so much that this is more than its size goes first.
    const int alone = raced_ ? left : std::max(left >= 3 ? 1 : 0, left - (size - kVolleyExcess));
    const auto before = fill(bench_, alone, "late in the window");
    round.before = static_cast<int>(before.size());
    round.before_s = before.empty() ? bench_.now_s() : before.front().sent_s;
    bench_.set_phase("race");
    if (size > 0) release_volley(bench_, round, size);
    const double told_off_s = bench_.now_s();
    // The window began after the last refusal: unless W is shorter than it was seen to be, it
    // lasts.
    const bool may_have_ended = told_off_s - room.last_refused_s > facts_.window_low_s;
    bench_.base("control");
    keep_exchanges(bench_, round, first);

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
    // A reset inside the volley would have put the next one a whole window after its release.
    const double released_s = size > 0 ? round.volley_s : told_off_s;
    const bool reset_inside = may_have_ended && edge->admitted_sent_s - released_s > 0.6 * expected;
    // After a race the last N admissions say nothing of W; that the edge came as expected does.
    if (raced && !reset_inside && !fit_) {
      facts_.window_low_s = std::max(facts_.window_low_s, 0.9 * expected);
    }
    // What was used early in the window may be free again by now: it is not taken into account.
    round.volley_allowed = facts_.n - round.before + facts_.uncertain;
    round.volley_counts = !reset_inside;
    // Even a whole new window explains so many only.
    if (reset_inside && round.volley > round.volley_allowed + facts_.n) {
      round.volley_allowed += facts_.n;
      round.volley_counts = true;
    }
    raced_ = raced_ || (round.volley_counts && round.volley > round.volley_allowed + 1);
    if (second > 0) round.exchanges.push_back(second - 1);
    keep_exchanges(bench_, round, second);
    used_ = round.after;
    bench_.rounds().push_back(round);
    if (used_ < facts_.n || !wants_round(done_ + 1)) return edge;
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
    const auto before =
        fill(bench_, std::max(1, facts_.n - (size - kVolleyExcess)), "into the full bucket");
    round.before = static_cast<int>(before.size());
    round.before_s = before.empty() ? bench_.now_s() : before.front().sent_s;
    release_volley(bench_, round, size);
    const double took = bench_.now_s() - round.before_s;
    round.volley_allowed =
        facts_.n - round.before + 1 + static_cast<int>(std::ceil(took / token)) + facts_.uncertain;
    round.volley_counts = true;
    bench_.set_phase("boundary");
    const double quiet = facts_.n >= 7 && !period_began_s_ ? 2.4 * token
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
    keep_exchanges(bench_, round, first);
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

  Bench& bench_;
  LimitFacts& facts_;
  const RoundPlan& plan_;
  std::optional<Fit> fit_;  // of the history up to the last room
  int rooms_ = 0;           // how often room came back
  int done_ = 0;            // rounds that were right for the kind of the limit
  bool raced_ = false;      // a volley got more than had room
  double last_room_s_ = 0;
  int used_ = 1;  // admitted in the window that is running
  std::optional<double> period_began_s_;
};

}  // namespace

void run_rounds(Bench& bench, const RoundPlan& plan) {
  Rounds(bench, plan).run();
}

}  // namespace weir::scan
