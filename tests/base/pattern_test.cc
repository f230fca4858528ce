#include "base/pattern.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Pattern, MustMatchTheWholeText) {
  const Result<Pattern> pattern = Pattern::compile("sk_[a-z]{3}|admin");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_TRUE(pattern->matches("sk_abc"));
  EXPECT_TRUE(pattern->matches("admin"));
  for (const char* text : {"", "sk_abcd", "xsk_abc", "sk_abc\n", "admin ", "sk_ABC"}) {
    EXPECT_FALSE(pattern->matches(text)) << text;
  }
}

TEST(Pattern, RefusesWhatIsNoExpressionOrTooLarge) {
  for (const char* text : {"(", "a{2,1}", "(?<=x)a", "\\1", "((a{100}){100}){100}"}) {
    const Result<Pattern> pattern = Pattern::compile(text);
    ASSERT_FALSE(pattern.has_value()) << text;
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid_input);
  }
}

TEST(Pattern, NestedRepetitionStaysLinear) {
  const Result<Pattern> pattern = Pattern::compile("(a*)*b");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_FALSE(pattern->matches(std::string(1'000'000, 'a')));
}

}  // namespace
}  // namespace weir
