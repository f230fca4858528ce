// H2Client: an HTTP/2 connection to a server on 127.0.0.1 that makes gRPC calls, also wrong ones,
// frame by frame.
//
// Thread safety: one thread at a time.
//
//   H2Client client(port);
//   const std::int32_t id = client.call("/package.Service/Method", framed("message"));
//   client.run_until([&] { return client.answer(id).over; });
//   client.answer(id).fields["grpc-status"]
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/raw_client.h"

struct nghttp2_session;

namespace weir::test {

// A gRPC message as it stands on the stream.
std::string framed(std::string_view message);

class H2Client {
 public:
  struct Answer {
    std::map<std::string, std::string> fields;  // header and trailer fields
    std::string body;
    bool over = false;
    std::uint32_t error = 0;  // of RST_STREAM
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit H2Client(std::uint16_t port);
  explicit H2Client(const std::string& socket_path);
  ~H2Client();

  // Begins a call and sends its body. ends: that is all of it.
  std::int32_t call(const std::string& path, const std::string& body, const Fields& more = {},
                    bool ends = true);
  // The same with all fields given.
  std::int32_t request(const Fields& fields, const std::string& body, bool ends = true);
  void reset(std::int32_t id);
  void ping();

  // Sends what is to be sent, and receives until `done` or the other side has closed. False: it
  // did.
  bool run_until(const std::function<bool()>& done);
  // Without waiting for anything.
  void send();

  Answer& answer(std::int32_t id) { return answers_[id]; }
  int goaways() const { return goaways_; }
  int pings() const { return pings_; }
  bool is_closed() const { return connection_.is_closed(); }

 private:
  void open();

  RawClient connection_;
  std::unique_ptr<nghttp2_session, void (*)(nghttp2_session*)> session_;
  std::map<std::int32_t, Answer> answers_;
  struct Body {
    std::string bytes;
    std::size_t sent = 0;
    bool ends = true;
  };
  std::map<std::int32_t, std::unique_ptr<Body>> bodies_;
  int goaways_ = 0;
  int pings_ = 0;  // that the server has sent
};

}  // namespace weir::test
