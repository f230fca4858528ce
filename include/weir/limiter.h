// The limiter as a library: one policy, deciding requests.
//
// This is the whole public interface of libweir, with decision.h, time.h and clock.h: standard
// library only. Within a minor version nothing of it changes its meaning; before 1.0 a new minor
// version may.
//
// Promises are those of docs/limiter.md: at most N in every window W over all that share the store;
// a store that fails never makes a refusal; no answer holds an identifier.
//
// Thread safety: every member of Limiter may be called from any thread at once. Open it after
// fork(), in the process that uses it.
//
//   weir::Opened opened = weir::Limiter::open("weir.yaml", {.environment = environment});
//   if (!opened.limiter) return complain(opened.error);
//   weir::Request request{.peer = "203.0.113.7", .method = "GET", .route = "/quotes/{pair}"};
//   weir::Answer answer = opened.limiter->decide(request);
//   if (answer.status != 200) send(answer.status, answer.fields, answer.body);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/clock.h"
#include "weir/decision.h"

namespace weir {

// Where a policy's ${WEIR_PEPPER}, and DynamoDB's credentials and region, come from: the value of a
// variable, or nullopt.
using EnvironmentReader = std::function<std::optional<std::string>(std::string_view name)>;

struct Field {
  std::string name;
  std::string value;
};

struct LimiterOptions {
  EnvironmentReader environment = {};  // empty: nothing is set
  Clock* clock = nullptr;              // null: the machine's; else it outlives the limiter
  // Hears one sentence, once a change: the store fails, it decides again, a clock is off. Called
  // from several threads at once; must not call the limiter.
  std::function<void(std::string_view message)> on_event = {};
};

// What the server knows of a request. Nothing of it is believed: who is asking is found out by the
// policy's rules.
struct Request {
  std::string peer = {};                 // the socket's peer address, without a port
  std::vector<Field> headers = {};       // as they came; repeated fields stay repeated
  std::string method = {};               // "GET"
  std::string route = {};                // the matched template, "/users/{id}", never the raw path
  std::optional<std::string> user = {};  // who the server says it is; nullopt: anonymous
  std::optional<bool> key_exists = {};   // whether the API key is one; nullopt: nobody looked
  std::int64_t cost = 1;                 // 1 to 10^15
  bool cost_is_estimate = false;         // settle() will say what it came to
  std::string request_id = {};  // of something trusted: the same one is charged once. Empty: none
};

// What to send. Admitted (200): the fields are added to the application's own answer.
struct Answer {
  int status = 200;  // 429, 403, 400 or 503 otherwise
  std::vector<Field> fields = {};
  std::string body = {};  // application/problem+json; empty if admitted
  Decision decision = {};
};

struct Opened;

class [[gnu::visibility("default")]] Limiter {
 public:
  // Reads the policy and opens its store, without asking it anything yet.
  static Opened open(const std::string& policy_file, const LimiterOptions& options);

  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // What keeps the store from deciding; empty if nothing does. For start-up: the first decision
  // asks by itself.
  std::string check_store();

  Answer decide(const Request& request);

  // The request that was admitted is over. Needed where a rule counts requests in flight; does
  // nothing elsewhere.
  void finish(const Answer& answer);

  // What a request came to whose cost was an estimate. What it used beyond the estimate and there
  // was no room for is returned.
  std::int64_t settle(const Answer& answer, std::int64_t actual);

 private:
  struct Parts;
  explicit Limiter(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct Opened {
  std::unique_ptr<Limiter> limiter;  // null: `error` says why, and the cure
  std::string error;
};

}  // namespace weir
