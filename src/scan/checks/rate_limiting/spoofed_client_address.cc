#include <fmt/format.h>

#include <array>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::array<const char*, 17> kHeaders = {
    "X-Forwarded-For",  "X-Real-IP",     "Forwarded",           "True-Client-IP",
    "CF-Connecting-IP", "X-Client-IP",   "X-Cluster-Client-IP", "Fastly-Client-IP",
    "X-Originating-IP", "X-Remote-IP",   "X-Remote-Addr",       "Client-IP",
    "X-Forwarded",      "Forwarded-For", "X-Azure-ClientIP",    "X-ProxyUser-Ip",
    "X_FORWARDED_FOR"};

std::string spell(std::string_view header, const std::string& address) {
  return header == "Forwarded" ? "for=" + address : address;
}

Candidate single(Bench& bench, const char* header) {
  return header_candidate(bench, header,
                          [&bench, header] { return spell(header, bench.made_up_address()); });
}

// A list, for those who count hops from the right and thus look beyond the last entry.
Candidate list(Bench& bench) {
  Candidate candidate = header_candidate(bench, "X-Forwarded-For", [&bench] {
    return fmt::format("{}, {}, {}", bench.made_up_address(), bench.made_up_address(),
                       bench.made_up_address());
  });
  candidate.label = "X-Forwarded-For with a list";
  return candidate;
}

// All of them in one request: if even this is refused, none of them counts for the limit.
Candidate all_at_once(Bench& bench) {
  Candidate candidate = single(bench, kHeaders[0]);
  candidate.label = "all address headers at once";
  candidate.variant = [&bench] {
    Variant variant{"made-up addresses in all known headers", bench.base_request()};
    const std::string address = bench.made_up_address();
    for (const char* header : kHeaders) variant.request.set_header(header, spell(header, address));
    return variant;
  };
  return candidate;
}

CheckOutcome concluded(Bench& bench, const Screening& screening) {
  if (screening.proven > 0) {
    const std::string& label = screening.served.front();
    bench.facts().believed_header = label.substr(0, label.find(' '));
  }
  return conclude(bench, screening, "headers");
}

CheckOutcome run(Bench& bench) {
  const Screening group = screen(bench, {all_at_once(bench)}, 0);
  if (group.held > 0) {
    // Lists are read from the right by some: one more request settles it.
    Screening listed = screen(bench, {list(bench)});
    listed.held += static_cast<int>(kHeaders.size());
    return concluded(bench, listed);
  }
  std::vector<Candidate> candidates;
  for (const char* header : kHeaders) candidates.push_back(single(bench, header));
  candidates.push_back(list(bench));
  return concluded(bench, screen(bench, candidates));
}

const CheckInfo kInfo = {
    "spoofed-client-address",
    "A made-up client address in a header gets a fresh quota",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API2:2023"},
    {348, 290, 807, 799},
    {"6.2.4"},
    "Any caller can write forwarding headers. If the limit counts by what they say, each request "
    "can claim another address and the limit never applies; and by claiming somebody else's "
    "address, a caller uses up that client's quota.",
    "Count by the address of the socket's peer. Believe a forwarding header only if the peer is "
    "one "
    "of your own proxies, and then take the right-most entry that no proxy of yours wrote.",
    "In Django, REMOTE_ADDR is the peer; do not replace it by HTTP_X_FORWARDED_FOR yourself. Let "
    "Weir's middleware find the client with trusted_proxies set to your load balancer's networks, "
    "and build the DynamoDB key from that.",
    "identity:\n  trusted_proxies: [10.0.0.0/8]   # your load balancers, nothing else\nrules:\n  - "
    "id: per-client\n    key: [client_ip]\n    limit: 100/m\n",
    "Five times of five: the base was refused, a dummy header of the same length was refused, a "
    "made-up address in a header was served, the base was refused; then that identity passed 0.8 N "
    "in a row while the base stayed refused."};

}  // namespace

const Check kSpoofedClientAddress = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
