#include "identity/key_tuple.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

namespace weir::identity {
namespace {

using Elements = std::vector<std::string>;

Key key_of(const Elements& elements, std::string_view pepper = "pepper") {
  KeyTuple tuple(pepper, "shop", "rule");
  for (const std::string& element : elements) tuple.add(element);
  return tuple.key();
}

// Lists that are the same once joined by any separator are what other limiters confuse, so make
// them on purpose: the same bytes, cut differently.
TEST(KeyTuple, DifferentListsHaveDifferentKeys) {
  const bool holds = rc::check("one key, one list", [] {
    const auto bytes =
        *rc::gen::container<std::string>(rc::gen::element('a', '|', ':', '\0', '\1'));
    const auto cut = [&](const std::vector<std::size_t>& places) {
      Elements elements(1);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (std::find(places.begin(), places.end(), i) != places.end()) elements.emplace_back();
        elements.back() += bytes[i];
      }
      return elements;
    };
    const auto places = rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
    const Elements first = cut(*places);
    const Elements second = cut(*places);
    RC_ASSERT((key_of(first) == key_of(second)) == (first == second));
  });
  EXPECT_TRUE(holds);
}

TEST(KeyTuple, AnEmptyElementCounts) {
  EXPECT_NE(key_of({}), key_of({""}));
  EXPECT_NE(key_of({"", "a"}), key_of({"a", ""}));
}

TEST(KeyTuple, PepperNamespaceAndRuleAreAllPartOfIt) {
  const Key key = key_of({"a"});
  EXPECT_EQ(key, key_of({"a"}));
  EXPECT_NE(key, key_of({"a"}, "other pepper"));
  KeyTuple other_space("pepper", "shop2", "rule");
  other_space.add("a");
  EXPECT_NE(key, other_space.key());
  KeyTuple other_rule("pepper", "shop", "rule2");
  other_rule.add("a");
  EXPECT_NE(key, other_rule.key());
  KeyTuple moved("pepper", "shopr", "ule");
  moved.add("a");
  EXPECT_NE(key, moved.key());
}

// The format is for ever: a new one would hand everybody a fresh counter. Computed with Python's
// hmac and struct modules.
TEST(KeyTuple, HasTheDocumentedFormat) {
  std::string text;
  for (const std::byte byte : key_of({"api_key", "abc"}).bytes)
    text += fmt::format("{:02x}", std::to_integer<int>(byte));
  EXPECT_EQ(text, "46198afb446830f510b0de1c3fa83dafcb9ca307bceb7a20a6e951023f5988b5");
}

}  // namespace
}  // namespace weir::identity
