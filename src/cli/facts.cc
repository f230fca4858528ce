#include "cli/facts.h"

#include "policy/nearest.h"

namespace weir::cli {

std::vector<identity::HeaderField> Facts::headers(std::string_view api_key_field) const {
  std::vector<identity::HeaderField> fields;
  if (api_key) fields.push_back({api_key_field, *api_key});
  return fields;
}

identity::KeyStanding Facts::key_standing() const {
  return key_known ? identity::KeyStanding::known : identity::KeyStanding::unknown;
}

Result<Facts> facts_of(const std::vector<std::string>& assignments) {
  static const std::vector<std::string_view> kNames = {"client_ip", "api_key", "user", "key_known"};
  Facts facts;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    const std::string name = assignment.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : assignment.substr(equals + 1);
    if (equals == std::string::npos) {
      return fail(ErrorCode::invalid_input, "'" + policy::excerpt(name) + "' sets nothing",
                  "Write --set NAME=VALUE, for example --set client_ip=192.0.2.1");
    }
    if (name == "client_ip") {
      facts.client_ip = value;
    } else if (name == "api_key") {
      facts.api_key = value;
    } else if (name == "user") {
      facts.user = value;
    } else if (name == "key_known" && (value == "true" || value == "false")) {
      facts.key_known = value == "true";
    } else if (name == "key_known") {
      return fail(ErrorCode::invalid_input, "key_known is neither true nor false",
                  "Write --set key_known=false for a key that the application does not know");
    } else {
      return fail(ErrorCode::invalid_input, "'" + policy::excerpt(name) + "' cannot be set",
                  policy::suggest(name, kNames));
    }
  }
  return facts;
}

}  // namespace weir::cli
