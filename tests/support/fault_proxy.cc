#include "support/fault_proxy.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::test {
namespace {

int connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(descriptor >= 0);
  WEIR_CHECK(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return descriptor;
}

}  // namespace

std::string http_answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

FaultProxy::FaultProxy(std::uint16_t upstream_port, std::function<Fault(std::string_view)> choose)
    : upstream_port_(upstream_port),
      choose_(std::move(choose)),
      server_([this](LoopbackServer::Peer& client) { serve(client); }) {}

void FaultProxy::serve(LoopbackServer::Peer& client) {
  const int descriptor = connect_to(upstream_port_);
  LoopbackServer::Peer upstream(descriptor);
  while (const auto request = client.read_request()) {
    const Fault fault = choose_(*request);
    std::string answer = fault.answer;
    if (fault.kind == Fault::Kind::cut) break;
    if (fault.kind != Fault::Kind::replace) {
      // An HTTP response ends as a request does: after its Content-Length.
      const bool sent = upstream.write(*request);
      const auto response = sent ? upstream.read_request() : std::nullopt;
      if (!response) break;
      ++carried_out_;
      if (fault.kind == Fault::Kind::lose_answer) break;
      if (fault.kind == Fault::Kind::silence) {
        client.wait_for_close();
        break;
      }
      if (fault.kind == Fault::Kind::none) answer = *response;
      if (fault.kind == Fault::Kind::edit) answer = fault.edit(*response);
    }
    if (!client.write(answer)) break;
  }
  ::close(descriptor);
}

}  // namespace weir::test
