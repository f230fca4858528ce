#include "support/fault_proxy.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/system_clock.h"

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

// False once the client is gone.
bool write_slowly(LoopbackServer::Peer& client, std::string_view bytes, std::size_t per_second) {
  constexpr std::size_t kTicksPerSecond = 50;
  if (per_second == 0) return client.write(bytes);
  const std::size_t piece = std::max<std::size_t>(per_second / kTicksPerSecond, 1);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    base::sleep_for(std::chrono::seconds(1) / static_cast<int>(kTicksPerSecond));
    if (!client.write(bytes.substr(0, piece))) return false;
  }
  return true;
}

}  // namespace

std::string http_answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string aws_error_answer(std::string_view type, int status) {
  return http_answer(status, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + std::string(type) +
                                 R"(","message":"no"})");
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
    if (!exchange(client, upstream, *request, fault)) {
      if (fault.reset) client.reset();
      break;
    }
  }
  ::close(descriptor);
}

bool FaultProxy::exchange(LoopbackServer::Peer& client, LoopbackServer::Peer& upstream,
                          const std::string& request, const Fault& fault) {
  using Kind = Fault::Kind;
  base::sleep_for(fault.before);
  if (fault.kind == Kind::cut) return false;
  if (fault.kind == Kind::half_open) {
    client.wait_for_close();
    return false;
  }
  std::string answer = fault.answer;
  if (fault.kind != Kind::replace) {
    if (fault.kind == Kind::duplicate && !carry_out(upstream, request)) return false;
    auto response = carry_out(upstream, fault.kind == Kind::change ? fault.edit(request) : request);
    if (!response || fault.kind == Kind::lose_answer) return false;
    if (fault.kind == Kind::silence) {
      client.wait_for_close();
      return false;
    }
    if (fault.kind == Kind::edit) {
      answer = fault.edit(*std::move(response));
    } else if (fault.kind != Kind::substitute) {
      answer = *std::move(response);
    }
  }
  base::sleep_for(fault.after);
  if (!write_slowly(client, answer, fault.bytes_per_second)) return false;
  base::sleep_for(fault.slow_close);
  return fault.slow_close == Duration::zero();
}

std::optional<std::string> FaultProxy::carry_out(LoopbackServer::Peer& upstream,
                                                 const std::string& request) {
  if (!upstream.write(request)) return std::nullopt;
  // An HTTP response ends as a request does: after its Content-Length.
  auto response = upstream.read_request();
  if (response) ++carried_out_;
  return response;
}

}  // namespace weir::test
