#include "scan/experiment/served.h"

#include <algorithm>

#include "scan/experiment/fill.h"
#include "scan/experiment/room.h"

namespace weir::scan {
namespace {

constexpr double kLongestWaitS = 70;

}  // namespace

Variant Served::changed_variant(const std::string& changed,
                                const std::function<void(Request&)>& change) const {
  Variant variant = client_.value_or(Variant{"", bench_.base_request()});
  change(variant.request);
  if (!changed.empty()) {
    variant.changed += (variant.changed.empty() ? "" : ", ") + changed;
  }
  return variant;
}

// The base's own room; what is not known to come back is not waited for.
bool Served::await() {
  const LimitFacts& facts = bench_.facts();
  if (!facts.learned) return !bench_.stopped();
  if (facts.window_high_s <= 0 || facts.window_high_s > kLongestWaitS) return false;
  const double now_s = bench_.now_s();
  // A limit that counts refused requests gives room only after silence.
  const double quiet_s = facts.counts_refused ? 1.05 * facts.window_high_s : 0;
  const double most_s = std::min(2 * facts.window_high_s + 2, 2 * kLongestWaitS);
  return await_room(bench_, now_s + quiet_s, now_s + most_s, Polling::as_told).has_value();
}

std::optional<Reply> Served::send(const std::string& changed,
                                  const std::function<void(Request&)>& change) {
  if (fresh_ && !client_) client_ = fresh_();
  Reply reply = bench_.send(changed_variant(changed, change), "with room");
  if (!reply.refused()) return reply;
  if (fresh_) {
    client_ = fresh_();
  } else if (!await()) {
    return std::nullopt;
  }
  reply = bench_.send(changed_variant(changed, change), "with room");
  if (reply.refused()) return std::nullopt;
  return reply;
}

bool Served::begin() {
  bool there = true;
  if (fresh_) {
    client_ = fresh_();
  } else if (bench_.facts().learned) {
    // What is left of the running window is used up, so that the next one is whole.
    ensure_refused(bench_);
    there = await();
  }
  began_s_ = bench_.now_s();
  return there && !bench_.stopped();
}

Reply Served::same(const std::string& changed, const std::function<void(Request&)>& change) {
  return bench_.send(changed_variant(changed, change), "with room");
}

}  // namespace weir::scan
