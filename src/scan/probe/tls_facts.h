// What a TLS server agrees to and what its certificate says, seen from outside: handshakes of our
// own, apart from those of the probes, because they offer what no probe should.
//
// Promises: ends within four times `deadline`; sends no request; trusts nothing.
// Thread safety: a free function without state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/url.h"
#include "weir/clock.h"

namespace weir::scan {

struct TlsFacts {
  bool reached = false;                   // a handshake with TLS 1.2 or newer succeeded
  std::string version;                    // of that one: "TLSv1.3"
  std::vector<std::string> old_versions;  // also accepted: "TLSv1", "TLSv1.1"
  std::string chain_flaw;                 // what the check of the chain said; empty: it holds
  bool name_matches = false;
  std::optional<double> days_left;  // until the certificate ends; negative: it has ended
};

TlsFacts look_at_tls(const net::Endpoint& endpoint, Clock& clock, Duration deadline);

}  // namespace weir::scan
