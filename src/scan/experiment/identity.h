// The fields of a request that may say who is asking, and the same request with another value in
// one of them.
//
// Found by name and place, not by what a particular API calls them: credentials in headers, cookies
// and the query, names of people in the body. Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/experiment/bench.h"

namespace weir::scan {

enum class Place { header, cookie, query, body };

struct IdentityField {
  Place place = Place::header;
  std::string name;    // of the header, cookie, parameter or member
  std::string prefix;  // "Bearer ", kept as it is
  std::string value;
  bool credential = false;  // a key, token or session rather than a name

  std::string label() const;  // "header X-API-Key"
};

// In the order in which they are worth trying. Passwords are not among them.
std::vector<IdentityField> identity_fields(const Request& request);

// The request with `value` in that field, as it stands: the caller encodes what needs encoding.
// In a body the value becomes a JSON string (or is percent-encoded in a form).
Request with_identity(const Request& request, const IdentityField& field, std::string_view value);

// The request with a JSON value of another type in that field; only for JSON bodies.
Request with_identity_json(const Request& request, const IdentityField& field,
                           std::string_view json_text);

// Another value of the same form: an e-mail stays an e-mail, a number a number, and the length is
// kept.
std::string like(std::string_view value, Bench& bench);

// The request with every password or code in its body replaced by a wrong one of the same form.
Request with_wrong_password(const Request& request, Bench& bench);

// A sign-in: a body that carries a name and a password.
bool is_sign_in(const Request& request);

std::string percent_encode(std::string_view text);

}  // namespace weir::scan
