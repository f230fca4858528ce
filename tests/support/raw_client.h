// RawClient: a connection to 127.0.0.1 that sends what no client library would, and sees every byte
// of the answer.
//
// Thread safety: one thread at a time.
//
//   RawClient client(server.port());
//   client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
//   client.read_until("\r\n\r\n");
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  explicit RawClient(const std::string& socket_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False once the other side is gone.
  bool send(std::string_view bytes);
  // Says that no more will come.
  void end();
  // All that has come and was not handed out yet, as soon as `marker` is in it, or the other side
  // has closed, or kPatience is over.
  std::string read_until(std::string_view marker);
  // The same until the other side closes.
  std::string read_all() { return read_until({}); }
  // What comes next; empty: nothing will, or nothing came within kPatience.
  std::string read_next();
  bool is_closed() const { return closed_; }

 private:
  bool read_some();

  int descriptor_;
  bool closed_ = false;
  std::string unread_;
};

}  // namespace weir::test
