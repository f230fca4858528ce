#include "report/visible.h"

#include <gtest/gtest.h>

namespace weir::report {
namespace {

using namespace std::string_literals;

TEST(ValidText, KeepsValidUtf8AsItIs) {
  EXPECT_EQ(valid_text("grüße 😀", 100), "grüße 😀");
  EXPECT_EQ(valid_text("", 100), "");
}

TEST(ValidText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(valid_text("caf\xe9", 100), "caf\xEF\xBF\xBD");
  EXPECT_EQ(valid_text("a\xff\xfe z", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD z");
  EXPECT_EQ(valid_text("\xc0\xaf", 100).find('/'), std::string::npos) << "overlong slash";
  EXPECT_EQ(valid_text("\xed\xa0\x80", 100).find("\xed\xa0\x80"), std::string::npos) << "surrogate";
  EXPECT_EQ(valid_text("cut\xf0\x9f", 100), "cut\xEF\xBF\xBD");
}

TEST(ValidText, KeepsTextAtTheBoundAndCutsOnePastIt) {
  EXPECT_EQ(valid_text("12345678", 8), "12345678");
  EXPECT_EQ(valid_text("123456789", 8), "12345678… (9 bytes in all)");
}

TEST(ValidText, DoesNotCutACharacterInTwo) {
  EXPECT_EQ(valid_text("abc😀", 5), "abc… (7 bytes in all)");
  EXPECT_EQ(valid_text("\x80\x80\x80\x80", 2), "… (4 bytes in all)");
}

TEST(Visible, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(visible("GET /a?b=c%20d <b>&amp;\"' grüße 漢字 😀"),
            "GET /a?b=c%20d <b>&amp;\"' grüße 漢字 😀");
}

TEST(Visible, WritesOutControlCharactersAndTerminalEscapes) {
  EXPECT_EQ(visible("\x1b[31mred\x1b]0;title\x07"), "\\x1b[31mred\\x1b]0;title\\x07");
  EXPECT_EQ(visible("a\0b\r\nc\td\x7f"s), "a\\x00b\\x0d\\x0ac\\x09d\\x7f");
  EXPECT_EQ(visible("\xc2\x9b"
                    "31m"),
            "\\x9b31m")
      << "the one-character form of ESC [";
}

TEST(Visible, WritesOutWhatTurnsOrHidesText) {
  EXPECT_EQ(visible("user\u202Egpj.exe"), "user\\u{202e}gpj.exe");
  EXPECT_EQ(visible("\u2066a\u2069"), "\\u{2066}a\\u{2069}");
  EXPECT_EQ(visible("a\u200bb\ufeffc"), "a\\u{200b}b\\u{feff}c");
  EXPECT_EQ(visible("a\u2028b"), "a\\u{2028}b");
  EXPECT_EQ(visible("\U000E0041"), "\\u{e0041}");
}

TEST(Visible, KeepsLineEndsOnlyWhereAsked) {
  EXPECT_EQ(visible("a\nb", Lines::keep), "a\nb");
  EXPECT_EQ(visible("a\r\nb", Lines::keep), "a\\x0d\nb");
}

TEST(Columns, CountsCharactersNotBytes) {
  EXPECT_EQ(columns("grüße"), 5U);
  EXPECT_EQ(columns(""), 0U);
}

}  // namespace
}  // namespace weir::report
