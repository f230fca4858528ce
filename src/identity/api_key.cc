#include "identity/api_key.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "identity/bounds.h"
#include "identity/text.h"

namespace weir::identity {

ApiKeyField::ApiKeyField(std::string header, std::optional<Pattern> pattern)
    : header_(std::move(header)), pattern_(std::move(pattern)) {}

Result<ApiKeyField> ApiKeyField::make(std::string header, std::string_view pattern) {
  std::optional<Pattern> compiled;
  if (!pattern.empty()) {
    Result<Pattern> result = Pattern::compile(pattern);
    if (!result) return tl::unexpected(result.error());
    compiled = *std::move(result);
  }
  return ApiKeyField(std::move(header), std::move(compiled));
}

Result<std::optional<std::string_view>> ApiKeyField::find(
    std::span<const HeaderField> headers) const {
  const auto malformed = [&](std::string_view why) {
    return fail(ErrorCode::invalid_input, "the field " + header_ + " " + std::string(why));
  };
  const HeaderField* found = nullptr;
  for (const HeaderField& field : headers) {
    if (!base::equals_ignoring_case(field.name, header_)) continue;
    if (found != nullptr) return malformed("occurs twice");
    found = &field;
  }
  if (found == nullptr) return std::optional<std::string_view>();

  const std::string_view key = strip(found->value);
  if (key.empty()) return malformed("is empty");
  if (key.size() > (pattern_ ? kMaxApiKeyLength : kDefaultApiKeyLength))
    return malformed("is too long");
  if (key.find(',') != std::string_view::npos) return malformed("holds more than one value");
  if (!std::all_of(key.begin(), key.end(), is_visible_ascii))
    return malformed("holds something other than visible ASCII characters");
  if (pattern_ && !pattern_->matches(key)) return malformed("does not have the shape of a key");
  return std::optional<std::string_view>(key);
}

}  // namespace weir::identity
