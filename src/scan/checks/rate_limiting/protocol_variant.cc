// Proof: the base refused, the same request in another version of the protocol served with the same
// document, the base refused; and so on. That a new connection does not help shows in every base
// request: each has a connection of its own.
#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"

namespace weir::scan::rate_limiting {
namespace {

CheckOutcome run(Bench& bench) {
  const auto in = [&bench](const char* version) {
    return change_candidate(bench, version,
                            [version](Request& request) { request.version = version; });
  };
  Screening screening = screen(bench, {in("HTTP/1.0")});
  Screening http2 = screen(bench, {in("HTTP/2")});
  bench.facts().speaks_http2 = http2.held > 0;
  merge(screening, std::move(http2));
  return conclude(bench, screening, "versions of the protocol");
}

const CheckInfo kInfo = {
    "protocol-variant",
    "Another version of the protocol has a quota of its own",
    Severity::medium,
    "rate-limiting",
    {"API4:2023"},
    {436, 799},
    {"6.2.4"},
    "The limit looks at the connection or at how a request is framed, while the server answers "
    "older and "
    "newer versions of HTTP alike. A client that speaks another version is counted afresh or not "
    "at all.",
    "Put the limit behind the protocol: count requests after they were parsed, whatever they came "
    "by. "
    "Turn HTTP/1.0 off where no client needs it.",
    "Count in Django's middleware, where every request looks alike, not by SERVER_PROTOCOL or per "
    "connection.",
    "rules:\n  - id: per-client\n    key: client_ip\n    limit: 100/m   # decided on the parsed "
    "request\n",
    "The base is refused and the same request over HTTP/1.0 or HTTP/2 is served, five times of "
    "five; then it "
    "passes 0.8 N in a row while the base stays refused."};

}  // namespace

const Check kProtocolVariant = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
