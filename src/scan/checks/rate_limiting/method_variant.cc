// Proof: the base refused, the same operation asked for by another method served, the base refused;
// and so on. That it is the same operation: the same document, or for HEAD, which has no body, the
// same status and media type, while HEAD of a path that cannot exist is answered otherwise.
#include <fmt/format.h>

#include <array>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::array<const char*, 3> kOverrides = {"X-HTTP-Method-Override", "X-HTTP-Method",
                                                   "X-Method-Override"};

Candidate method_candidate(Bench& bench, const std::string& changed,
                           const std::function<void(Request&)>& change) {
  Candidate candidate = change_candidate(bench, changed, change);
  candidate.served = [&bench](const Reply& reply) {
    return same_document(bench, reply) || bench.refusal().same_head(reply.response);
  };
  return candidate;
}

Candidate by_method(Bench& bench, const std::string& method) {
  return method_candidate(bench, "method " + method, [method](Request& request) {
    request.method = method;
    if (method == "GET" || method == "HEAD") request.body.reset();
  });
}

// Sent as `carrier`, and said to mean `method`.
void add_overrides(Bench& bench, const std::string& carrier, const std::string& method,
                   std::vector<Candidate>& candidates) {
  for (const char* header : kOverrides) {
    const std::string changed = carrier == bench.base_request().method
                                    ? fmt::format("{}: {}", header, method)
                                    : fmt::format("{} with {}: {}", carrier, header, method);
    candidates.push_back(
        change_candidate(bench, changed, [carrier, method, header](Request& request) {
          request.method = carrier;
          request.set_header(header, method);
        }));
  }
  candidates.push_back(change_candidate(bench, fmt::format("{} with ?_method={}", carrier, method),
                                        [carrier, method](Request& request) {
                                          request.method = carrier;
                                          request.add_parameter("_method", method);
                                        }));
}

// A server that answers HEAD alike for every path does not tell that the operation was reached.
bool head_says_something(Bench& bench) {
  return !bench.refusal().same_head(
      bench
          .send(change_candidate(bench, "HEAD of a path that does not exist",
                                 [&bench](Request& request) {
                                   request.method = "HEAD";
                                   request.body.reset();
                                   request.target = "/" + bench.made_up() + "/" + bench.made_up();
                                 })
                    .variant(),
                "probe")
          .response);
}

bool query_noise_is_held(Bench& bench) {
  return is_held(bench, change_candidate(bench, "noise in the query", [&bench](Request& request) {
                   const std::string name = bench.made_up(6);
                   request.add_parameter(name, bench.made_up(3));
                 }));
}

CheckOutcome run(Bench& bench) {
  const std::string& own = bench.base_request().method;
  std::vector<Candidate> candidates;
  if (own == "HEAD") {
    candidates.push_back(by_method(bench, "GET"));
  } else if (own == "GET") {
    if (head_says_something(bench)) candidates.push_back(by_method(bench, "HEAD"));
    add_overrides(bench, "GET", "HEAD", candidates);
    if (bench.writes_are_allowed()) {
      candidates.push_back(by_method(bench, "POST"));
      add_overrides(bench, "POST", "GET", candidates);
    }
  } else {
    candidates.push_back(by_method(bench, "GET"));
    if (head_says_something(bench)) candidates.push_back(by_method(bench, "HEAD"));
    add_overrides(bench, own, "GET", candidates);
  }
  // Where any query gives a fresh counter, ?_method= is one among many (path-variant).
  if (!query_noise_is_held(bench)) {
    std::erase_if(candidates, [](const Candidate& candidate) {
      return candidate.label.find("?_method=") != std::string::npos;
    });
  }
  return conclude(bench, screen(bench, candidates), "methods");
}

const CheckInfo kInfo = {
    "method-variant",
    "Another method reaches the same operation beside the limit",
    Severity::medium,
    "rate-limiting",
    {"API4:2023"},
    {799, 650, 436},
    {"6.2.4"},
    "The limit counts one method of the operation only, or each for itself, while the server runs "
    "the same code for another one: HEAD instead of GET, or an overriding header. The work is done "
    "and its outcome can be told, without being counted.",
    "Count by the matched route whatever the method, or limit every method that the route answers. "
    "Turn method overrides off, or apply them before the limit.",
    "Do not give @ratelimit a method=\"GET\": Django's views answer HEAD by the same function. "
    "Count "
    "by resolver_match.route, without request.method in the key.",
    "rules:\n  - id: per-route\n    key: [client_ip, route]   # without `methods`: all of them\n   "
    " "
    "limit: 100/m\n",
    "The base is refused and the other method is served, five times of five; then it passes 0.8 N "
    "in a row while the base stays refused. HEAD counts where a path that cannot exist is answered "
    "otherwise."};

}  // namespace

const Check kMethodVariant = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
