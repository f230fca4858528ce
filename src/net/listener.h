// Listener: takes connections on one address and hands each to a caller that waits for it.
//
// For what serves each connection on a thread of its own and has to see its bytes as they came;
// HttpServer serves many connections on few threads and writes the answers itself.
//
// Thread safety: accept() is for one thread; stop() may be called from any.
//
//   auto listener = Listener::listen(*ListenAddress::parse("127.0.0.1:8001"));
//   while (auto client = (*listener)->accept()) serve(std::move(client));
#pragma once

#include <atomic>
#include <memory>

#include "base/result.h"
#include "net/listen_address.h"
#include "net/stream.h"

namespace weir::net {

class Listener {
 public:
  // Not on Unix sockets.
  static Result<std::unique_ptr<Listener>> listen(const ListenAddress& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits for the next connection; null once stopped.
  std::unique_ptr<Stream> accept();
  void stop();

  // With the port that was chosen.
  const ListenAddress& address() const { return address_; }

 private:
  Listener(int descriptor, ListenAddress address);

  const int descriptor_;
  const ListenAddress address_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace weir::net
