#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"

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

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Other spellings of one path, most fruitful first.
// Other spellings keep the query as it is, which may hold the identifier: an empty one is tried
// only where there is none.
std::vector<std::string> spellings(const Parts& base) {
  const std::string& path = base.path;
  if (path.size() < 2) return {"//", "/./"};
  const std::string stem = path.back() == '/' ? path.substr(0, path.size() - 1) : path;
  const std::size_t slash = stem.rfind('/');
  const std::string head = stem.substr(0, slash);
  const std::string tail = stem.substr(slash + 1);
  std::string last_upper = path;
  for (std::size_t i = path.size() - std::min<std::size_t>(2, path.size() - 1); i < path.size();
       ++i) {
    last_upper[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(path[i])));
  }
  std::string first_upper = path;
  first_upper[1] = static_cast<char>(std::toupper(static_cast<unsigned char>(path[1])));
  std::vector<std::string> all = {
      path.back() == '/' ? stem : path + "/",
      upper(path),
      "/" + path,
      head + "//" + tail,
      fmt::format("{}%{:02X}", path.substr(0, path.size() - 1),
                  static_cast<unsigned char>(path.back())),
      fmt::format("/%{:02x}{}", static_cast<unsigned char>(path[1]), path.substr(2)),
      "/." + path,
      "/x/.." + path,
      first_upper,
      last_upper,
      path + "//",
      path + ";x=1",
      path + "%20",
      path + "/.",
      path + ".json",
      path + "%2f",
      path + "%00",
  };
  if (base.query.empty()) all.push_back(path + "?");
  std::vector<std::string> distinct;
  for (const std::string& spelling : all) {
    if (spelling != path &&
        std::find(distinct.begin(), distinct.end(), spelling) == distinct.end()) {
      distinct.push_back(spelling);
    }
  }
  return distinct;
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
