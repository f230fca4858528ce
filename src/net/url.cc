#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/address.h"

namespace weir::net {
namespace {

// DNS names are at most 253 characters (RFC 1035 §2.3.4, less the root's length byte and dot).
constexpr std::size_t kMaxHostBytes = 253;

std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::https ? 443 : 80;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool is_name_char(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
}

// Names as resolvers take them: labels of letters, digits, '-' and '_', each 1 to 63 long.
bool is_host_name(std::string_view host) {
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else {
      if (!is_name_char(c) || ++label > 63) return false;
    }
  }
  return label > 0 || (host.size() > 1 && host.back() == '.');
}

// "1.2.3" and "0x7f.1" would be read as addresses by some resolvers and as names by others.
bool looks_numeric(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && (std::all_of(last.begin(), last.end(), is_digit) ||
                           last.starts_with("0x") || last.starts_with("0X"));
}

// A text with an '@' may hold a password, so it is not repeated.
tl::unexpected<Error> bad_url(std::string_view text, std::string_view why, std::string cure) {
  const bool secret = text.find('@') != std::string_view::npos;
  const std::string what = secret ? "the URL" : fmt::format("'{}'", text);
  return fail(ErrorCode::invalid_input, fmt::format("{} cannot be used as a URL: {}", what, why),
              std::move(cure));
}

}  // namespace

bool Endpoint::host_is_address() const {
  return Address::parse(host).has_value();
}

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string result = v6 ? "[" + host + "]" : host;
  if (port != default_port(scheme)) result += ":" + std::to_string(port);
  return result;
}

std::string Endpoint::to_string() const {
  return (is_tls() ? "https://" : "http://") + authority();
}

Result<Url> Url::parse(std::string_view text) {
  const std::string example = "write it as https://example.com/path";
  if (text.empty()) return fail(ErrorCode::invalid_input, "the URL is empty", example);
  if (text.size() > kMaxUrlBytes) {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the URL is {} bytes long, more than {}", text.size(), kMaxUrlBytes));
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) {
      return fail(ErrorCode::invalid_input,
                  "the URL holds white space, a control character or a byte outside ASCII",
                  "percent-encode it (a space is %20)");
    }
  }

  Url url;
  std::string scheme(text.substr(0, std::min(text.find("://"), text.size())));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  if (scheme.size() == text.size()) return bad_url(text, "it has no scheme", example);
  if (scheme != "http" && scheme != "https") {
    return bad_url(text, "its scheme is neither http nor https", example);
  }
  url.scheme = scheme == "https" ? Scheme::https : Scheme::http;

  std::string_view rest = text.substr(scheme.size() + 3);
  if (rest.find('#') != std::string_view::npos) {
    return bad_url(text, "it has a fragment, which is never sent",
                   "leave out '#' and what follows");
  }
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad_url(text, "it holds a user name or password",
                   "send credentials in a header instead");
  }

  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url(text, "'[' is not closed", "add ']'");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    has_port = !port.empty();
    if (has_port && !port.starts_with(':')) {
      return bad_url(text, "something follows ']' that is not a port", example);
    }
    if (has_port) port.remove_prefix(1);
    const Result<Address> address = Address::parse(host);
    if (!address || host.find(':') == std::string_view::npos) {
      return bad_url(text, "what stands in brackets is not an IPv6 address", "write [2001:db8::1]");
    }
    url.host = address->to_string();
  } else {
    const std::size_t colon = authority.find(':');
    if (colon != std::string_view::npos) {
      host = authority.substr(0, colon);
      port = authority.substr(colon + 1);
      has_port = true;
      if (port.find(':') != std::string_view::npos) {
        return bad_url(text, "it has more than one ':'", "put an IPv6 address in brackets");
      }
    }
    if (host.empty()) return bad_url(text, "it has no host", example);
    const bool name = host.size() <= kMaxHostBytes && is_host_name(host);
    if (!name || (looks_numeric(host) && !Address::parse(host))) {
      return bad_url(text, "its host is neither a DNS name nor an IP address", example);
    }
    url.host.resize(host.size());
    std::transform(host.begin(), host.end(), url.host.begin(), lower);
  }

  url.port = default_port(url.scheme);
  if (has_port) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (error != std::errc{} || end != port.data() + port.size() || value == 0 || value > 65535) {
      return bad_url(text, "its port is not a number from 1 to 65535", example);
    }
    url.port = static_cast<std::uint16_t>(value);
  }

  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') continue;
    if (i + 2 >= rest.size() || !is_hex_digit(rest[i + 1]) || !is_hex_digit(rest[i + 2])) {
      return bad_url(text, "a '%' is not followed by two hexadecimal digits",
                     "write a plain '%' as %25");
    }
  }
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace weir::net
