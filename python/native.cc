// weir._native: engine::Limiter for Python, and the expression grammar for weir.lint; nothing more.
//
// Values are converted on the way in, the GIL is released while the limiter decides (the store may
// be asked over the network), and the answer comes back as the status, fields and body that
// engine::http_answer makes for every front end. The Python side (weir/limiter.py) opens one
// Limiter a process; this side makes sure that a child never touches what its parent opened.
//
// Thread safety: as engine::Limiter; every member may be called from any Python thread.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/set.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/system_clock.h"
#include "engine/http_answer.h"
#include "engine/limiter.h"
#include "engine/open_store.h"
#include "expressions.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "policy/read.h"
#include "policy/ways_around.h"
#include "table.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weir::python {
namespace {

// Becomes weir.PolicyError. The only exception that this module throws, and only towards Python.
struct PolicyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw PolicyError(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using Variables = std::map<std::string, std::string, std::less<>>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// Header fields as Python gives them: names are text, values are bytes.
using Headers = std::vector<std::pair<std::string, nb::bytes>>;

std::vector<identity::HeaderField> fields_of(const Headers& headers) {
  std::vector<identity::HeaderField> fields;
  fields.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    fields.push_back({name, std::string_view(value.c_str(), value.size())});
  }
  return fields;
}

// A view of what is given.
identity::Request request_of(const std::string& peer,
                             const std::vector<identity::HeaderField>& fields,
                             const std::string& method, const std::string& route,
                             const std::optional<std::string>& user) {
  identity::Request request;
  request.peer = peer;
  request.headers = fields;
  request.method = method;
  request.route = route;
  request.user = user;
  return request;
}

// Rules of code by index, and what each counts apart.
using Asked = std::vector<std::pair<std::size_t, std::string>>;

policy::Policy load_policy(const std::string& path, const Variables& variables) {
  return value_or_throw(policy::load_policy(path, environment_of(variables)));
}

policy::Policy read_policy(const std::string& text, const std::string& name,
                           const Variables& variables) {
  const policy::Reading reading = policy::read_policy(text, environment_of(variables));
  std::string errors;
  for (const policy::Problem& error : reading.errors) {
    errors += (errors.empty() ? "" : "\n") + policy::describe(name, "error", error);
  }
  if (!reading.policy) throw PolicyError(errors);
  return *reading.policy;
}

// The policy, with those parts of its identity that the front end's own settings state.
policy::Policy with_identity(policy::Policy policy, const policy::Policy& settings,
                             const std::set<std::string>& stated) {
  policy::IdentityConfig& identity = policy.identity;
  if (stated.contains("header")) identity.api_key.header = settings.identity.api_key.header;
  if (stated.contains("verify")) identity.api_key.verify = settings.identity.api_key.verify;
  if (stated.contains("trusted_proxies")) {
    identity.trusted_proxies = settings.identity.trusted_proxies;
  }
  return policy;
}

// What the policy's lists want to know of every request, whatever rules it meets.
std::set<std::string> listed_facts(const policy::Policy& policy) {
  std::set<std::string> parts;
  for (const auto* list : {&policy.deny, &policy.allow}) {
    for (const policy::Somebody& who : *list) {
      if (std::holds_alternative<policy::ApiKeyDigest>(who)) parts.emplace("api_key");
      if (std::holds_alternative<policy::UserName>(who)) parts.emplace("user");
    }
  }
  return parts;
}

// What decisions by this policy want to know of a request, beyond its address.
std::set<std::string> facts(const policy::Policy& policy) {
  std::set<std::string> parts;
  for (const policy::Rule& rule : policy.rules) {
    for (const policy::KeyPart part : rule.key) parts.emplace(policy::to_string(part));
    if (rule.distinct) parts.emplace(policy::to_string(*rule.distinct));
    if (!rule.match.routes.empty()) parts.emplace(policy::to_string(policy::KeyPart::route));
  }
  for (const std::string& part : listed_facts(policy)) parts.insert(part);
  return parts;
}

// Each rule's id, and whom it counts apart.
std::vector<std::pair<std::string, std::set<std::string>>> rules_of(const policy::Policy& policy) {
  std::vector<std::pair<std::string, std::set<std::string>>> rules;
  for (const policy::Rule& rule : policy.rules) {
    auto& [id, parts] = rules.emplace_back(rule.id, std::set<std::string>());
    for (const policy::KeyPart part : rule.key) parts.emplace(policy::to_string(part));
  }
  return rules;
}

// Each rule in words, with its worst case.
std::vector<std::string> explain(const policy::Policy& policy) {
  std::vector<std::string> rules;
  for (const policy::Rule& rule : policy.rules)
    rules.push_back(policy::explain_at_length(policy, rule));
  return rules;
}

// The policy's warnings, and how its rules can be got around: a sentence each, perhaps with a cure.
std::vector<std::string> ways_around(const policy::Policy& policy) {
  std::vector<std::string> ways;
  for (const policy::Problem& way : policy::ways_around(policy))
    ways.push_back(way.message + (way.cure.empty() ? "" : ". " + way.cure));
  return ways;
}

// What is to be known of the policy's table, by name; empty: its counters are not in DynamoDB.
std::vector<std::pair<std::string, std::string>> table(const policy::Policy& policy,
                                                       const Variables& variables, bool create) {
  const Environment environment = environment_of(variables);
  const auto found = [&] {
    const nb::gil_scoped_release released;
    return value_or_throw(table_of(policy, environment, create));
  }();
  if (!found) return {};
  std::vector<std::pair<std::string, std::string>> facts = {
      {"table", found->name},        {"status", found->status},
      {"arn", found->arn},           {"billing", found->billing},
      {"ttl", found->ttl_attribute}, {"ttl status", found->ttl_status}};
  for (const std::string& note : found->notes) facts.emplace_back("note", note);
  return facts;
}

// The same with counters of its own, that nobody shares: for tests.
policy::Policy in_memory(policy::Policy policy) {
  policy.store = policy::MemoryStore{};
  return policy;
}

// One rule as it stands in a policy, written in JSON, which is YAML: so that rules of code and of
// files are held to the same.
policy::Rule read_rule(const std::string& json) {
  policy::Reading reading =
      policy::read_policy(R"({"version": 1, "rules": [)" + json + "]}", environment_of({}));
  std::string errors;
  for (const policy::Problem& error : reading.errors) {
    errors += (errors.empty() ? "" : "\n") + error.message;
    if (!error.cure.empty()) errors += ". " + error.cure;
  }
  if (!reading.policy) throw PolicyError(errors);
  policy::Rule rule = std::move(reading.policy->rules.front());
  rule.line = 0;  // of no file
  return rule;
}

// A clock that stands still until it is told otherwise: for tests of programs that use Weir.
// Thread safety: every member may be called from any thread.
class FrozenClock final : public Clock {
 public:
  Time now() override { return Time(Duration(now_.load(std::memory_order_relaxed))); }
  void advance(double seconds) {
    if (!(seconds >= 0 && seconds <= kMostSeconds))
      throw PolicyError("a clock is advanced by 0 seconds to 10 years");
    now_.fetch_add(static_cast<std::int64_t>(seconds * 1e9), std::memory_order_relaxed);
  }

 private:
  static constexpr double kMostSeconds = 10 * 366 * 86400.0;
  // From now on, so that a store that others write to is not asked in the past.
  std::atomic<std::int64_t> now_{base::SystemClock().now().time_since_epoch().count()};
};

// What is to be sent, and what the request still holds.
struct Answer {
  engine::HttpAnswer http;
  Decision decision;
  std::optional<std::string> record = {};  // in JSON, if it was asked for
};

class Limiter {
 public:
  // clock: null: the machine's.
  Limiter(const policy::Policy& policy, const Variables& variables, nb::callable on_event,
          std::shared_ptr<FrozenClock> clock)
      : opened_in_(getpid()), frozen_clock_(std::move(clock)), on_event_(std::move(on_event)) {
    Clock& time = frozen_clock_ ? static_cast<Clock&>(*frozen_clock_) : system_clock_;
    auto store = value_or_throw(
        engine::open_store(policy, environment_of(variables), time,
                           [this](std::string_view message) { tell("warning", message); }));
    engine::Dependencies dependencies{.clock = time, .store = std::move(store)};
    dependencies.on_event = [this](const engine::Event& event) {
      const bool failing = event.kind == engine::Event::Kind::store_failing;
      tell(failing ? "error" : "info", event.message);
    };
    limiter_ = value_or_throw(engine::Limiter::make(policy, std::move(dependencies)));
    // The policy's own come first, in its order.
    for (const policy::Rule& rule : policy.rules)
      rules_.push_back(value_or_throw(limiter_->add_rule(rule)));
  }

  // A forked child has a copy of this object, but not of the threads behind it: it must not wait
  // for them, nor say goodbye on its parent's connections.
  ~Limiter() {
    if (getpid() != opened_in_) static_cast<void>(limiter_.release());
  }
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  std::size_t add_rule(const std::string& json) {
    policy::Rule rule = read_rule(json);
    // Released as in decide(): whoever holds the limiter's lock may be waiting for the GIL.
    const engine::RuleHandle handle = [&] {
      const nb::gil_scoped_release released;
      return value_or_throw(limiter_->add_rule(std::move(rule)));
    }();
    rules_.push_back(handle);
    return rules_.size() - 1;
  }

  // The rule at this index with another limit.
  std::size_t with_limit(std::size_t index, const std::string& limit) {
    const engine::RuleHandle rule = rules_.at(index);
    const engine::RuleHandle handle = [&] {
      const nb::gil_scoped_release released;
      return value_or_throw(limiter_->with_limit(rule, limit));
    }();
    rules_.push_back(handle);
    return rules_.size() - 1;
  }

  // What keeps the store from deciding; None: nothing does.
  std::optional<std::string> check_store() {
    const nb::gil_scoped_release released;
    const Status ready = limiter_->check_store();
    if (ready) return std::nullopt;
    return ready.error().to_string();
  }

  // None: nobody sent a key, or what was sent is not one (decide() answers 400 then).
  std::optional<std::string> api_key(const Headers& headers) const {
    const std::vector<identity::HeaderField> fields = fields_of(headers);
    identity::Request request;
    request.headers = fields;
    const auto key = limiter_->api_key(request);
    if (!key || !*key) return std::nullopt;
    return std::string(**key);
  }

  // The network that counts as one client; None: the request does not say (decide() answers 400).
  std::optional<std::string> client(const std::string& peer, const Headers& headers) const {
    const std::vector<identity::HeaderField> fields = fields_of(headers);
    const auto client = limiter_->client({.peer = peer, .headers = fields});
    if (!client) return std::nullopt;
    return client->to_string();
  }

  // rules: indexes, each with the subject that is counted apart; None: those of the policy.
  Answer decide(const std::string& peer, const Headers& headers, const std::string& method,
                const std::string& route, const std::optional<std::string>& user,
                std::optional<bool> key_known, std::int64_t cost, bool cost_is_estimate,
                const std::string& request_id, const std::optional<Asked>& rules, bool recorded) {
    const std::vector<identity::HeaderField> fields = fields_of(headers);
    identity::Request request = request_of(peer, fields, method, route, user);
    request.cost = cost;
    request.cost_is_estimate = cost_is_estimate;
    request.request_id = request_id;
    if (key_known) {
      request.key_standing =
          *key_known ? identity::KeyStanding::known : identity::KeyStanding::unknown;
    }
    std::vector<engine::AskedRule> asked;
    if (rules) {
      if (rules->size() > policy::kMaxRules) throw PolicyError("more than 256 rules in a decision");
      for (const auto& [index, subject] : *rules) asked.push_back({rules_.at(index), subject});
    }
    const nb::gil_scoped_release released;
    Answer answer;
    engine::DecisionRecord record;
    engine::DecisionRecord* const wanted = recorded ? &record : nullptr;
    answer.decision =
        rules ? limiter_->decide(request, asked, wanted) : limiter_->decide(request, wanted);
    if (recorded) answer.record = engine::to_json(record);
    answer.http = engine::http_answer(answer.decision);
    return answer;
  }

  // What the rule at this index has counted of somebody. None: the request does not say all that it
  // counts by.
  std::optional<bool> forget(const std::string& peer, const Headers& headers,
                             const std::string& method, const std::string& route,
                             const std::optional<std::string>& user, std::size_t rule,
                             const std::string& subject) {
    const std::vector<identity::HeaderField> fields = fields_of(headers);
    identity::Request request = request_of(peer, fields, method, route, user);
    // Whoever resets a key knows that it exists.
    request.key_standing = identity::KeyStanding::known;
    const engine::AskedRule asked{rules_.at(rule), subject};
    const nb::gil_scoped_release released;
    const auto forgotten = value_or_throw(limiter_->forget(request, asked));
    if (forgotten == engine::Limiter::Forgotten::not_asked) return std::nullopt;
    return forgotten == engine::Limiter::Forgotten::counts;
  }

  void finish(const Answer& answer) {
    const nb::gil_scoped_release released;
    limiter_->finish(answer.decision);
  }

  std::int64_t settle(const Answer& answer, std::int64_t actual) {
    if (actual < 0 || actual > kMaxCount) throw PolicyError("a cost is not from 0 to 10^15");
    const nb::gil_scoped_release released;
    return limiter_->settle(answer.decision, actual);
  }

 private:
  void tell(const char* level, std::string_view message) {
    const nb::gil_scoped_acquire acquired;
    try {
      on_event_(level, nb::str(message.data(), message.size()));
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("weir: telling of an event");
    }
  }

  const pid_t opened_in_;
  base::SystemClock system_clock_;
  const std::shared_ptr<FrozenClock> frozen_clock_;
  nb::callable on_event_;
  std::unique_ptr<engine::Limiter> limiter_;
  std::vector<engine::RuleHandle> rules_;  // guarded by the GIL
};

// The fields that identity is read from: a front end need not copy the others.
std::vector<std::string> header_names(const policy::Policy& policy) {
  return {policy.identity.api_key.header, "X-Forwarded-For", "Forwarded"};
}

std::string store_name(const policy::Policy& policy) {
  if (std::holds_alternative<policy::SharedStore>(policy.store)) return "shared";
  return std::holds_alternative<policy::MemoryStore>(policy.store) ? "memory" : "dynamodb";
}

std::vector<std::pair<std::string, std::string>> pairs_of(const Answer& answer) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const engine::HttpField& field : answer.http.fields)
    pairs.emplace_back(field.name, field.value);
  return pairs;
}

}  // namespace
}  // namespace weir::python

NB_MODULE(_native, module) {
  using namespace weir;
  // Stores have threads that call back into Python, and counters that the process shares.
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    throw nb::import_error(
        "weir works in the main interpreter of a process only, not in a sub-interpreter. Under "
        "mod_wsgi say WSGIApplicationGroup %{GLOBAL}");
  }
  // A limiter lives as long as its process; nobody needs to hear of it at the end.
  nb::set_leak_warnings(false);
  nb::exception<python::PolicyError>(module, "PolicyError", PyExc_ValueError);

  nb::class_<policy::Policy>(module, "Policy")
      .def_static("load", &python::load_policy, "path"_a, "environment"_a)
      .def_static("read", &python::read_policy, "text"_a, "name"_a, "environment"_a)
      .def("with_identity", &python::with_identity, "settings"_a, "stated"_a)
      .def_prop_ro("store", &python::store_name)
      .def_prop_ro("verifies_api_key",
                   [](const policy::Policy& policy) {
                     return policy.identity.api_key.verify == policy::Verify::required;
                   })
      .def_prop_ro("header_names", &python::header_names)
      .def_prop_ro("facts", &python::facts)
      .def_prop_ro("listed_facts", &python::listed_facts)
      .def_prop_ro("rules", &python::rules_of)
      .def_prop_ro("trusts_proxies",
                   [](const policy::Policy& policy) {
                     return !policy.identity.trusted_proxies.empty() ||
                            policy.identity.trust_unix_peer;
                   })
      .def("explain", &python::explain)
      .def(
          "explain_rule",
          [](const policy::Policy& policy, const std::string& json) {
            return policy::explain_at_length(policy, python::read_rule(json));
          },
          "json"_a)
      .def("ways_around", &python::ways_around)
      .def("table", &python::table, "environment"_a, "create"_a)
      .def("in_memory", &python::in_memory);

  nb::class_<python::Answer>(module, "Answer")
      .def_prop_ro("status", [](const python::Answer& answer) { return answer.http.status; })
      .def_prop_ro("headers", &python::pairs_of)
      .def_prop_ro("body", [](const python::Answer& answer) { return answer.http.body; })
      .def_prop_ro("rule", [](const python::Answer& answer) { return answer.decision.rule; })
      .def_prop_ro("reason", [](const python::Answer& answer) { return answer.decision.reason; })
      .def_prop_ro("retry_after",
                   [](const python::Answer& answer) {
                     return std::chrono::duration<double>(answer.decision.retry_after).count();
                   })
      .def_prop_ro("record", [](const python::Answer& answer) { return answer.record; })
      .def_prop_ro("is_open",
                   [](const python::Answer& answer) { return answer.decision.receipt != nullptr; });

  nb::class_<python::FrozenClock>(module, "FrozenClock")
      .def(nb::init<>())
      .def("advance", &python::FrozenClock::advance, "seconds"_a);

  nb::class_<python::Limiter>(module, "Limiter")
      .def(nb::init<const policy::Policy&, const python::Variables&, nb::callable,
                    std::shared_ptr<python::FrozenClock>>(),
           "policy"_a, "environment"_a, "on_event"_a, "clock"_a.none())
      .def("add_rule", &python::Limiter::add_rule, "json"_a)
      .def("with_limit", &python::Limiter::with_limit, "index"_a, "limit"_a)
      .def("check_store", &python::Limiter::check_store)
      .def("client", &python::Limiter::client, "peer"_a, "headers"_a)
      .def("api_key", &python::Limiter::api_key, "headers"_a)
      .def("decide", &python::Limiter::decide, "peer"_a, "headers"_a, "method"_a, "route"_a,
           "user"_a.none(), "key_known"_a.none(), "cost"_a, "cost_is_estimate"_a, "request_id"_a,
           "rules"_a.none(), "recorded"_a)
      .def("forget", &python::Limiter::forget, "peer"_a, "headers"_a, "method"_a, "route"_a,
           "user"_a.none(), "rule"_a, "subject"_a)
      .def("finish", &python::Limiter::finish, "answer"_a)
      .def("settle", &python::Limiter::settle, "answer"_a, "actual"_a);

  module.def(
      "check_rule", [](const std::string& json) { static_cast<void>(python::read_rule(json)); },
      "json"_a);
  python::add_expressions(module);
}
