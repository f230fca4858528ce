#include "scan/experiment/fill.h"

#include <algorithm>
#include <cmath>

#include "scan/experiment/room.h"

namespace weir::scan {
namespace {

constexpr int kCalmTries = 6;
constexpr int kSpread = 12;  // released together, to reach every process behind one port
constexpr int kMaxSpreads = 5;
constexpr int kMostRefill = 400;

bool is_fault(const Response& response) {
  return response.status >= 500;
}

// Each of the latest answers took so much longer than the first, and so long: requests are held
// back until it is their turn, in place of being refused.
constexpr double kHeldBackTimes = 5;
constexpr double kHeldBackS = 0.1;
constexpr int kHeldBackInARow = 16;

// The first answer that is neither a fault nor a refusal stands for "admitted".
FillResult learn_admitted(Bench& bench, const Reply& first, double max_wait_s) {
  bool answered = false;
  for (int i = 0; i < kCalmTries && !bench.stopped(); ++i) {
    Reply reply = i == 0 ? first : bench.base("base");
    if (!reply.response.ok()) continue;
    answered = true;
    if (reply.response.status == 429) {
      // Somebody used the limit up before us.
      bench.refusal().learn_refused(reply.response);
      const double wait =
          reply.hints.retry_after_s.value_or(reply.hints.reset_s.value_or(max_wait_s));
      bench.wait_until(bench.now_s() + std::min(wait + 0.1, max_wait_s),
                       "the limit is already used up: waiting for room");
      continue;
    }
    if (is_fault(reply.response)) {
      ++bench.facts().uncertain;  // it may have been counted
      continue;
    }
    bench.refusal().learn_admitted(reply.response);
    bench.reconsider(reply);
    return FillResult::refused;
  }
  return answered ? FillResult::no_admission : FillResult::no_answer;
}

// Requests released together reach processes that a single connection does not.
// `first` were admitted before the first refusal of all.
void look_at_other_processes(Bench& bench, int first) {
  LimitFacts& facts = bench.facts();
  int more = 0;
  int spreads = 0;
  for (; spreads < kMaxSpreads && !bench.stopped(); ++spreads) {
    const auto replies = bench.base_together(kSpread, "after the first refusal");
    const auto admitted = static_cast<int>(
        std::count_if(replies.begin(), replies.end(), [](const Reply& r) { return r.admitted(); }));
    more += admitted;
    if (admitted == 0) break;
  }
  const int all = facts.n + more;
  if (all - first < 2) return;
  // A fast bucket also admits after a refusal, but it never stops: processes of their own do.
  if (spreads < kMaxSpreads) {
    facts.per_process = true;
    facts.all_processes = all;
    facts.n = first;
  } else {
    facts.trickles = true;
  }
}

}  // namespace

std::vector<Reply> fill(Bench& bench, int most, std::string_view note) {
  std::vector<Reply> admitted;
  int other = 0;
  while (static_cast<int>(admitted.size()) < most && other < 10 && !bench.stopped()) {
    Reply reply = bench.base(note);
    if (reply.admitted()) {
      admitted.push_back(std::move(reply));
    } else if (reply.refused()) {
      break;
    } else {
      ++other;
    }
  }
  return admitted;
}

Refill ensure_refused(Bench& bench, std::string_view note) {
  Refill refill;
  const int most =
      std::min(kMostRefill, 3 * std::max(bench.facts().n, bench.facts().all_processes) + 20);
  for (int i = 0; i < most && !bench.stopped(); ++i) {
    const Reply reply = bench.base(note);
    if (reply.admitted()) ++refill.admitted;
    if (reply.refused()) {
      refill.refused = true;
      break;
    }
  }
  // Part of the limit came back, not all of it: room comes one by one.
  const int n = bench.facts().n;
  if (refill.refused && n >= 4 && refill.admitted > 0 && refill.admitted * 2 < n &&
      !bench.facts().per_process) {
    bench.facts().trickles = true;
  }
  return refill;
}

FillResult fill_first(Bench& bench, const Reply& first, double max_wait_s) {
  bench.set_phase("fill");
  const FillResult calm = learn_admitted(bench, first, max_wait_s);
  if (calm != FillResult::refused) return calm;

  LimitFacts& facts = bench.facts();
  facts.n = 1;
  facts.fill_start_s = bench.bases().empty() ? bench.now_s() : bench.bases().back().sent_s;
  std::vector<Reply> row;  // answers that are not "admitted", one after the other, all alike
  struct Odd {
    Reply reply;
    int admitted_before;
  };
  std::vector<Odd> odd;  // such answers with admitted ones after them
  const auto put_aside = [&] {
    for (Reply& reply : row) odd.push_back({std::move(reply), facts.n});
    row.clear();
  };
  // Answers of the admitted status that are another document, all alike: a refusal if they stay,
  // and admitted like the rest if not.
  std::vector<Reply> lookalikes;
  const auto admit_lookalikes = [&] {
    facts.n += static_cast<int>(lookalikes.size());
    lookalikes.clear();
  };
  int sent = 0;
  int held_back = 0;
  double quickest_s = bench.bases().empty() ? 0 : bench.bases().back().took_s();
  while (sent < kUnlimitedInARow && held_back < kHeldBackInARow && !bench.stopped()) {
    Reply reply = bench.base("base");
    ++sent;
    quickest_s = std::min(quickest_s, reply.took_s());
    const bool late = reply.took_s() > std::max(kHeldBackS, kHeldBackTimes * quickest_s);
    held_back = late ? held_back + 1 : 0;
    if (reply.admitted() && !bench.refusal().same_document(reply.response)) {
      if (!lookalikes.empty() &&
          signature_of(lookalikes.back().response) != signature_of(reply.response)) {
        admit_lookalikes();
      }
      lookalikes.push_back(std::move(reply));
      if (lookalikes.size() < kLookalikesInARow) continue;
      bench.refusal().learn_refused(lookalikes.back().response);
      for (Reply& refused : lookalikes) bench.reconsider(refused);
      facts.learned = true;
      lookalikes.clear();
      break;
    }
    if (reply.admitted()) {
      put_aside();
      admit_lookalikes();
      ++facts.n;
      facts.fill_end_s = reply.answered_s;
      continue;
    }
    if (!reply.response.ok()) continue;
    if (!row.empty() && signature_of(row.back().response) != signature_of(reply.response)) {
      put_aside();
    }
    row.push_back(std::move(reply));
    if (row.size() < kRefusalsInARow) continue;
    bench.refusal().learn_refused(row.back().response);
    for (Reply& refused : row) bench.reconsider(refused);
    facts.learned = true;
    break;
  }
  admit_lookalikes();
  if (bench.stopped() && !facts.learned) return FillResult::no_answer;
  const auto early_refusal = std::find_if(
      odd.begin(), odd.end(), [](const Odd& o) { return o.reply.response.status == 429; });
  if (!facts.learned && early_refusal != odd.end()) {
    // Refused now and then, never for long: room comes back faster than we ask.
    bench.refusal().learn_refused(early_refusal->reply.response);
    facts.learned = facts.trickles = true;
    facts.n = early_refusal->admitted_before;
    return FillResult::refused;
  }
  if (!facts.learned) {
    facts.in_a_row = facts.n;
    facts.fill_end_s = bench.now_s();
    const auto replies = bench.base_together(kUnlimitedTogether, "at once");
    for (const Reply& reply : replies) {
      facts.n += reply.admitted() ? 1 : 0;
      facts.refused_together += reply.admitted() ? 0 : 1;
    }
    facts.held_back = held_back >= kHeldBackInARow;
    facts.unlimited = !facts.held_back;
    return FillResult::unlimited;
  }
  // What was odd before may have been a refusal of one process while others still admitted; or a
  // fault, which may have been counted.
  int before_refusal = facts.n;
  int early = 0;
  for (Odd& one : odd) {
    if (bench.refusal().classify(one.reply.response) == Outcome::refused) {
      ++early;
      before_refusal = std::min(before_refusal, one.admitted_before);
    } else {
      ++facts.uncertain;
    }
  }
  // A single 503 that looks like the limit's may be chance.
  const bool sure = bench.refusal().refused_status() == 429 || early >= 2;
  if (early > 0 && !sure) {
    ++facts.uncertain;
    before_refusal = facts.n;
  }
  look_at_other_processes(bench, before_refusal);
  return FillResult::refused;
}

}  // namespace weir::scan
