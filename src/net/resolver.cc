#include "net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace weir::net {
namespace {

using Addresses = std::vector<SocketAddress>;

Result<Addresses> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) {
    return fail(ErrorCode::unavailable,
                fmt::format("the name {} cannot be looked up: {}", host, gai_strerror(error)),
                "check the name and this machine's DNS settings");
  }
  Addresses addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(list);
  if (addresses.empty()) {
    return fail(ErrorCode::unavailable, fmt::format("the name {} has no address", host));
  }
  return addresses;
}

}  // namespace

struct Resolver::Shared {
  // Held by its waiters too, so that forgetting the name does not take their answer away.
  struct LookUp {
    bool done = false;
    Result<Addresses> result = Addresses{};
    Duration kept_until{};  // by monotonic time
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::shared_ptr<LookUp>> look_ups;  // by "host:port"
};

Resolver::Resolver() : shared_(std::make_shared<Shared>()) {}
Resolver::~Resolver() = default;

Result<Addresses> Resolver::resolve(const Endpoint& endpoint, const Deadline& deadline) {
  if (endpoint.host_is_address()) return look_up(endpoint.host, endpoint.port, AI_NUMERICHOST);

  const std::string name = fmt::format("{}:{}", endpoint.host, endpoint.port);
  std::unique_lock lock(shared_->mutex);
  if (shared_->look_ups.size() >= kMaxNames) {
    std::erase_if(shared_->look_ups, [](const auto& entry) { return entry.second->done; });
  }
  std::shared_ptr<Shared::LookUp>& slot = shared_->look_ups[name];
  const bool fresh = slot && (!slot->done || slot->kept_until > base::monotonic_now());
  if (!fresh) {
    slot = std::make_shared<Shared::LookUp>();
    try {
      std::thread([shared = shared_, mine = slot, host = endpoint.host, port = endpoint.port] {
        Result<Addresses> result = look_up(host, port, AI_ADDRCONFIG);
        const std::lock_guard guard(shared->mutex);
        mine->kept_until = result ? base::monotonic_now() + kKeep : Duration::zero();
        mine->result = std::move(result);
        mine->done = true;
        shared->changed.notify_all();
      }).detach();
    } catch (const std::system_error& error) {
      slot->done = true;
      return fail(ErrorCode::unavailable, fmt::format("no thread can be started to look up {}: {}",
                                                      endpoint.host, error.what()));
    }
  }
  const std::shared_ptr<Shared::LookUp> mine = slot;
  if (!shared_->changed.wait_for(lock, deadline.left(), [&] { return mine->done; })) {
    return fail(ErrorCode::timeout, fmt::format("looking up {} took too long", endpoint.host),
                "check this machine's DNS settings");
  }
  return mine->result;
}

}  // namespace weir::net
