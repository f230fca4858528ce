#include "identity/method.h"

#include <gtest/gtest.h>

namespace weir::identity {
namespace {

TEST(CountedMethod, NoSpellingMakesANewCounter) {
  EXPECT_EQ(counted_method("GET"), "GET");
  EXPECT_EQ(counted_method("get"), "GET");
  EXPECT_EQ(counted_method("HEAD"), "GET");
  EXPECT_EQ(counted_method("Post"), "POST");
  EXPECT_EQ(counted_method("PATCH"), "PATCH");
  for (const char* strange : {"", "X1", "X2", "GET ", "GETT", "PROPFIND"}) {
    EXPECT_EQ(counted_method(strange), "OTHER") << strange;
  }
}

}  // namespace
}  // namespace weir::identity
