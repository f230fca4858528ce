#include "report/artifact_path.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::report {
namespace {

TEST(ArtifactPath, IsTheDocumentFromTheRootOfTheRepository) {
  EXPECT_EQ(document_uri("openapi.yaml"), "openapi.yaml");
  EXPECT_EQ(document_uri("./api/../api/v1/openapi.yaml"), "api/v1/openapi.yaml");
}

TEST(ArtifactPath, EncodesBlanksAndColonsWhichGitHubDoesNotTake) {
  EXPECT_EQ(document_uri("open api.yaml"), "open%20api.yaml");
  EXPECT_EQ(document_uri("a:b/c.yaml"), "a%3Ab/c.yaml");
  EXPECT_EQ(document_uri("sch\xc3\xa9ma.yaml"), "sch%C3%A9ma.yaml");
}

TEST(ArtifactPath, KnowsADocumentElsewhereByItsNameOnly) {
  EXPECT_EQ(document_uri("/home/me/openapi.yaml"), "openapi.yaml");
  EXPECT_EQ(document_uri("../other/openapi.yaml"), "openapi.yaml");
}

TEST(ArtifactPath, IsNeverEmpty) {
  for (const char* file : {"", ".", "..", "/", "../..", "./"}) {
    EXPECT_EQ(document_uri(file), "openapi") << file;
  }
  EXPECT_TRUE(operation_uri("").starts_with("weir-scan/-"));
}

TEST(ArtifactPath, OfAnOperationIsItsNameInLowerCase) {
  EXPECT_EQ(operation_uri("GET /api/quote"), "weir-scan/get-api-quote");
  EXPECT_EQ(operation_uri("GET /"), "weir-scan/get");
  EXPECT_EQ(operation_uri("GET /a:b/../c d"), "weir-scan/get-a-b-c-d");
}

TEST(ArtifactPath, OfALongOperationIsShortAndStillItsOwn) {
  const std::string stem = "GET /" + std::string(500, 'a');
  EXPECT_LT(operation_uri(stem).size(), 110U);
  EXPECT_NE(operation_uri(stem + "b"), operation_uri(stem + "c"));
}

}  // namespace
}  // namespace weir::report
