// HTTP/1.1 messages on the wire, as HttpClient needs them: a request as bytes, a response out of
// bytes. Parsing is Beast's; it stays in the .cc file.
//
// Thread safety: a ResponseReader belongs to one thread; write_request is a pure function.
#pragma once

#include <memory>
#include <string>

#include "net/http_client.h"

namespace weir::net {

// Appends the request. Refuses whatever would change its framing: control characters in the method,
// the target or a header.
Status write_request(const Endpoint& endpoint, const HttpRequest& request, std::string& out);

// One response, fed as bytes arrive. Interim (1xx) responses are skipped, a bounded number of them.
class ResponseReader {
 public:
  ResponseReader(std::string_view request_method, const HttpClientOptions& limits);
  ~ResponseReader();

  // Takes the next bytes. Bytes after the end of the response count as a fault of the server.
  Status feed(std::string_view bytes);
  // The peer has closed: fine if that is what ends the body, otherwise an Error.
  Status feed_end();

  bool is_done() const;
  bool keeps_alive() const;  // once done: the connection may be used again
  HttpResponse take();       // once done

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::net
