#include "policy/descriptor.h"

#include "policy/nearest.h"

namespace weir::policy {

std::string DescriptorEntry::to_string() const {
  if (kind == Value::any) return excerpt(key);
  return excerpt(key) + "=" + excerpt(value) + (kind == Value::prefix ? "*" : "");
}

Result<DescriptorEntry> parse_descriptor_entry(std::string_view key,
                                               std::optional<std::string_view> value) {
  DescriptorEntry entry{.key = std::string(key)};
  if (key.empty() || key.size() > kMaxDescriptorText) {
    return fail(ErrorCode::invalid_input, "the key of an entry is not from 1 to 256 bytes long",
                "Write the descriptor_key of the proxy's configuration");
  }
  if (!value) return entry;
  if (value->size() > kMaxDescriptorText)
    return fail(ErrorCode::invalid_input, "the value of an entry is longer than 256 bytes");
  const std::size_t star = value->find('*');
  if (star != std::string_view::npos && star != value->size() - 1) {
    return fail(ErrorCode::invalid_input,
                "the value '" + excerpt(*value) + "' has a '*' that is not at its end",
                "Write a value, or a prefix and one '*' at its end");
  }
  entry.kind = star == std::string_view::npos ? DescriptorEntry::Value::exact
               : star == 0                    ? DescriptorEntry::Value::any
                                              : DescriptorEntry::Value::prefix;
  entry.value = value->substr(0, star);
  return entry;
}

Status check_together(const DescriptorRule& rule, const DescriptorRule& other) {
  if (rule.domain != other.domain || rule.entries != other.entries) return {};
  const std::string which =
      "rule '" + excerpt(other.rule.id) + "' of line " + std::to_string(other.rule.line);
  if (rule.always || other.always) {
    return fail(ErrorCode::invalid_input, "the same descriptors are answered by " + which,
                "Keep one of them: one says 'always'");
  }
  if (rule.rule.limit.window == other.rule.limit.window &&
      rule.rule.algorithm == other.rule.algorithm && rule.rule.strict == other.rule.strict &&
      rule.rule.burst == other.rule.burst && rule.rule.shadow == other.rule.shadow &&
      rule.rule.calendar == other.rule.calendar && rule.counted_apart == other.counted_apart) {
    return fail(ErrorCode::invalid_input,
                "this rule counts the same descriptors in the same window as " + which,
                "Keep the one with the smaller limit");
  }
  return {};
}

}  // namespace weir::policy
