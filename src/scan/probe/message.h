// One HTTP/1.1 request as the scanner means it, byte for byte, and the answer that came.
//
// A scanner must send what no HTTP library lets through: odd paths, doubled header fields, control
// characters. So a Request is serialised as it stands; only the framing (Host, Content-Length,
// Connection) is added, and only where the request does not carry it itself.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/time.h"

namespace weir::scan {

// A body is kept up to this size; the rest is not read and the connection is closed.
inline constexpr std::size_t kMaxBodyBytes = 1024 * 1024;
inline constexpr std::size_t kMaxResponseHeaderBytes = 64 * 1024;

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

bool same_name(std::string_view a, std::string_view b);  // header names: ASCII, case ignored

// The value of the first header of that name.
std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // origin form: path and query
  std::vector<Header> headers = {};
  std::optional<std::string> body = {};
  // Local address to connect from. On loopback every address of 127.0.0.0/8 is a client of its own.
  std::optional<std::string> source_address = {};
  std::string version = "HTTP/1.1";

  // Replaces every header of that name by one, or adds it.
  void set_header(std::string_view name, std::string_view value);
  void add_header(std::string_view name, std::string_view value);
  void remove_header(std::string_view name);

  // The target without its query.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // Adds "name=value" to the query, as it is.
  void add_parameter(std::string_view name, std::string_view value);
};

// As reports name what a request asks for: "GET /orders/7".
std::string operation_name(const Request& request);

enum class Failure {
  none,
  unresolved,   // the name has no address
  unreachable,  // nothing accepts connections there
  tls,          // no TLS session, or a certificate that does not hold
  timeout,      // no complete answer before the deadline
  closed,       // the connection ended before an answer
  malformed,    // what came is not HTTP/1.x
  not_sent,     // the scan stopped: a bound was reached, the user interrupted or the target suffers
};

struct Response {
  Failure failure = Failure::none;
  std::string failure_text;  // the library's word for it; empty if none
  int status = 0;            // 0 if failure is not none
  std::vector<Header> headers;
  std::string body;        // at most kMaxBodyBytes
  bool truncated = false;  // there was more body
  Time sent{};             // when the last byte of the request was handed to the socket
  Time answered{};         // when the answer was complete, or the failure was seen

  bool ok() const { return failure == Failure::none; }
};

// The bytes on the wire.
std::string serialise(const Request& request, std::string_view authority);

}  // namespace weir::scan
