// FaultProxy: stands between a client and a real HTTP server on this machine, and does to each
// exchange what a test asks for: also what no emulator does by itself, such as losing the answer of
// a request that was carried out.
//
// Thread safety: `choose` is called from one thread for each connection, at once.
//
//   FaultProxy proxy(emulator.port(), [](std::string_view request) { return Fault{}; });
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "support/loopback_server.h"
#include "weir/time.h"

namespace weir::test {

struct Fault {
  enum class Kind {
    none,         // passed on, answered
    lose_answer,  // carried out; the connection is cut instead of an answer
    silence,      // carried out; no answer and no end
    half_open,    // not carried out; no answer and no end
    cut,          // not carried out; the connection is cut
    replace,      // not carried out; `answer` instead
    substitute,   // carried out; `answer` instead
    edit,         // carried out; `edit` changes the answer
    duplicate,    // carried out twice; the first answer is lost
    change,       // `edit` changes the request before it is carried out
  };
  Kind kind = Kind::none;
  std::string answer = {};  // a whole HTTP response
  std::function<std::string(std::string)> edit = {};

  // With any kind:
  Duration before{};                 // passes before it is carried out
  Duration after{};                  // passes before it is answered
  std::size_t bytes_per_second = 0;  // at which the answer trickles; 0: all at once
  Duration slow_close{};  // the connection takes no further request and closes this much later
  bool reset = false;     // what is cut ends in a reset, not in an orderly close
};

class FaultProxy {
 public:
  FaultProxy(std::uint16_t upstream_port, std::function<Fault(std::string_view request)> choose);

  std::uint16_t port() const { return server_.port(); }
  int carried_out() const { return carried_out_.load(); }

 private:
  void serve(LoopbackServer::Peer& client);
  // False once the connection has to end.
  bool exchange(LoopbackServer::Peer& client, LoopbackServer::Peer& upstream,
                const std::string& request, const Fault& fault);
  std::optional<std::string> carry_out(LoopbackServer::Peer& upstream, const std::string& request);

  const std::uint16_t upstream_port_;
  const std::function<Fault(std::string_view)> choose_;
  std::atomic<int> carried_out_{0};
  LoopbackServer server_;
};

// A whole HTTP response with this status and JSON body.
std::string http_answer(int status, std::string_view body);

// As DynamoDB words an error: "ThrottlingException".
std::string aws_error_answer(std::string_view type, int status = 400);

}  // namespace weir::test
