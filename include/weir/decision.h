// Decision: what Weir answers to one request, complete enough to build the HTTP answer and the log
// line from it alone.
//
// Plain values; safe to copy and to pass between threads. Copies share one receipt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/time.h"

namespace weir {

namespace engine {
class Receipt;
}

enum class Verdict {
  admitted,     // every rule has room, and every rule was charged
  refused,      // a rule has no room: HTTP 429; nothing stays charged
  denied,       // the policy's deny list names who asks: HTTP 403; nothing was counted
  malformed,    // an identifier is not one: HTTP 400; nothing was counted
  unavailable,  // the store could not decide and the rule's failure policy is to deny: HTTP 503,
                // never 429
};

// What a quota counts.
enum class QuotaUnit {
  requests,    // or their cost
  concurrent,  // requests in flight
  values,      // different values of an identity
};

// One rule's quota as this decision leaves it.
struct QuotaStatus {
  std::string rule = {};       // the rule's id
  std::int64_t limit = 0;      // N
  Duration window{};           // W; concurrent: how long one request may be in flight
  std::int64_t remaining = 0;  // admissions left now
  Duration next_room{};        // until `remaining` grows; zero if it is full, or it never will
  QuotaUnit unit = QuotaUnit::requests;
};

struct Decision {
  Verdict verdict = Verdict::admitted;
  Duration retry_after{};  // refused: until this request fits. unavailable: when to try again.
                           // Otherwise zero
  // The rule that refused, was malformed or could not be decided; empty if admitted.
  std::string rule = {};
  std::string reason = {};  // one sentence for people and logs; never holds an identifier in clear
  bool degraded = false;  // decided by the failure policy (local share or allow), not by the store
  std::vector<QuotaStatus> quotas = {};  // in the order of the rules that were asked
  // For Limiter::finish() and settle(); null if neither has anything to do.
  std::shared_ptr<engine::Receipt> receipt = {};
};

}  // namespace weir
