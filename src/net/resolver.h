// Resolver: names to socket addresses, with a deadline and a short memory.
//
// getaddrinfo() knows no deadline, so each look-up runs on a thread of its own and callers wait for
// it as long as they may. Look-ups of one name are shared: at most one is under way for each name.
// Answers are kept for kKeep, failures are not kept.
//
// Thread safety: resolve() may be called from any thread. After a fork the child needs a new one.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/url.h"

namespace weir::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

class Resolver {
 public:
  static constexpr Duration kKeep = std::chrono::seconds(30);
  static constexpr std::size_t kMaxNames = 256;

  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // In the order in which they should be tried; never empty.
  Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, const Deadline& deadline);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // outlives this object while a look-up is under way
};

}  // namespace weir::net
