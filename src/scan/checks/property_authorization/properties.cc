#include "scan/checks/property_authorization/properties.h"

#include <algorithm>
#include <array>

namespace weir::scan::property_authorization {

bool is_internal_name(std::string_view key) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "passwordhash",       "hashedpassword", "passwd",        "passwordsalt",
      "passworddigest",     "pwhash",         "totpsecret",    "mfasecret",
      "otpsecret",          "secretkey",      "privatekey",    "signingkey",
      "passwordresettoken", "resettoken",     "internalnotes", "internalnote"};
  return is_one_of(key, kNames);
}

bool has_value(const Leaf& leaf) {
  if (leaf.is_null || leaf.text.empty() || leaf.text == "false" || leaf.text == "0") return false;
  return leaf.text.find_first_not_of("*xX.-") != std::string::npos;
}

bool declares(const openapi::BodyShape& shape, std::string_view name) {
  return std::any_of(shape.properties.begin(), shape.properties.end(),
                     [&](const openapi::Property& property) { return property.name == name; });
}

}  // namespace weir::scan::property_authorization
