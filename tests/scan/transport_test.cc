// The checks of the category transport, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::finding;
using test::has;
using test::ids;
using test::Reply;
using test::verdict;

ApiScan scan_of(Reply reply) {
  return ApiScan("transport", [reply](const Request&) { return reply; });
}

TEST(PlaintextHttp, IsFoundWhereAnotherHostServesOverHttp) {
  EXPECT_TRUE(has(scan_of({200, "{}"}).run(), "plaintext-http"));
  EXPECT_EQ(verdict(scan_of({403, "{}"}).run(), "plaintext-http"), CheckVerdict::protected_);
}

TEST(PlaintextHttp, IsNoMatterOnThisMachine) {
  ApiScan scan = scan_of({200, "{}"});
  scan.plan.loopback = true;
  EXPECT_EQ(verdict(scan.run(), "plaintext-http"), CheckVerdict::not_applicable);
}

TEST(TlsOldVersion, IsFoundWhereAHandshakeSucceeds) {
  ApiScan scan = scan_of({200, "{}"});
  scan.plan.origin = "https://target.test";
  scan.plan.look_at_tls = [] { return TlsFacts{true, "TLSv1.3", {"TLSv1.1"}, "", true, 100.0}; };
  const Report report = scan.run();
  EXPECT_TRUE(has(report, "tls-old-version")) << ids(report);
  EXPECT_EQ(verdict(report, "tls-certificate"), CheckVerdict::protected_);
}

TEST(TlsCertificate, IsFoundWhereItDoesNotHold) {
  const auto flaw_of = [](TlsFacts facts) {
    ApiScan scan = scan_of({200, "{}"});
    scan.plan.origin = "https://target.test";
    scan.plan.look_at_tls = [facts] { return facts; };
    const Report report = scan.run();
    EXPECT_FALSE(has(report, "tls-old-version"));
    const Finding* found = finding(report, "tls-certificate");
    return found == nullptr ? std::string() : found->evidence.at(0).claim;
  };
  EXPECT_NE(flaw_of({true, "TLSv1.3", {}, "", true, -3.0}).find("ended 3 days ago"),
            std::string::npos);
  EXPECT_NE(flaw_of({true, "TLSv1.3", {}, "", false, 90.0}).find("another name"),
            std::string::npos);
  EXPECT_NE(
      flaw_of({true, "TLSv1.3", {}, "self signed certificate", true, 90.0}).find("self signed"),
      std::string::npos);
  EXPECT_NE(flaw_of({true, "TLSv1.3", {}, "", true, 5.0}).find("ends in 5 days"),
            std::string::npos);
  EXPECT_EQ(flaw_of({true, "TLSv1.3", {}, "", true, 90.0}), "");
}

TEST(HstsMissing, WantsHalfAYear) {
  const auto with = [](const char* value) {
    Reply reply{200, "{}"};
    if (*value != '\0') reply.headers.push_back({"Strict-Transport-Security", value});
    ApiScan scan = scan_of(reply);
    scan.plan.origin = "https://target.test";
    return has(scan.run(), "hsts-missing");
  };
  EXPECT_TRUE(with(""));
  EXPECT_TRUE(with("max-age=300"));
  EXPECT_TRUE(with("includeSubDomains"));
  EXPECT_FALSE(with("max-age=15552000"));
  EXPECT_FALSE(with("max-age=\"31536000\"; includeSubDomains"));
}

TEST(CookieFlags, LooksAtTheCookieOfASessionOnly) {
  const auto with = [](const char* cookie) {
    Reply reply{200, "{}"};
    reply.headers.push_back({"Set-Cookie", cookie});
    return scan_of(reply).run();
  };
  EXPECT_TRUE(has(with("sessionid=a1; Path=/"), "cookie-flags"));
  EXPECT_TRUE(has(with("sessionid=a1; HttpOnly"), "cookie-flags"));
  EXPECT_EQ(verdict(with("sessionid=a1; HttpOnly; SameSite=Lax"), "cookie-flags"),
            CheckVerdict::protected_);
  EXPECT_EQ(verdict(with("csrftoken=a1"), "cookie-flags"), CheckVerdict::not_applicable);
  EXPECT_EQ(verdict(with("theme=dark"), "cookie-flags"), CheckVerdict::not_applicable);
}

TEST(CookieFlags, WantsSecureOverHttps) {
  Reply reply{200, "{}"};
  reply.headers.push_back({"Set-Cookie", "sid=a1; HttpOnly; SameSite=Lax"});
  ApiScan scan = scan_of(reply);
  scan.plan.origin = "https://target.test";
  EXPECT_TRUE(has(scan.run(), "cookie-flags"));
}

TEST(HttpLinks, AreThoseToTheSameHost) {
  const auto with = [](const char* body) {
    ApiScan scan = scan_of({200, body});
    scan.plan.origin = "https://target.test";
    return has(scan.run(), "http-links");
  };
  EXPECT_TRUE(with(R"({"next":"http://target.test/items?page=2"})"));
  EXPECT_FALSE(with(R"({"next":"https://target.test/items?page=2"})"));
  EXPECT_FALSE(with(R"({"next":"http://target.testing.example/items"})"));
}

constexpr const char* kKeyInQuery = R"(openapi: 3.0.3
info: {title: t, version: "1"}
paths: {/items: {get: {security: [{k: []}], responses: {"200": {description: ok}}}}}
components: {securitySchemes: {k: {type: apiKey, in: query, name: api_key}}}
)";

TEST(SecretInQuery, IsReadOffTheDocument) {
  ApiScan scan = scan_of({200, "{}"});
  scan.declare(kKeyInQuery);
  EXPECT_TRUE(has(scan.run(), "secret-in-query"));
}

TEST(SecretInQuery, IsFoundWhereTheParameterDecides) {
  const auto guarded = [](bool looks) {
    ApiScan scan("transport", [looks](const Request& request) {
      const bool known = request.target.find("api_key=k-123") != std::string::npos;
      return Reply{looks && !known ? 401 : 200, "{}"};
    });
    scan.request().target = "/items?api_key=k-123&keyword=a";
    return scan.run();
  };
  const Report report = guarded(true);
  EXPECT_TRUE(has(report, "secret-in-query"));
  EXPECT_EQ(finding(report, "secret-in-query")->evidence.at(0).curl.find("k-123"),
            std::string::npos);
  EXPECT_EQ(verdict(guarded(false), "secret-in-query"), CheckVerdict::not_applicable);
}

}  // namespace
}  // namespace weir::scan
