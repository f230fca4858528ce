#include "openapi/purpose.h"

#include <gtest/gtest.h>

namespace weir::openapi {
namespace {

Purpose purpose(std::string method, std::string path, std::string id = "", std::string body = "") {
  Operation operation;
  operation.method = std::move(method);
  operation.path = std::move(path);
  operation.operation_id = std::move(id);
  if (!body.empty()) operation.body = Body{"application/json", std::move(body), true};
  return purpose_of(operation);
}

TEST(Purpose, IsKnownByTheWordsOfPathAndId) {
  EXPECT_EQ(purpose("POST", "/auth/login"), Purpose::login);
  EXPECT_EQ(purpose("POST", "/sign-in"), Purpose::login);
  EXPECT_EQ(purpose("POST", "/api/x", "userSignIn"), Purpose::login);
  EXPECT_EQ(purpose("POST", "/oauth/token"), Purpose::login);
  EXPECT_EQ(purpose("POST", "/login/otp"), Purpose::one_time_code);
  EXPECT_EQ(purpose("POST", "/verify_code"), Purpose::one_time_code);
  EXPECT_EQ(purpose("POST", "/x", "verifyMFA"), Purpose::one_time_code);
  EXPECT_EQ(purpose("POST", "/password/reset"), Purpose::password);
  EXPECT_EQ(purpose("POST", "/forgot-password"), Purpose::password);
  EXPECT_EQ(purpose("POST", "/users/sign_up"), Purpose::sign_up);
  EXPECT_EQ(purpose("PUT", "/register"), Purpose::sign_up);
}

TEST(Purpose, IsOrdinaryForWordsThatOnlyContainThem) {
  EXPECT_EQ(purpose("POST", "/blogins"), Purpose::other);
  EXPECT_EQ(purpose("POST", "/sign/in-transit"), Purpose::other);
  EXPECT_EQ(purpose("POST", "/tokens/mint"), Purpose::other);
  EXPECT_EQ(purpose("POST", "/chat/rooms"), Purpose::other);
}

TEST(Purpose, IsOrdinaryForWhatOnlyReads) {
  EXPECT_EQ(purpose("GET", "/login"), Purpose::other);
  EXPECT_EQ(purpose("HEAD", "/login"), Purpose::other);
}

TEST(Purpose, KnowsAModelByTheShapeOfItsRequest) {
  EXPECT_EQ(purpose("POST", "/v1/x", "", R"({"messages":[{"role":"user","content":"hi"}]})"),
            Purpose::llm);
  EXPECT_EQ(purpose("POST", "/v1/x", "", R"({"prompt":"hi"})"), Purpose::llm);
  EXPECT_EQ(purpose("POST", "/v1/x", "", R"({"model":"m","input":"hi"})"), Purpose::llm);
  EXPECT_EQ(purpose("POST", "/v1/x", "", R"({"messages":["hi"]})"), Purpose::other);
}

}  // namespace
}  // namespace weir::openapi
