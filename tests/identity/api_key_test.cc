#include "identity/api_key.h"

#include <gtest/gtest.h>

#include <vector>

#include "identity/bounds.h"

namespace weir::identity {
namespace {

std::string find(std::vector<HeaderField> headers, std::string_view pattern = {}) {
  const Result<ApiKeyField> field = ApiKeyField::make("X-API-Key", pattern);
  const Result<std::optional<std::string_view>> key = field->find(headers);
  if (!key) return "malformed";
  return *key ? std::string(**key) : "none";
}

TEST(ApiKey, IsOneVisibleValueInOneFieldLine) {
  EXPECT_EQ(find({}), "none");
  EXPECT_EQ(find({{"Other", "x"}}), "none");
  EXPECT_EQ(find({{"x-api-KEY", "abc"}}), "abc");
  EXPECT_EQ(find({{"X-API-Key", " \tabc\t "}}), "abc");
  EXPECT_EQ(find({{"X-API-Key", "!~"}}), "!~");
}

TEST(ApiKey, EverySpellingOfItsOwnIsMalformedAndNoNewKey) {
  EXPECT_EQ(find({{"X-API-Key", "abc"}, {"x-api-key", "abc"}}), "malformed");
  EXPECT_EQ(find({{"X-API-Key", "abc,abc"}}), "malformed");
  for (const char* bad : {"", "  ", "a b", "a\tb", "a\x01", "a\x7f", "\xc3\xa4", "a\r\nb"}) {
    EXPECT_EQ(find({{"X-API-Key", bad}}), "malformed") << bad;
  }
  EXPECT_EQ(find({{"X-API-Key", std::string_view("a\0b", 3)}}), "malformed");
}

TEST(ApiKey, LengthIsBoundedAtTheLimitAndOnePastIt) {
  const std::string longest(kDefaultApiKeyLength, 'k');
  EXPECT_EQ(find({{"X-API-Key", longest}}), longest);
  EXPECT_EQ(find({{"X-API-Key", longest + "k"}}), "malformed");
  const std::string bounded(kMaxApiKeyLength, 'k');
  EXPECT_EQ(find({{"X-API-Key", bounded}}, "k*"), bounded);
  EXPECT_EQ(find({{"X-API-Key", bounded + "k"}}, "k*"), "malformed");
}

TEST(ApiKey, MustHaveTheShapeThatThePolicyStates) {
  EXPECT_EQ(find({{"X-API-Key", "sk_12ab"}}, "sk_[0-9a-f]{4}"), "sk_12ab");
  EXPECT_EQ(find({{"X-API-Key", "sk_12abc"}}, "sk_[0-9a-f]{4}"), "malformed");
  EXPECT_EQ(find({{"X-API-Key", "a,b"}}, "a,b"), "malformed");
  EXPECT_FALSE(ApiKeyField::make("X-API-Key", "(").has_value());
}

TEST(ApiKey, ErrorsNeverQuoteIt) {
  const Result<ApiKeyField> field = ApiKeyField::make("X-API-Key", "k*");
  const std::vector<HeaderField> headers = {{"X-API-Key", "secret"}};
  EXPECT_EQ(field->find(headers).error().to_string(),
            "the field X-API-Key does not have the shape of a key");
}

}  // namespace
}  // namespace weir::identity
