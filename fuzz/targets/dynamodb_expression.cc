// DynamoDB's expressions: whatever parses, printed and parsed again, is the same tree.
#include "fuzz/target.h"
#include "tap/expression/expression.h"

namespace weir::fuzz {
namespace {

template <class Parse>
void holds(std::string_view input, Parse parse) {
  const auto tree = parse(input);
  if (!tree) {
    WEIR_CHECK(!tree.error().message.empty());
    return;
  }
  const std::string text = tap::to_string(*tree);
  // Printing adds spaces, so only the length may stand in the way.
  if (text.size() > tap::kMaxExpressionBytes) return;
  const auto again = parse(text);
  WEIR_CHECK(again && *again == *tree);
  WEIR_CHECK(tap::to_string(*again) == text);
}

}  // namespace

void try_input(std::string_view input) {
  holds(input, [](std::string_view text) { return tap::parse_condition(text); });
  holds(input, [](std::string_view text) { return tap::parse_update(text); });
  holds(input, [](std::string_view text) { return tap::parse_projection(text); });
  if (tap::parse_condition(input, tap::ConditionUse::key_condition)) {
    WEIR_CHECK(tap::parse_condition(input));
  }
}

}  // namespace weir::fuzz
