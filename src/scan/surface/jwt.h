// JSON Web Tokens (RFC 7519, RFC 7515) as the user's own requests carry them: looked at and
// changed, never verified. Thread safety: pure functions, plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "scan/probe/message.h"

namespace weir::scan {

struct Jwt {
  std::string header;  // base64url, as in the token
  std::string payload;
  std::string signature;
  std::string algorithm;                      // "HS256"
  std::map<std::string, std::string> claims;  // those on top; numbers as JSON writes them

  std::optional<double> number(const std::string& claim) const;
};

std::optional<Jwt> read_jwt(std::string_view token);

// The token of "Authorization: Bearer ...", or of another header or cookie of the request.
struct TokenPlace {
  std::string header;  // the header's name
  std::string before;  // what stands before the token in its value
  std::string after;
  Jwt token;
};
std::optional<TokenPlace> find_jwt(const Request& request);

// `request` with another token in the same place.
Request with_token(const Request& request, const TokenPlace& place, std::string_view token);

// The same payload with {"alg":"<algorithm>"} and no signature.
std::string unsigned_token(const Jwt& token, std::string_view algorithm);

// One character in the middle of the signature changed: all its bits count there, unlike in the
// last character.
std::string with_broken_signature(const Jwt& token);

std::string base64url_encoded(std::string_view bytes);
std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace weir::scan
