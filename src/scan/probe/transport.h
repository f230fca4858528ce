// How probes reach the target. HttpTransport is the real one; tests bring targets in virtual time.
//
// Every call returns: a failure of the target is a Response with a Failure, never an exception and
// never a hang. Thread safety: one thread at a time.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "scan/probe/message.h"

namespace weir::scan {

class Transport {
 public:
  virtual ~Transport() = default;

  // One request on a connection of its own.
  virtual Response send(const Request& request) = 0;

  // All requests at one instant: each is sent on a connection of its own but for its last byte,
  // then the last bytes are released together. Answers in the order of the requests.
  virtual std::vector<Response> send_together(std::span<const Request> requests) = 0;

  // `held` is sent but for its last byte; meanwhile `request` is sent again and again, as long as
  // `go_on` says so and each is answered before `patience`; then `held` is completed. Answers in
  // that order, the held one's last.
  virtual std::vector<Response> send_while_holding(
      const Request& held, const Request& request, Duration patience,
      const std::function<bool(const Response&)>& go_on) = 0;
};

}  // namespace weir::scan
