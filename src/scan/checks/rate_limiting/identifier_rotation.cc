#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"
#include "scan/experiment/identity.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::array<const char*, 11> kHeaders = {
    "User-Agent",   "X-API-Key",   "X-Client-Id", "X-User-Id", "X-Session-Id",   "X-Device-Id",
    "X-Request-Id", "X-Tenant-Id", "Referer",     "Origin",    "Accept-Language"};
constexpr std::array<const char*, 6> kCookies = {"sid",         "session", "sessionid",
                                                 "connect.sid", "token",   "user"};
constexpr std::array<const char*, 7> kParameters = {"user",      "user_id", "api_key", "key",
                                                    "client_id", "session", "tenant"};

bool has_cookie(const Bench& bench, std::string_view name) {
  const auto cookie = find_header(bench.base_request().headers, "Cookie");
  return cookie && cookie->find(std::string(name) + "=") != std::string_view::npos;
}

std::string value_for(Bench& bench, std::string_view header) {
  if (header == "Origin" || header == "Referer") return "https://" + bench.made_up() + ".example";
  if (header == "Accept-Language") return "x-" + bench.made_up(6);
  return bench.made_up();
}

// At a sign-in, "wrong password" is as good as served: the guess was tried.
bool processed(Bench& bench, const Reply& reply, bool sign_in, Place place) {
  if (same_document(bench, reply)) return true;
  const int status = reply.response.status;
  return sign_in && place == Place::body && reply.outcome == Outcome::other &&
         (status == 401 || status == 403 || status == 404);
}

// The fields that the request carries, each with a made-up value.
std::vector<Candidate> own_fields(Bench& bench) {
  std::vector<Candidate> candidates;
  const bool sign_in = is_sign_in(bench.base_request());
  for (const IdentityField& field : identity_fields(bench.base_request())) {
    Candidate candidate;
    candidate.label = field.label();
    candidate.renews = true;
    candidate.variant = [&bench, field] {
      const std::string value = like(field.value, bench);
      return Variant{fmt::format("{}: {}{}", field.label(), field.prefix, value),
                     with_identity(bench.base_request(), field, value)};
    };
    candidate.dummy = [&bench, field] {
      return bench.with_header("X-Weir-Control", like(field.value, bench));
    };
    const Place place = field.place;
    candidate.served = [&bench, sign_in, place](const Reply& reply) {
      return processed(bench, reply, sign_in, place);
    };
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// Fields that the request does not carry, all of one kind in one request.
Candidate added(Bench& bench, const std::string& label, const std::function<void(Request&)>& add) {
  Candidate candidate;
  candidate.label = label;
  candidate.renews = true;
  candidate.variant = [&bench, add, label] {
    Variant variant{"made-up " + label, bench.base_request()};
    add(variant.request);
    return variant;
  };
  candidate.dummy = [&bench] { return bench.with_header("X-Weir-Control", bench.made_up()); };
  candidate.served = [&bench](const Reply& reply) { return same_document(bench, reply); };
  return candidate;
}

// Query parameters are only identifiers if noise in the query does not do the same: otherwise the
// whole URL is the key, which is path-variant's business.
bool query_noise_is_served(Bench& bench) {
  const Candidate noise = added(bench, "query noise", [&bench](Request& request) {
    request.add_parameter("_" + bench.made_up(4), bench.made_up());
  });
  return screen(bench, {noise}, 0).held == 0;
}

std::vector<Candidate> added_headers(Bench& bench) {
  std::vector<Candidate> candidates;
  for (const char* name : kHeaders) {
    const bool own = find_header(bench.base_request().headers, name).has_value();
    if (own && std::string_view(name) != "User-Agent") continue;
    candidates.push_back(
        header_candidate(bench, name, [&bench, name] { return value_for(bench, name); }));
  }
  return candidates;
}

// One request with all of `singles`: refused means that none of them counts.
Screening screen_group(Bench& bench, const Candidate& group,
                       const std::function<std::vector<Candidate>()>& singles) {
  Screening result = screen(bench, {group}, 0);
  if (result.held > 0) return result;
  return screen(bench, singles());
}

CheckOutcome run(Bench& bench) {
  Screening all = screen(bench, own_fields(bench), 2);

  const Candidate headers = added(bench, "headers", [&bench](Request& request) {
    for (const char* name : kHeaders) {
      if (!find_header(bench.base_request().headers, name) ||
          std::string_view(name) == "User-Agent") {
        request.set_header(name, value_for(bench, name));
      }
    }
  });
  merge(all, screen_group(bench, headers, [&bench] { return added_headers(bench); }));

  if (!find_header(bench.base_request().headers, "Authorization")) {
    merge(all, screen(bench, {header_candidate(bench, "Authorization", [&bench] {
                        return "Bearer " + bench.made_up(16);
                      })}));
  }

  const auto cookie = [&bench](Request& request, const char* name) {
    const auto own = find_header(request.headers, "Cookie");
    const std::string more = fmt::format("{}={}", name, bench.made_up());
    request.set_header("Cookie", own ? std::string(*own) + "; " + more : more);
  };
  std::vector<const char*> names;
  for (const char* name : kCookies) {
    if (!has_cookie(bench, name)) names.push_back(name);
  }
  merge(all,
        screen_group(bench,
                     added(bench, "cookies",
                           [&](Request& request) {
                             for (const char* name : names) cookie(request, name);
                           }),
                     [&] {
                       std::vector<Candidate> singles;
                       for (const char* name : names) {
                         singles.push_back(added(bench, fmt::format("cookie {}", name),
                                                 [cookie, name](Request& r) { cookie(r, name); }));
                       }
                       return singles;
                     }));

  const Candidate parameters = added(bench, "query parameters", [&bench](Request& request) {
    for (const char* name : kParameters) request.add_parameter(name, bench.made_up());
  });
  const Screening queried = screen(bench, {parameters}, 0);
  if (queried.held == 0 && !query_noise_is_served(bench)) {
    std::vector<Candidate> singles;
    for (const char* name : kParameters) {
      singles.push_back(
          added(bench, fmt::format("query parameter {}", name),
                [&bench, name](Request& r) { r.add_parameter(name, bench.made_up()); }));
    }
    merge(all, screen(bench, singles));
  } else {
    all.held += queried.held;
    all.unreached += queried.unreached;
  }
  return conclude(bench, all, "identifiers");
}

const CheckInfo kInfo = {
    "identifier-rotation",
    "A made-up identifier gets a fresh quota",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API2:2023"},
    {807, 290, 770, 799},
    {"6.2.4"},
    "The limit counts by something that costs the caller nothing to change: a key that nobody "
    "checks, a cookie, a user agent, a name in the body. A caller who takes a new one for each "
    "request has no limit at all; at a sign-in, passwords can be sprayed over accounts.",
    "Count only by identities that were verified before: the authenticated principal, or the "
    "address of the connection. Let all unknown identifiers of one address share one counter.",
    "Look the API key up first and refuse unknown ones with 401 before anything is counted, or "
    "build the partition key from the account that the key belongs to. Never put User-Agent, "
    "cookies or a name from the body alone into the DynamoDB key.",
    "identity:\n  api_key: {header: X-API-Key, verify: required}   # unknown keys share one "
    "counter "
    "per network\nrules:\n  - id: per-key\n    key: [api_key]\n    limit: 100/m\n  - id: "
    "per-client\n    key: [client_ip]\n    limit: 300/m\n",
    "Five times of five: the base was refused, a dummy of the same length was refused, a made-up "
    "identifier was served with the same document, the base was refused; then that identity passed "
    "0.8 N in a row while the base stayed refused."};

}  // namespace

const Check kIdentifierRotation = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
