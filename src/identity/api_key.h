// The API key of a request: one field line, one value, of the shape that the policy states.
//
// The normal form is the value without surrounding white space, byte for byte. Two field lines are
// malformed, and so is a comma: gateways (CGI, WSGI) join repeated lines with commas, so a comma
// stands for two values. Anything but visible ASCII and anything that the pattern does not match is
// malformed: a request either carries no key, one key, or is answered 400.
//
// Thread safety: find() may be called from any thread at once.
//
//   Result<ApiKeyField> field = ApiKeyField::make("X-API-Key", "sk_[a-z0-9]{24}");
//   Result<std::optional<std::string_view>> key = field->find(request.headers);
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/pattern.h"
#include "base/result.h"
#include "identity/request.h"

namespace weir::identity {

class ApiKeyField {
 public:
  // An empty pattern accepts 1 to kDefaultApiKeyLength visible ASCII characters.
  static Result<ApiKeyField> make(std::string header, std::string_view pattern);

  // nullopt: the request carries no key. An Error makes the request malformed and never quotes the
  // key.
  Result<std::optional<std::string_view>> find(std::span<const HeaderField> headers) const;

 private:
  ApiKeyField(std::string header, std::optional<Pattern> pattern);
  std::string header_;
  std::optional<Pattern> pattern_;
};

}  // namespace weir::identity
