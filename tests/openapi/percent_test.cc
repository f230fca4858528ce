#include "openapi/percent.h"

#include <gtest/gtest.h>

namespace weir::openapi {
namespace {

TEST(Percent, EncodesAllOfAPartButUnreservedCharacters) {
  EXPECT_EQ(percent_encoded("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encoded("a/b %\xC3\xA4"), "a%2Fb%20%25%C3%A4");
}

TEST(Percent, LeavesWhatIsEncodedInAPath) {
  EXPECT_EQ(path_encoded("/a%20b/%C3%A4?"), "/a%20b/%C3%A4%3F");
}

TEST(Percent, EncodesAPercentSignThatEncodesNothing) {
  EXPECT_EQ(path_encoded("/100%"), "/100%25");
  EXPECT_EQ(path_encoded("/%2"), "/%252");
  EXPECT_EQ(path_encoded("/%zz/%4g"), "/%25zz/%254g");
  EXPECT_EQ(path_encoded("%%41"), "%25%41");
}

TEST(Percent, DecodesWhatIsEncodedAndNothingElse) {
  EXPECT_EQ(percent_decoded("%41%4a%4A"), "AJJ");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%%41"), "%zz%A");
}

}  // namespace
}  // namespace weir::openapi
