// Proof: the base refused, the same document served under another version or prefix, the base
// refused; and so on. A path under the same prefix that cannot exist must not bring the document.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::array<const char*, 9> kVersions = {"v1", "v2",   "v3",     "v0",  "v4",
                                                  "v5", "beta", "latest", "v1.0"};
constexpr std::array<const char*, 5> kPrefixes = {"internal", "legacy", "old", "mobile", "public"};

struct VersionHeader {
  const char* name;
  const char* value;
};
constexpr std::array<VersionHeader, 5> kHeaders = {{{"Accept-Version", "1"},
                                                    {"Accept-Version", "2"},
                                                    {"API-Version", "1"},
                                                    {"X-API-Version", "1"},
                                                    {"X-API-Version", "2"}}};

bool is_version(std::string_view segment) {
  if (segment == "beta" || segment == "latest") return true;
  return segment.size() >= 2 && segment.size() <= 6 && (segment[0] == 'v' || segment[0] == 'V') &&
         std::isdigit(static_cast<unsigned char>(segment[1])) != 0;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

std::string join(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path += "/" + segment;
  return path.empty() ? "/" : path;
}

// Paths at which other versions of the operation are found by custom.
std::vector<std::string> aliases(const std::string& path) {
  const std::vector<std::string> base = segments_of(path);
  std::vector<std::string> all;
  const auto version = std::find_if(base.begin(), base.end(), is_version);
  if (version != base.end()) {
    const auto at = version - base.begin();
    for (const char* other : kVersions) {
      auto changed = base;
      changed[static_cast<std::size_t>(at)] = other;
      all.push_back(join(changed));
    }
    auto without = base;
    without.erase(without.begin() + at);
    all.push_back(join(without));
  } else {
    const std::size_t after_api = !base.empty() && base[0] == "api" ? 1 : 0;
    for (const std::size_t at : {after_api, std::size_t{0}}) {
      for (const char* other : {"v1", "v2", "v0"}) {
        auto changed = base;
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), other);
        all.push_back(join(changed));
      }
    }
  }
  if (!base.empty() && base[0] == "api") {
    all.push_back(join({base.begin() + 1, base.end()}));
    for (const char* prefix : kPrefixes) {
      auto changed = base;
      changed[0] = prefix;
      all.push_back(join(changed));
    }
  } else {
    all.push_back("/api" + path);
  }
  for (const char* prefix : kPrefixes) all.push_back(fmt::format("/{}{}", prefix, path));
  std::vector<std::string> distinct;
  for (const std::string& alias : all) {
    if (alias != path && std::find(distinct.begin(), distinct.end(), alias) == distinct.end()) {
      distinct.push_back(alias);
    }
  }
  return distinct;
}

Candidate at_path(Bench& bench, const std::string& path, const std::string& query) {
  return change_candidate(bench, "path " + path,
                          [target = path + query](Request& request) { request.target = target; });
}

CheckOutcome run(Bench& bench) {
  const std::string& target = bench.base_request().target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string path = target.substr(0, mark);
  const std::string query = target.substr(mark);
  const Candidate nowhere = change_candidate(bench, "a path that does not exist", [&](Request& r) {
    r.target = path.substr(0, path.rfind('/') + 1) + bench.made_up();
  });
  if (!screen(bench, {nowhere}, 0).served.empty()) {
    return CheckOutcome::inconclusive(
        "a path that cannot exist is answered with the same document");
  }
  std::vector<Candidate> candidates;
  for (const std::string& alias : aliases(path)) candidates.push_back(at_path(bench, alias, query));
  for (const VersionHeader& header : kHeaders) {
    Candidate candidate =
        header_candidate(bench, header.name, [value = header.value] { return std::string(value); });
    candidate.label = fmt::format("{}: {}", header.name, header.value);
    candidate.renews = false;
    candidates.push_back(std::move(candidate));
  }
  return conclude(bench, screen(bench, candidates), "versions and prefixes");
}

const CheckInfo kInfo = {
    "version-alias",
    "The same operation under another version or prefix has no part in the limit",
    Severity::medium,
    "rate-limiting",
    {"API4:2023", "API9:2023"},
    {799, 1059},
    {"6.2.4"},
    "Old versions stay reachable and run the same code, but each path counts for itself or is not "
    "limited at all. Attackers try /v0, /v2 and /internal first.",
    "Count by what the operation does, not by where it is mounted: one counter for all versions. "
    "Retire old versions, and list what is reachable.",
    "Give the view functions one rule id, whatever urls.py mounts them at, and put that id into "
    "the "
    "DynamoDB key instead of the path.",
    "rules:\n  - id: quotes\n    match: {routes: [/api/v1/quotes, /api/v2/quotes]}\n    key: "
    "client_ip   # "
    "without the route: one counter for both\n    limit: 100/m\n",
    "The base is refused and the other version brings the same document, five times of five; then "
    "it passes 0.8 N in a row while the base stays refused. A path beside it that cannot exist "
    "does not bring the document."};

}  // namespace

const Check kVersionAlias = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
