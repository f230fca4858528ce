// Requests over one HTTP/2 connection (RFC 9113), a stream each: over TLS by ALPN "h2", else with
// prior knowledge.
//
// Held requests are sent but for their last frame, the one that ends the stream; then the last
// frames of all of them go out in one write, 9 bytes each, so that up to a hundred share a packet
// and none of them is on its way before the others.
//
// Promises: every exchange ends by its deadline. Bounded, whatever the peer sends: kMaxBodyBytes of
// a body, kMaxResponseHeaderBytes of headers of an answer, kMaxOtherBytes of all that is neither;
// nghttp2 bounds CONTINUATION frames and what it owes the peer. Pushed streams are
// refused. Thread safety: one thread at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <memory>
#include <span>
#include <vector>

#include "net/url.h"
#include "scan/probe/connection.h"
#include "scan/probe/message.h"
#include "weir/clock.h"

namespace weir::scan {

inline constexpr const char* kHttp2 = "HTTP/2";             // as Request::version
inline constexpr std::size_t kMaxOtherBytes = 1024 * 1024;  // received on one connection

struct Http2Target {
  const net::Endpoint& endpoint;
  const Connection::Endpoints& addresses;
  boost::asio::ssl::context* tls = nullptr;  // null: plain
};

// The answers in the order of the requests. All go out from the first one's source address.
// `together`: their last frames are held back, and released at one instant.
std::vector<Response> fly_http2(const Http2Target& target, std::span<const Request> requests,
                                bool together, Clock& clock, Duration deadline);

}  // namespace weir::scan
