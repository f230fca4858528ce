// What `--set NAME=VALUE` says of who is asking, for the commands that ask a policy about somebody.
//
// Thread safety: plain values, pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/request.h"

namespace weir::cli {

struct Facts {
  std::optional<std::string> client_ip;
  std::optional<std::string> api_key;
  std::optional<std::string> user;
  bool key_known = true;

  // As a request brings them; a view of this object and of the header field's name.
  std::vector<identity::HeaderField> headers(std::string_view api_key_field) const;
  identity::KeyStanding key_standing() const;
};

inline constexpr const char* kFactsHelp = "client_ip=, api_key=, user=, key_known=true|false";

// An Error names the assignment that says nothing that can be said.
Result<Facts> facts_of(const std::vector<std::string>& assignments);

}  // namespace weir::cli
