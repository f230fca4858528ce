// DecisionRecord: one decision as people and programs read it afterwards: which rules were asked,
// what each said and why. What `weir check` prints and a log may hold.
//
// It holds no identifier in clear but the keys of rules whose policy says so (log_keys). `counter`
// tells counters apart without saying whose they are: it is the beginning of the stored key.
// schemas/weir-decision.schema.json is the form of to_json().
//
// Thread safety: plain values, pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/decision.h"
#include "weir/time.h"

namespace weir::engine {

// What one rule said of the request.
struct RuleRecord {
  enum class State {
    room,       // it had room
    full,       // it refused
    penalty,    // it refused because it had refused too often
    leased,     // the store could not decide: admitted by what was paid for in advance
    local,      // the store could not decide: admitted by this process's own share
    allowed,    // the store could not decide: admitted by on_store_failure: allow
    undecided,  // the store could not decide: not admitted
    not_asked,  // another rule had ended the matter
  };
  std::string rule = {};
  std::string algorithm = {};
  std::string limit = {};   // "100/m"
  bool overridden = false;  // the limit is that of an override
  bool shadow = false;      // it never refuses
  State state = State::not_asked;
  std::string key = {};      // in clear, or empty
  std::string counter = {};  // 16 hexadecimal digits
  std::int64_t cost = 1;
  std::optional<std::int64_t> remaining = {};  // if somebody knows
  std::optional<Time> room_at = {};            // full: when this request fits; nullopt: never
};

std::string_view to_string(RuleRecord::State state);

struct DecisionRecord {
  Time at{};
  std::string method = {};
  std::string route = {};
  Verdict verdict = Verdict::admitted;
  std::string rule = {};    // as in Decision
  std::string reason = {};  // as in Decision
  std::string list = {};    // "allow" or "deny", if that decided
  bool degraded = false;
  Duration retry_after{};
  std::vector<RuleRecord> rules = {};  // in the order of the policy, shadow rules last
};

std::string_view to_string(Verdict verdict);

// One JSON object on one line.
std::string to_json(const DecisionRecord& record);

// Lines for people.
std::string to_text(const DecisionRecord& record);

}  // namespace weir::engine
