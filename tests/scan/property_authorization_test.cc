// The checks of the category property-authorization, each on a target with the flaw and on one
// without.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::finding;
using test::has;
using test::ids;
using test::Reply;
using test::verdict;

constexpr const char* kUser = R"(openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /items:
    get:
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, properties: {
          id: {type: integer}, name: {type: string}, refresh_token: {type: string},
          password: {type: string, writeOnly: true}}}}}}
)";

Report of_body(const std::string& body, bool with_document = true) {
  ApiScan scan("property-authorization", [body](const Request&) { return Reply{200, body}; });
  if (with_document) scan.declare(kUser);
  return scan.run();
}

TEST(PropertyAuthorization, FindsNothingInADeclaredAnswer) {
  const Report report = of_body(R"({"id":1,"name":"ada","refresh_token":"abc123"})");
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_EQ(verdict(report, "undeclared-properties"), CheckVerdict::protected_);
  EXPECT_EQ(verdict(report, "write-only-returned"), CheckVerdict::protected_);
}

TEST(ExcessivePropertyExposure, IsFoundAndItsValueNotRepeated) {
  const Report report = of_body(R"({"id":1,"name":"ada","password_hash":"$2b$12$abcdef"})", false);
  ASSERT_TRUE(has(report, "excessive-property-exposure")) << ids(report);
  EXPECT_EQ(finding(report, "excessive-property-exposure")->evidence.at(0).claim.find("$2b"),
            std::string::npos);
  EXPECT_TRUE(has(of_body(R"([{"id":1,"user":{"totpSecret":"JBSWY3DP"}}])", false),
                  "excessive-property-exposure"));
}

TEST(ExcessivePropertyExposure, IsNotFoundInEmptyMaskedOrDeclaredValues) {
  for (const char* body : {R"({"password_hash":null})", R"({"password_hash":""})",
                           R"({"password_hash":"********"})", R"({"salted":"x","hash":"abc"})"}) {
    EXPECT_FALSE(has(of_body(body, false), "excessive-property-exposure")) << body;
  }
  EXPECT_FALSE(
      has(of_body(R"({"id":1,"name":"a","refresh_token":"x1"})"), "excessive-property-exposure"));
}

TEST(WriteOnlyReturned, IsFoundWhereItHasAValue) {
  EXPECT_TRUE(has(of_body(R"({"id":1,"name":"ada","password":"hunter2"})"), "write-only-returned"));
  EXPECT_FALSE(has(of_body(R"({"id":1,"name":"ada","password":null})"), "write-only-returned"));
}

TEST(UndeclaredProperties, AreThoseThatAClosedSchemaDoesNotName) {
  const Report report = of_body(R"({"id":1,"name":"ada","shard":"eu-7"})");
  ASSERT_TRUE(has(report, "undeclared-properties")) << ids(report);
  EXPECT_NE(finding(report, "undeclared-properties")->evidence.at(0).claim.find("shard"),
            std::string::npos);
  EXPECT_EQ(verdict(of_body(R"({"error":"none"})"), "undeclared-properties"),
            CheckVerdict::inconclusive);
  EXPECT_EQ(verdict(of_body(R"({"id":1,"shard":2})", false), "undeclared-properties"),
            CheckVerdict::not_applicable);
}

TEST(FieldSelectionBypass, IsFoundWhereAParameterBringsMore) {
  const auto selecting = [](const char* name, bool always) {
    return ApiScan("property-authorization",
                   [=](const Request& request) {
                     const bool asked =
                         request.target.find(std::string(name) + "=") != std::string::npos;
                     return Reply{200, always || asked ? R"({"id":1,"password_hash":"ab12"})"
                                                       : R"({"id":1})"};
                   })
        .run();
  };
  EXPECT_TRUE(has(selecting("fields", false), "field-selection-bypass"));
  EXPECT_FALSE(has(selecting("weirx", false), "field-selection-bypass"));
  EXPECT_FALSE(has(selecting("fields", true), "field-selection-bypass"))
      << "what is there by itself is selected by nobody";
}

// A sign-up that takes from the body what `takes` admits.
Report sign_up(const std::function<bool(const std::string&)>& takes, bool allowed = true) {
  ApiScan scan("property-authorization", [takes](const Request& request) {
    boost::json::object answer = {{"id", 7}, {"name", ""}, {"role", "user"}, {"balance", 0}};
    const auto body = boost::json::parse(request.body.value_or("{}")).as_object();
    for (const auto& [name, value] : body) {
      if (name == "name" || takes(std::string(name))) answer[name] = value;
    }
    return Reply{201, boost::json::serialize(answer)};
  });
  scan.request().method = "POST";
  scan.request().body = R"({"name":"ada"})";
  scan.plan.allow_writes = allowed;
  return scan.run();
}

TEST(MassAssignment, IsFoundWhereTheBodySetsAPrivilege) {
  const Report role = sign_up([](const std::string& name) { return name == "role"; });
  ASSERT_TRUE(has(role, "mass-assignment")) << ids(role);
  const Report balance = sign_up([](const std::string& name) { return name == "balance"; });
  EXPECT_TRUE(has(balance, "mass-assignment")) << ids(balance);
}

TEST(MassAssignment, IsNotFoundWhereTheBodyIsIgnoredOrEchoed) {
  EXPECT_EQ(verdict(sign_up([](const std::string&) { return false; }), "mass-assignment"),
            CheckVerdict::protected_);
  EXPECT_EQ(verdict(sign_up([](const std::string&) { return true; }), "mass-assignment"),
            CheckVerdict::inconclusive);
}

TEST(MassAssignment, SendsNoPostUnasked) {
  ApiScan scan("property-authorization", [](const Request&) {
    return Reply{200, R"({"role":"user"})"};
  });
  scan.run();
  for (const Request& request : scan.target.arrived) EXPECT_EQ(request.method, "GET");
}

}  // namespace
}  // namespace weir::scan
