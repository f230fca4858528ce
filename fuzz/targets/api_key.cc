// An API key field under a pattern. The input's first line is the pattern, each further line one
// field line: the field's value, or "Name: value" for another field.
#include "identity/api_key.h"

#include <algorithm>
#include <vector>

#include "fuzz/target.h"
#include "identity/bounds.h"
#include "identity/text.h"

namespace weir::fuzz {
namespace {

constexpr std::size_t kMaxFields = 8;

void check(const identity::ApiKeyField& field, std::span<const identity::HeaderField> headers,
           std::size_t longest) {
  const auto key = field.find(headers);
  if (!key) {
    // Of fixed words only: it cannot quote the key.
    WEIR_CHECK(key.error().message.size() < 100 &&
               key.error().message.starts_with("the field X-API-Key "));
  } else if (*key) {
    const std::string_view value = **key;
    WEIR_CHECK(!value.empty() && value.size() <= longest);
    WEIR_CHECK(std::all_of(value.begin(), value.end(), identity::is_visible_ascii));
    WEIR_CHECK(value.find(',') == std::string_view::npos);
    const identity::HeaderField normal{"x-api-key", value};
    const auto again = field.find({&normal, 1});
    WEIR_CHECK(again && *again && **again == value);
  }
}

}  // namespace

void try_input(std::string_view input) {
  const std::string_view pattern = take_line(input).value_or("");
  std::vector<identity::HeaderField> headers;
  while (headers.size() < kMaxFields) {
    const auto line = take_line(input);
    if (!line) break;
    const std::size_t colon = line->find(": ");
    headers.push_back(colon == std::string_view::npos
                          ? identity::HeaderField{"X-Api-Key", *line}
                          : identity::HeaderField{line->substr(0, colon), line->substr(colon + 2)});
  }
  static const auto any = identity::ApiKeyField::make("X-API-Key", "");
  check(*any, headers, identity::kDefaultApiKeyLength);
  const auto shaped = identity::ApiKeyField::make("X-API-Key", pattern);
  if (shaped) check(*shaped, headers, identity::kMaxApiKeyLength);
}

}  // namespace weir::fuzz
