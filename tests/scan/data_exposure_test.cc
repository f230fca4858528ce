// The checks of the category data-exposure, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

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

Report scan(test::Api api) {
  return ApiScan("data-exposure", std::move(api)).run();
}

Report with_body(const std::string& body) {
  return scan([body](const Request& request) {
    if (path_of(request) == "/items") return Reply{200, body};
    return Reply{404, R"({"error":"none"})"};
  });
}

const std::string kToken = std::string("gh") + "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";

TEST(SecretExposed, IsFoundAndNotRepeated) {
  const Report report = with_body(R"({"config":{"deploy":")" + kToken + "\"}}");
  ASSERT_TRUE(has(report, "secret-exposed")) << ids(report);
  const std::string& claim = finding(report, "secret-exposed")->evidence.at(0).claim;
  EXPECT_EQ(claim.find(kToken.substr(6, 20)), std::string::npos) << claim;
  EXPECT_EQ(finding(report, "secret-exposed")->confidence, Confidence::confirmed);
}

TEST(SecretExposed, IsFoundInErrorsToo) {
  EXPECT_TRUE(has(scan([](const Request& request) {
                    if (path_of(request) == "/items") return Reply{200, "{}"};
                    return Reply{404, kToken};
                  }),
                  "secret-exposed"));
}

TEST(DataExposure, FindsNothingInAnOrdinaryAnswer) {
  const Report report =
      with_body(R"({"items":[{"id":4539578763621486,"name":"ada","ssn":null,"at":"10:11"}]})");
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_EQ(report.grade, 'A');
}

TEST(PanExposed, IsFound) {
  EXPECT_TRUE(has(with_body(R"({"card_number":"4539578763621486"})"), "pan-exposed"));
  EXPECT_FALSE(has(with_body(R"({"card_number":"4539********1486"})"), "pan-exposed"));
}

TEST(NationalIdExposed, IsFound) {
  EXPECT_TRUE(has(with_body(R"({"iban":"DE89370400440532013000"})"), "national-id-exposed"));
}

constexpr const char* kPeople =
    R"([{"e":"a@b.org"},{"e":"b@b.org"},{"e":"c@b.org"},{"e":"d@b.org"},{"e":"e@b.org"}])";

TEST(PiiExposedAnonymous, NeedsFiveAddressesAndNoCredential) {
  EXPECT_TRUE(has(with_body(kPeople), "pii-exposed-anonymous"));
  EXPECT_FALSE(has(with_body(R"([{"e":"a@b.org"}])"), "pii-exposed-anonymous"));
  ApiScan guarded("data-exposure", [](const Request& request) {
    if (asks_with(request, "X-API-Key", "key-1")) return Reply{200, kPeople};
    return Reply{401, "{}"};
  });
  guarded.request().set_header("X-API-Key", "key-1");
  EXPECT_EQ(verdict(guarded.run(), "pii-exposed-anonymous"), CheckVerdict::protected_);
}

TEST(StackTraceExposed, IsFoundWhereAnErrorShowsIt) {
  const Report report = scan([](const Request& request) {
    if (request.target.find('[') == std::string::npos) return Reply{200, "{}"};
    return Reply{500, "Traceback (most recent call last):\n  File \"/srv/app.py\", line 1"};
  });
  ASSERT_TRUE(has(report, "stack-trace-exposed")) << ids(report);
  EXPECT_NE(finding(report, "stack-trace-exposed")->evidence.at(0).claim.find("malformed query"),
            std::string::npos);
}

TEST(InternalAddressExposed, IsFoundInHeadersToo) {
  const Report report = scan([](const Request&) {
    return Reply{200, "{}", {{"Content-Type", "application/json"}, {"X-Backend", "10.0.3.7:8000"}}};
  });
  EXPECT_TRUE(has(report, "internal-address-exposed"));
}

TEST(SensitiveCacheable, NeedsADocumentThatOthersAreDenied) {
  const auto guarded = [](const char* rule, bool public_too) {
    ApiScan scan("data-exposure", [=](const Request& request) {
      if (!public_too && !asks_with(request, "X-API-Key", "key-1")) return Reply{401, "{}"};
      Reply reply{200, R"({"email":"ada@lovelace.org"})"};
      if (*rule != '\0') reply.headers.push_back({"Cache-Control", rule});
      return reply;
    });
    scan.request().set_header("X-API-Key", "key-1");
    return verdict(scan.run(), "sensitive-cacheable");
  };
  EXPECT_EQ(guarded("", false), CheckVerdict::vulnerable);
  EXPECT_EQ(guarded("public, max-age=60", false), CheckVerdict::vulnerable);
  EXPECT_EQ(guarded("private", false), CheckVerdict::protected_);
  EXPECT_EQ(guarded("no-store", false), CheckVerdict::protected_);
  EXPECT_EQ(guarded("", true), CheckVerdict::not_applicable);
}

}  // namespace
}  // namespace weir::scan
