#include "support/emulator.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "base/check.h"
#include "support/loopback_server.h"

namespace weir::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLongestStart = std::chrono::seconds(90);

// It answers HTTP, with whatever status.
bool answers(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  bool good = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  if (good) {
    constexpr std::string_view kRequest =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    char byte = 0;
    good = ::send(descriptor, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0 &&
           ::recv(descriptor, &byte, 1, 0) == 1;
  }
  ::close(descriptor);
  return good;
}

}  // namespace

Emulator::Emulator(const std::string& name) : port_(free_port()) {
  const std::string script = std::string(WEIR_SOURCE_DIR) + "/scripts/emulator";
  const std::string port = std::to_string(port_);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  WEIR_CHECK(process_ >= 0);
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    // Its chatter is of no use to a test; its complaints are.
    WEIR_CHECK(::freopen("/dev/null", "w", stdout) != nullptr);
    ::execl(script.c_str(), script.c_str(), name.c_str(), port.c_str(), nullptr);
    ::_exit(127);
  }
  const auto give_up = Clock::now() + kLongestStart;
  while (!answers(port_)) {
    const bool ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
    if (ended || Clock::now() > give_up) {
      std::fprintf(stderr, "the emulator %s did not start: run scripts/bootstrap\n", name.c_str());
      std::abort();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Emulator::~Emulator() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

std::string Emulator::endpoint_url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

Environment Emulator::environment() const {
  return emulator_environment(port_);
}

Environment emulator_environment(std::uint16_t port) {
  return [url = "http://127.0.0.1:" +
                std::to_string(port)](std::string_view name) -> std::optional<std::string> {
    static const std::map<std::string_view, std::string_view> kFixed = {
        {"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"},
        {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
        {"AWS_REGION", "us-east-1"},
        {"AWS_EC2_METADATA_DISABLED", "true"}};
    if (name == "AWS_ENDPOINT_URL_DYNAMODB") return url;
    const auto found = kFixed.find(name);
    if (found == kFixed.end()) return std::nullopt;
    return std::string(found->second);
  };
}

}  // namespace weir::test
