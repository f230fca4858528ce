#include "identity/forwarding.h"

#include <algorithm>

#include "base/ascii.h"
#include "identity/bounds.h"
#include "identity/text.h"

namespace weir::identity {
namespace {

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::invalid_input, std::string(what));
}

// Whether the quote at `at` is escaped. Backslashes escape each other, so an odd run before it
// does.
bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// Where the last element of `line` begins: after the last comma outside quotes. Looks at no more
// than kMaxHopLength + 1 bytes; npos if the element is longer.
std::size_t last_element(std::string_view line, bool quotes) {
  bool quoted = false;
  for (std::size_t at = line.size(); at > 0; --at) {
    if (line.size() - at > kMaxHopLength) return std::string_view::npos;
    const char c = line[at - 1];
    if (quotes && c == '"') {
      // Going left, the first quote closes a string and the next unescaped one opens it.
      if (!quoted) {
        quoted = true;
      } else if (!is_escaped(line, at - 1)) {
        quoted = false;
      }
    } else if (c == ',' && !quoted) {
      return at;
    }
  }
  return line.size() > kMaxHopLength ? std::string_view::npos : 0;
}

bool is_port(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!text.empty() && text.front() == '_')  // RFC 7239, section 6.3: an obfuscated port
    return text.size() > 1 && std::all_of(text.begin(), text.end(), is_visible_ascii);
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

// RFC 7239, section 6, and what X-Forwarded-For carries in practice: an address, bare or in
// brackets, perhaps with a port; "unknown"; "_name".
Result<std::optional<Address>> node_address(std::string_view node) {
  if (base::equals_ignoring_case(node, "unknown") || (node.size() > 1 && node.front() == '_')) {
    return std::optional<Address>();
  }
  std::string_view text = node;
  std::string_view port;
  bool has_port = false;
  if (node.starts_with('[')) {
    const std::size_t close = node.find(']');
    if (close == std::string_view::npos)
      return malformed("a forwarded address has an open bracket");
    text = node.substr(1, close - 1);
    const std::string_view rest = node.substr(close + 1);
    has_port = !rest.empty();
    if (text.find(':') == std::string_view::npos || (has_port && rest.front() != ':'))
      return malformed("a forwarded address has brackets around what is not IPv6");
    if (has_port) port = rest.substr(1);
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    const std::size_t colon = node.find(':');
    text = node.substr(0, colon);
    port = node.substr(colon + 1);
    has_port = true;
  }
  if (has_port && !is_port(port)) return malformed("a forwarded address has a bad port");
  // The parser's own message would quote the address.
  const Result<Address> address = Address::parse(text);
  if (!address) return malformed("a forwarded address is not an IP address");
  return std::optional<Address>(*address);
}

// Takes the value of one "name=value" pair off the front of `rest`: a token, or a quoted string
// whose escapes are undone into `unescaped`.
Result<std::string_view> take_value(std::string_view& rest, std::string& unescaped) {
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view value = strip(rest.substr(0, end));
    rest.remove_prefix(end);
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_visible_ascii) ||
        value.find('"') != std::string_view::npos)
      return malformed("a parameter of Forwarded has no value");
    return value;
  }
  unescaped.clear();
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return std::string_view(unescaped);
    }
    if (rest[at] == '\\' && ++at == rest.size()) break;
    unescaped += rest[at];
  }
  return malformed("Forwarded has an open quote");
}

}  // namespace

HopsFromTheRight::HopsFromTheRight(std::span<const HeaderField> fields, std::string_view name,
                                   bool quotes)
    : fields_(fields), name_(name), quotes_(quotes) {}

Result<std::optional<std::string_view>> HopsFromTheRight::next() {
  for (;;) {
    if (!line_) {
      while (!fields_.empty() && !base::equals_ignoring_case(fields_.back().name, name_))
        fields_ = fields_.first(fields_.size() - 1);
      if (fields_.empty()) return std::optional<std::string_view>();
      line_ = fields_.back().value;
      fields_ = fields_.first(fields_.size() - 1);
    }
    if (++hops_ > kMaxHops) return malformed("a forwarding field names more than 32 hops");
    const std::size_t begin = last_element(*line_, quotes_);
    if (begin == std::string_view::npos)
      return malformed("a forwarding field has an element of more than 512 bytes");
    const std::string_view element = strip(line_->substr(begin));
    if (begin == 0) {
      line_.reset();
    } else {
      line_ = line_->substr(0, begin - 1);
    }
    if (!element.empty()) return std::optional<std::string_view>(element);
  }
}

Result<std::optional<Address>> x_forwarded_for_address(std::string_view element) {
  return node_address(element);
}

Result<std::optional<Address>> forwarded_address(std::string_view element) {
  std::optional<Address> found;
  bool seen = false;
  std::string unescaped;
  std::string_view rest = element;
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return malformed("a parameter of Forwarded has no '='");
    const std::string_view name = strip(rest.substr(0, equals));
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_visible_ascii))
      return malformed("a parameter of Forwarded has no name");
    rest.remove_prefix(equals + 1);
    const Result<std::string_view> value = take_value(rest, unescaped);
    if (!value) return tl::unexpected(value.error());
    if (base::equals_ignoring_case(name, "for")) {
      if (seen) return malformed("an element of Forwarded says 'for' twice");
      seen = true;
      Result<std::optional<Address>> address = node_address(*value);
      if (!address) return address;
      found = *address;
    }
    rest = strip(rest);
    if (rest.empty()) break;
    if (rest.front() != ';') return malformed("parameters of Forwarded are not separated by ';'");
    rest = strip(rest.substr(1));
  }
  return found;
}

}  // namespace weir::identity
