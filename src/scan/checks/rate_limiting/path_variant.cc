#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"
#include "scan/experiment/spelling.h"

namespace weir::scan::rate_limiting {
namespace {

struct Parts {
  std::string path;
  std::string query;  // with its '?', or empty
};

Parts split(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {std::string(target.substr(0, mark)), std::string(target.substr(mark))};
}

// They keep the query as it is, which may hold the identifier: an empty one is tried only where
// there is none.
std::vector<std::string> spellings(const Parts& base) {
  std::vector<std::string> all = path_spellings(base.path);
  if (base.query.empty() && base.path.size() > 1) all.push_back(base.path + "?");
  return all;
}

Candidate candidate_for(Bench& bench, const std::string& label,
                        const std::function<std::string()>& target, bool renews) {
  Candidate candidate;
  candidate.label = std::move(label);
  candidate.renews = renews;
  candidate.variant = [&bench, target] {
    Variant variant{"", bench.base_request()};
    variant.request.target = target();
    variant.changed = "path " + split(variant.request.target).path;
    if (split(variant.request.target).path == split(bench.base_request().target).path) {
      variant.changed = "query with noise added";
    }
    return variant;
  };
  candidate.served = [&bench](const Reply& reply) { return same_document(bench, reply); };
  return candidate;
}

CheckOutcome run(Bench& bench) {
  const Parts base = split(bench.base_request().target);
  // A catch-all answers every path alike: then another spelling proves nothing.
  const Candidate nowhere = candidate_for(
      bench, "a path that does not exist",
      [&bench] { return "/" + bench.made_up() + "/" + bench.made_up(); }, true);
  if (!screen(bench, {nowhere}, 0).served.empty()) {
    return CheckOutcome::inconclusive(
        "a path that cannot exist is answered with the same document");
  }
  std::vector<Candidate> candidates;
  candidates.push_back(candidate_for(
      bench, "noise in the query",
      [&bench, base] {
        return base.path + base.query + (base.query.empty() ? "?" : "&") + "_=" + bench.made_up();
      },
      true));
  for (const std::string& spelling : spellings(base)) {
    std::string target = spelling + (spelling.back() == '?' ? "" : base.query);
    candidates.push_back(candidate_for(
        bench, spelling, [target = std::move(target)] { return target; }, false));
  }
  return conclude(bench, screen(bench, candidates), "spellings of the path");
}

const CheckInfo kInfo = {
    "path-variant",
    "Another spelling of the same path has a quota of its own",
    Severity::high,
    "rate-limiting",
    {"API4:2023"},
    {178, 180, 41, 436, 799},
    {"6.2.4"},
    "The limit counts by the URL as it was sent, while the router serves several spellings of it "
    "(a trailing slash, another case, an encoded letter, noise in the query) with the same "
    "operation. Each spelling is a fresh counter, so the limit is multiplied at will.",
    "Count by the route that was matched, never by the raw URL; or normalise the URL once, before "
    "both the limiter and the router.",
    "Use request.resolver_match.route as the part of the DynamoDB key that names the operation, "
    "not "
    "request.path or request.get_full_path().",
    "rules:\n  - id: per-route\n    key: [client_ip, route]   # the matched route template\n    "
    "limit: 100/m\n",
    "Five times of five: the base was refused, another spelling of the path was served with the "
    "same document, a path that cannot exist was not; then that spelling passed 0.8 N in a row "
    "while the base stayed refused."};

}  // namespace

const Check kPathVariant = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
