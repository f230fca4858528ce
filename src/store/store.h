// Store: where counters live. The one interface that the engine decides through.
//
// Every implementation runs the same pure algorithms of limit/ and keeps their promise over all
// threads, and over all processes and machines that share it. tests/conformance holds each of them
// to this header.
//
// Thread safety: every member may be called from any thread at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/key.h"
#include "base/result.h"
#include "limit/limit.h"
#include "weir/time.h"

namespace weir::store {

struct ChargeRequest {
  Key key;
  limit::Limit limit;
  std::int64_t cost = 1;  // 1 or more; distinct and concurrency do not look at it
  // distinct: the keyed hash of the value. concurrency: the request's own id. See limit/.
  std::uint64_t subject = 0;
  Time now{};  // the caller's clock; the store never reads one to decide
  // How long the store may take, by the monotonic clock. A store without I/O ignores it.
  Duration budget = std::chrono::milliseconds(250);
};

// What every store answers to a request that no limit can mean. Within these bounds no sum of
// counts overflows.
inline bool is_valid(const ChargeRequest& request) {
  // The exact window first and here: it is the one that is asked most.
  const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
  return request.cost >= 1 && (window != nullptr ? window->n >= 1 && window->n <= kMaxCount
                                                 : limit::is_valid(request.limit));
}
inline Status validate(const ChargeRequest& request) {
  if (is_valid(request)) return {};
  return fail(ErrorCode::invalid_input,
              "a charge of " + std::to_string(request.cost) + " under this limit has no meaning",
              "the cost is at least 1, a count 1 to " + std::to_string(kMaxCount) +
                  ", the rest as the headers of limit/ say");
}

// The limit of a request whose caller has made sure that it is an exact window.
inline const limit::WindowLimit& window_of(const ChargeRequest& request) {
  return std::get<limit::WindowLimit>(request.limit);
}
// What a store answers that keeps exact windows only; success if the request is for one.
inline Status expect_window(const ChargeRequest& request) {
  if (Status valid = validate(request); !valid) return valid;
  if (std::holds_alternative<limit::WindowLimit>(request.limit)) return {};
  return fail(ErrorCode::invalid_input, "this store keeps only the exact window",
              "use another algorithm or another store for this rule");
}

// What limit::Charge says, as far as this node knows. `local` says that it was known without asking
// anybody.
struct ChargeOutcome {
  limit::Charge charge;
  bool local = false;
};

class Store {
 public:
  virtual ~Store() = default;

  // Admits or refuses. An Error means that the store could not decide; whatever it may have charged
  // nevertheless is lost, never used: the caller follows its failure policy, and must not treat the
  // error as a refusal.
  virtual Result<ChargeOutcome> charge(const ChargeRequest& request) = 0;

  // The refusal that charge() would answer without asking anybody, if there is one. Charges nothing
  // and never waits. Lets a caller with several keys learn cheaply that one of them has no room,
  // before it pays for the others.
  virtual std::optional<ChargeOutcome> known_refusal(const ChargeRequest& /*request*/) {
    return std::nullopt;
  }

  // The admission that charge() would answer from what this node has paid for in advance (a lease),
  // if there is one. Never waits: it is what is left while the store cannot be asked.
  virtual std::optional<ChargeOutcome> charge_paid(const ChargeRequest& /*request*/) {
    return std::nullopt;
  }

  // Returns an admission that was not used because a later rule refused. `slot` is the one in the
  // outcome. Tried once, never repeated: a repeated give-back would hand out what nobody paid for.
  // On Error the charge stays, which is safe.
  virtual Status give_back(const ChargeRequest& request, std::int64_t slot) = 0;

  // Forgets what was counted for a key, whatever the algorithm, as if it had never been charged.
  // Answers whether there was anything. For operators only: who was let through before may be let
  // through once more. Other nodes repeat a refusal that they know until the time that it named.
  virtual Result<bool> forget(const Key& key, Duration budget) = 0;

  // Whether the store is ready to decide, and what must be mended if not. Makes it so if it only
  // takes time, such as connecting; a store that needs no such thing is always ready.
  virtual Status check(Duration /*budget*/) { return {}; }

  // A secret that all who share these counters have, for policies that state no pepper; empty if
  // the store keeps none.
  virtual std::string_view pepper() const { return {}; }

  // "memory", "shared", "dynamodb": for logs and metrics.
  virtual std::string_view name() const = 0;
};

}  // namespace weir::store
