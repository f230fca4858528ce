#include "scan/experiment/room.h"

#include <algorithm>
#include <cmath>

namespace weir::scan {
namespace {

// A poll is this share of the time since the refusal later than the one before: W is found to
// within as much, for few requests whatever W is. Finely where the time is known about. The share
// grows: a limit that counts refused requests too gives no room until the polls are W apart.
constexpr double kGapShare = 0.2;
constexpr double kFineGapShare = 0.08;
constexpr double kLargestGapShare = 0.4;
constexpr double kPatienceS = 10.0;     // so long the polls are as close as that ...
constexpr double kCoarserEachS = 0.02;  // ... and then the share grows by this each second
constexpr double kSmallestGapS = 0.05;
// After the moment that a refusal told us: the margin that a client's clock and the way there need.
constexpr double kToldMarginS = 0.06;

double gap_after(double waited_s, Polling polling) {
  const double least = polling == Polling::finely ? kFineGapShare : kGapShare;
  const double share =
      std::clamp(least + kCoarserEachS * (waited_s - kPatienceS), least, kLargestGapShare);
  return std::max(kSmallestGapS, share * waited_s);
}

}  // namespace

std::optional<Room> await_room(Bench& bench, double quiet_until_s, double give_up_s,
                               Polling polling) {
  const double began_s = bench.now_s();
  Room room;
  room.last_refused_s =
      bench.refused_bases().empty() ? began_s : bench.refused_bases().back().sent_s;
  std::optional<double> told_s;
  if (polling == Polling::as_told && !bench.refused_bases().empty()) {
    const Reply& last = bench.refused_bases().back();
    if (last.hints.retry_after_s)
      told_s = last.answered_s + *last.hints.retry_after_s + kToldMarginS;
  }
  double next_s = std::max(began_s, quiet_until_s);
  if (told_s && *told_s > began_s && *told_s <= give_up_s) next_s = std::max(next_s, *told_s);
  while (!bench.stopped() && next_s <= give_up_s) {
    bench.wait_until(next_s, "waiting for the limit to give room again");
    const Reply reply = bench.base("waiting for room");
    if (reply.admitted()) {
      room.admitted_sent_s = reply.sent_s;
      room.admitted_s = reply.answered_s;
      return room;
    }
    const double now_s = bench.now_s();
    next_s = now_s + gap_after(now_s - began_s, polling);
    if (reply.refused()) {
      room.last_refused_s = reply.sent_s;
      if (polling == Polling::as_told && reply.hints.retry_after_s) {
        const double again_s = reply.answered_s + *reply.hints.retry_after_s + kToldMarginS;
        if (again_s < now_s + 3 && again_s > now_s) next_s = again_s;
      }
    }
  }
  return std::nullopt;
}

}  // namespace weir::scan
