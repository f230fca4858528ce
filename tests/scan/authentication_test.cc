// The checks of the category authentication, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/hmac_sha256.h"
#include "scan/surface/jwt.h"
#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::asks_with;
using test::finding;
using test::has;
using test::ids;
using test::path_of;
using test::Reply;
using test::verdict;

constexpr const char* kOrder = R"({"id":7,"total":"12.50","owner":"ada"})";
const std::string kLongSecret = "a-secret-that-nobody-publishes-0123456789";
const std::string kClaims = R"({"sub":"ada","iat":1699999000,"exp":1700003600})";

std::string signed_token(const std::string& claims, const std::string& secret) {
  const std::string text =
      base64url_encoded(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encoded(claims);
  HmacSha256 mac(secret);
  mac.update(text);
  const auto digest = mac.finish();
  return text + "." +
         base64url_encoded({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// How a service reads tokens.
struct Verifier {
  bool signature = true;
  bool none = false;
  bool expiry = true;
  std::string secret = kLongSecret;

  bool accepts(std::string_view text) const {
    const auto token = read_jwt(text);
    if (!token) return false;
    if (none && (token->algorithm == "none" || token->algorithm == "None")) return true;
    if (signature) {
      HmacSha256 mac(secret);
      mac.update(token->header + "." + token->payload);
      const auto digest = mac.finish();
      if (base64url_encoded({reinterpret_cast<const char*>(digest.data()), digest.size()}) !=
          token->signature) {
        return false;
      }
    }
    return !expiry || token->number("exp").value_or(1e12) > 1'700'000'000;
  }
};

// A scan of an operation that wants a bearer token.
ApiScan of_tokens(const Verifier& verifier, const std::string& claims = kClaims) {
  ApiScan scan("authentication", [verifier](const Request& request) {
    const std::string value(find_header(request.headers, "Authorization").value_or(""));
    if (path_of(request) != "/items") return Reply{404, "{}"};
    if (!value.starts_with("Bearer ") || !verifier.accepts(value.substr(7))) {
      return Reply{401, R"({"error":"who are you?"})", {{"WWW-Authenticate", "Bearer"}}};
    }
    return Reply{200, kOrder};
  });
  scan.request().set_header("Authorization", "Bearer " + signed_token(claims, verifier.secret));
  return scan;
}

// No token, not even a changed one, may stand in a report.
void expect_no_token_in(const Report& report) {
  for (const Finding& found : report.findings) {
    for (const Evidence& evidence : found.evidence) {
      EXPECT_EQ((evidence.claim + evidence.curl).find("eyJ"), std::string::npos) << found.id;
      for (const Exchange& exchange : evidence.exchanges) {
        EXPECT_EQ((exchange.changed + exchange.target).find("eyJ"), std::string::npos) << found.id;
      }
    }
  }
}

TEST(Tokens, OfASoundServiceGiveNoFinding) {
  const Report report = of_tokens({}).run();
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  for (const char* id : {"jwt-signature-not-verified", "jwt-alg-none-accepted", "jwt-weak-secret",
                         "jwt-weak-claims", "credential-in-url-accepted", "auth-path-bypass",
                         "auth-method-bypass", "missing-www-authenticate"}) {
    EXPECT_EQ(verdict(report, id), CheckVerdict::protected_) << id;
  }
}

TEST(JwtSignatureNotVerified, IsFoundWhereOnlyThePayloadIsRead) {
  const Report report = of_tokens({.signature = false}).run();
  EXPECT_EQ(ids(report), "jwt-signature-not-verified ") << "alg none is no second finding";
  expect_no_token_in(report);
}

TEST(JwtSignatureNotVerified, IsNotClaimedWhereTheTokenDoesNotDecide) {
  ApiScan open("authentication", [](const Request&) { return Reply{200, kOrder}; });
  open.request().set_header("Authorization", "Bearer " + signed_token(kClaims, kLongSecret));
  EXPECT_EQ(verdict(open.run(), "jwt-signature-not-verified"), CheckVerdict::not_applicable);
  // Any text opens it: that is no matter of signatures.
  ApiScan any("authentication", [](const Request& request) {
    return Reply{find_header(request.headers, "Authorization") ? 200 : 401, kOrder};
  });
  any.request().set_header("Authorization", "Bearer " + signed_token(kClaims, kLongSecret));
  EXPECT_EQ(verdict(any.run(), "jwt-signature-not-verified"), CheckVerdict::inconclusive);
}

TEST(JwtAlgNoneAccepted, IsFoundWhereTheTokenNamesItsAlgorithm) {
  const Report report = of_tokens({.none = true}).run();
  EXPECT_EQ(ids(report), "jwt-alg-none-accepted ");
  expect_no_token_in(report);
}

TEST(JwtWeakSecret, IsComputedHere) {
  ApiScan scan = of_tokens({.secret = "your-256-bit-secret"});
  const Report report = scan.run();
  EXPECT_EQ(ids(report), "jwt-weak-secret ");
  expect_no_token_in(report);
  EXPECT_EQ(verdict(of_tokens({.secret = "your-256-bit-secret!"}).run(), "jwt-weak-secret"),
            CheckVerdict::protected_);
}

TEST(JwtExpiredAccepted, NeedsATokenThatHasEnded) {
  const std::string expired = signed_token(R"({"sub":"ada","exp":1699990000})", kLongSecret);
  const auto with = [&](const Verifier& verifier, const std::string& token) {
    ApiScan scan = of_tokens(verifier);
    scan.plan.expired_token = token;
    return scan.run();
  };
  const Report lenient = with({.expiry = false}, expired);
  EXPECT_TRUE(has(lenient, "jwt-expired-accepted")) << ids(lenient);
  expect_no_token_in(lenient);
  EXPECT_EQ(verdict(with({}, expired), "jwt-expired-accepted"), CheckVerdict::protected_);
  EXPECT_EQ(verdict(with({.expiry = false}, ""), "jwt-expired-accepted"),
            CheckVerdict::not_applicable);
  const std::string fresh = signed_token(R"({"sub":"ada","exp":1700003600})", kLongSecret);
  EXPECT_EQ(verdict(with({.expiry = false}, fresh), "jwt-expired-accepted"),
            CheckVerdict::inconclusive);
}

TEST(JwtWeakClaims, AreNoEndAFarEndAndSecrets) {
  const auto with = [](const char* claims) { return of_tokens({}, claims).run(); };
  EXPECT_TRUE(has(with(R"({"sub":"ada"})"), "jwt-weak-claims"));
  EXPECT_TRUE(has(with(R"({"sub":"ada","iat":1699999000,"exp":1709999000})"), "jwt-weak-claims"));
  EXPECT_TRUE(has(with(R"({"iat":1699999000,"exp":1700003600,"ssn":"1"})"), "jwt-weak-claims"));
  EXPECT_FALSE(has(with(R"({"iat":1699999000,"exp":1700003600})"), "jwt-weak-claims"))
      << "no issuer and no audience are a matter of taste";
}

constexpr const char* kGuarded = R"(openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /items:
    get:
      security: [{k: []}]
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, properties: {
          id: {type: integer}, total: {type: string}, owner: {type: string}}}}}}
components: {securitySchemes: {k: {type: apiKey, in: header, name: X-API-Key}}}
)";

// With the document above, answering by whether the key is the right one.
Report of_keys(const std::function<Reply(bool right, bool any)>& answer, bool with_key = true) {
  ApiScan scan("authentication", [answer](const Request& request) {
    if (path_of(request) != "/items") return Reply{404, "{}"};
    return answer(asks_with(request, "X-API-Key", "key-0123456789"),
                  find_header(request.headers, "X-API-Key").has_value());
  });
  scan.declare(kGuarded);
  if (with_key) scan.request().set_header("X-API-Key", "key-0123456789");
  return scan.run();
}

TEST(AuthNotEnforced, IsFoundWhereTheSameDocumentComesWithout) {
  const Report report = of_keys([](bool, bool) { return Reply{200, kOrder}; });
  ASSERT_TRUE(has(report, "auth-not-enforced")) << ids(report);
  EXPECT_EQ(finding(report, "auth-not-enforced")->confidence, Confidence::confirmed);
}

TEST(AuthNotEnforced, IsFirmWhereNoCredentialWasGiven) {
  const Report report = of_keys([](bool, bool) { return Reply{200, kOrder}; }, false);
  ASSERT_TRUE(has(report, "auth-not-enforced")) << ids(report);
  EXPECT_EQ(finding(report, "auth-not-enforced")->confidence, Confidence::firm);
}

TEST(AuthNotEnforced, IsNotFoundWhereAnonymousCallersGetLess) {
  EXPECT_EQ(verdict(of_keys([](bool right, bool) {
                      return Reply{right ? 200 : 401, kOrder};
                    }),
                    "auth-not-enforced"),
            CheckVerdict::protected_);
  EXPECT_EQ(verdict(of_keys([](bool right, bool) {
                      return Reply{200, right ? kOrder : R"({"login":"/login"})"};
                    }),
                    "auth-not-enforced"),
            CheckVerdict::inconclusive);
}

// Without a key GET is denied; `head` and `path` say what is let through all the same.
Report around(const std::function<bool(const Request&)>& is_let_through, bool chunked = false) {
  ApiScan scan("authentication", [=](const Request& request) {
    const std::string length = std::to_string(std::string(kOrder).size());
    const bool known = asks_with(request, "X-API-Key", "key-0123456789");
    if (is_let_through(request) || (known && path_of(request) == "/items")) {
      Reply reply{200, kOrder};
      if (!chunked) reply.headers.push_back({"Content-Length", length});
      return reply;
    }
    return Reply{path_of(request) == "/items" ? 401 : 404, R"({"error":"no"})"};
  });
  scan.request().set_header("X-API-Key", "key-0123456789");
  return scan.run();
}

TEST(AuthPathBypass, IsFoundWhereTheRuleComparesText) {
  const Report slash = around([](const Request& r) { return path_of(r) == "/items/"; });
  ASSERT_TRUE(has(slash, "auth-path-bypass")) << ids(slash);
  EXPECT_NE(finding(slash, "auth-path-bypass")->evidence.at(0).curl.find("/items/"),
            std::string::npos);
  const Report rewritten = around([](const Request& r) {
    return path_of(r) == "/" && asks_with(r, "X-Original-URL", "/items");
  });
  EXPECT_TRUE(has(rewritten, "auth-path-bypass")) << ids(rewritten);
}

TEST(AuthPathBypass, NeedsTheProtectedDocument) {
  ApiScan scan("authentication", [](const Request& request) {
    if (path_of(request) == "/items/") return Reply{200, R"({"page":"shop"})"};
    const bool known = asks_with(request, "X-API-Key", "key-0123456789");
    return Reply{known ? 200 : 401, known ? kOrder : "{}"};
  });
  scan.request().set_header("X-API-Key", "key-0123456789");
  EXPECT_FALSE(has(scan.run(), "auth-path-bypass"));
}

TEST(AuthPathBypass, IsNotClaimedWhereEveryOtherPathBringsTheDocument) {
  EXPECT_EQ(
      verdict(around([](const Request& r) { return path_of(r) != "/items"; }), "auth-path-bypass"),
      CheckVerdict::inconclusive);
}

TEST(AuthMethodBypass, IsFoundByTheLengthOfTheDocument) {
  const auto head = [](const Request& r) { return r.method == "HEAD" && path_of(r) == "/items"; };
  EXPECT_TRUE(has(around(head), "auth-method-bypass"));
  EXPECT_FALSE(has(around(head, true), "auth-method-bypass")) << "no length, no proof";
  EXPECT_FALSE(
      has(around([](const Request& r) { return r.method == "HEAD"; }), "auth-method-bypass"))
      << "a HEAD that is answered alike everywhere";
}

TEST(CredentialInUrlAccepted, NeedsTheSameCredentialThere) {
  const auto reads = [](const char* parameter, bool checks) {
    ApiScan scan("authentication", [=](const Request& request) {
      const std::string name = std::string(parameter) + "=";
      const bool there = request.target.find(name) != std::string::npos;
      const bool right = request.target.find(name + "key-0123456789") != std::string::npos;
      const bool known = asks_with(request, "X-API-Key", "key-0123456789");
      return Reply{known || right || (there && !checks) ? 200 : 401, kOrder};
    });
    scan.request().set_header("X-API-Key", "key-0123456789");
    return scan.run();
  };
  const Report report = reads("api_key", true);
  ASSERT_TRUE(has(report, "credential-in-url-accepted")) << ids(report);
  EXPECT_EQ(finding(report, "credential-in-url-accepted")->evidence.at(0).curl.find("key-01"),
            std::string::npos);
  EXPECT_FALSE(has(reads("lang", true), "credential-in-url-accepted"));
  EXPECT_EQ(verdict(reads("api_key", false), "credential-in-url-accepted"),
            CheckVerdict::inconclusive)
      << "a made-up value opens it as well";
}

TEST(MissingWwwAuthenticate, IsAMatterOf401Only) {
  const auto denied = [](int status) {
    return of_keys([status](bool right, bool) { return Reply{right ? 200 : status, kOrder}; });
  };
  EXPECT_TRUE(has(denied(401), "missing-www-authenticate"));
  EXPECT_EQ(verdict(denied(403), "missing-www-authenticate"), CheckVerdict::not_applicable);
}

TEST(Jwt, IsReadAndChangedAndNothingElseIsTakenForOne) {
  const std::string text = signed_token(kClaims, kLongSecret);
  const auto token = read_jwt(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->algorithm, "HS256");
  EXPECT_EQ(token->number("exp"), 1700003600.0);
  EXPECT_EQ(token->claims.at("sub"), "ada");
  const auto broken = read_jwt(with_broken_signature(*token));
  ASSERT_TRUE(broken);
  EXPECT_NE(base64url_decoded(broken->signature), base64url_decoded(token->signature));
  for (const char* other : {"", "eyJ", "eyJ.eyJ.x", "a.b.c", "eyJhIjoxfQ.eyJhIjoxfQ.AAAA",
                            "eyJhbGciOjF9.eyJhIjoxfQ.AAAA", "eyJhbGciOiJub25lIn0.bm8.AAAA"}) {
    EXPECT_FALSE(read_jwt(other)) << other;
  }
  EXPECT_FALSE(read_jwt(text + ".x"));
  Request request;
  request.add_header("Cookie", "theme=dark; session=" + text + "; lang=en");
  const auto place = find_jwt(request);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->before, "theme=dark; session=");
  EXPECT_EQ(place->after, "; lang=en");
}

TEST(Jwt, SurvivesNestingThatNobodyMeant) {
  const std::string deep(8'000, '[');
  EXPECT_FALSE(read_jwt(base64url_encoded(R"({"alg":"HS256","x":)" + deep) + ".e30.AAAA"));
}

}  // namespace
}  // namespace weir::scan
