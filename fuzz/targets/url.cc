// URLs: where credentials and probes are sent.
#include "net/url.h"

#include <algorithm>

#include "fuzz/target.h"
#include "net/http_message.h"

void weir::fuzz::try_input(std::string_view input) {
  const Result<net::Url> url = net::Url::parse(input);
  if (!url) {
    WEIR_CHECK(url.error().message.find('\n') == std::string::npos);
    // What stands before an '@' may be a password.
    const std::size_t at = input.find('@');
    WEIR_CHECK(at == std::string_view::npos || at < 8 ||
               url.error().message.find(input.substr(0, at + 1)) == std::string::npos);
    return;
  }
  const std::string text = url->to_string();
  const Result<net::Url> again = net::Url::parse(text);
  WEIR_CHECK(again && *again == *url && again->to_string() == text);
  WEIR_CHECK(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  WEIR_CHECK(url->path().starts_with('/') && url->path().find('?') == std::string_view::npos);
  // It can be asked for, and nothing in it ends its line early.
  std::string wire;
  WEIR_CHECK(net::write_request(url->endpoint(), {.target = url->target}, wire));
  WEIR_CHECK(std::count(wire.begin(), wire.end(), '\n') == 3);
}
