// HTTP responses of the services that Weir calls. They mean the same whole and in pieces.
#include <algorithm>

#include "fuzz/target.h"
#include "net/http_message.h"

namespace weir::fuzz {
namespace {

// Small, so that small inputs reach them.
constexpr net::HttpClientOptions kLimits{.max_response_bytes = 512, .max_header_bytes = 1024};

std::optional<net::HttpResponse> read(std::string_view method, std::string_view bytes,
                                      std::size_t piece) {
  net::ResponseReader reader(method, kLimits);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (!reader.feed(bytes.substr(at, piece))) return std::nullopt;
  }
  if (!reader.is_done() && !reader.feed_end()) return std::nullopt;
  WEIR_CHECK(reader.is_done());
  static_cast<void>(reader.keeps_alive());
  return reader.take();
}

}  // namespace

void try_input(std::string_view input) {
  for (const std::string_view method : {"POST", "HEAD"}) {
    const auto whole = read(method, input, input.size() + 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
      const auto pieces = read(method, input, piece);
      WEIR_CHECK(whole.has_value() == pieces.has_value());
      if (!whole) continue;
      WEIR_CHECK(whole->status == pieces->status && whole->headers == pieces->headers);
      WEIR_CHECK(whole->body == pieces->body);
    }
    if (!whole) continue;
    WEIR_CHECK(whole->status >= 100 && whole->status <= 999);
    WEIR_CHECK(whole->body.size() <= kLimits.max_response_bytes);
    static_cast<void>(whole->find("content-type"));
  }
}

}  // namespace weir::fuzz
