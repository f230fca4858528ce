#include "scan/surface/jwt.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

namespace weir::scan {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxTokenBytes = 16 * 1024;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<json::object> object_of(std::string_view encoded) {
  const auto text = base64url_decoded(encoded);
  if (!text) return std::nullopt;
  json::error_code error;
  json::value value = json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace

std::string base64url_encoded(std::string_view bytes) {
  std::string text;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = buffer << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[buffer >> (bits - 6) & 63];
  }
  if (bits > 0) text += kAlphabet[buffer << (6 - bits) & 63];
  return text;
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(buffer >> bits & 255);
    }
  }
  return bytes;
}

std::optional<Jwt> read_jwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes || !token.starts_with("eyJ")) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  Jwt jwt;
  jwt.header = token.substr(0, first);
  jwt.payload = token.substr(first + 1, second - first - 1);
  jwt.signature = token.substr(second + 1);
  const auto header = object_of(jwt.header);
  const auto payload = object_of(jwt.payload);
  if (!header || !payload || !base64url_decoded(jwt.signature)) return std::nullopt;
  const json::value* const algorithm = header->if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string()) return std::nullopt;
  jwt.algorithm = std::string(algorithm->get_string());
  for (const auto& [name, value] : *payload) {
    jwt.claims[name] = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  }
  return jwt;
}

std::optional<double> Jwt::number(const std::string& claim) const {
  const auto at = claims.find(claim);
  if (at == claims.end()) return std::nullopt;
  const char* const end = at->second.data() + at->second.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(at->second.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<TokenPlace> find_jwt(const Request& request) {
  for (const Header& header : request.headers) {
    const std::string& value = header.value;
    std::size_t start = 0;
    while ((start = value.find("eyJ", start)) != std::string::npos) {
      const std::size_t end = std::min(value.find_first_of(" ;,", start), value.size());
      const auto token = read_jwt(std::string_view(value).substr(start, end - start));
      if (token) {
        return TokenPlace{header.name, value.substr(0, start), value.substr(end), *token};
      }
      start = end;
    }
  }
  return std::nullopt;
}

Request with_token(const Request& request, const TokenPlace& place, std::string_view token) {
  Request changed = request;
  changed.set_header(place.header, place.before + std::string(token) + place.after);
  return changed;
}

std::string unsigned_token(const Jwt& token, std::string_view algorithm) {
  return base64url_encoded(fmt::format(R"({{"alg":"{}","typ":"JWT"}})", algorithm)) + "." +
         token.payload + ".";
}

std::string with_broken_signature(const Jwt& token) {
  std::string signature = token.signature;
  char& middle = signature[signature.size() / 2];
  middle = middle == 'A' ? 'B' : 'A';
  return token.header + "." + token.payload + "." + signature;
}

}  // namespace weir::scan
