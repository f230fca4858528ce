#include "scan/surface/patterns.h"

#include <gtest/gtest.h>

#include "scan/surface/body.h"

namespace weir::scan {
namespace {

// Not the real thing: pieces, so that no secret scanner takes this file for a leak.
const std::string kGitHubRandom = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";

TEST(FindSecret, HoldsAGitHubTokenToItsChecksum) {
  EXPECT_TRUE(find_secret("token: ghp_" + kGitHubRandom + "0mLq17.").has_value());
  EXPECT_FALSE(find_secret("token: ghp_" + kGitHubRandom + "0mLq18.").has_value());
}

TEST(FindSecret, KnowsAwsKeysButNotTheDocumentedExample) {
  EXPECT_TRUE(find_secret(std::string("\"AKI") + "AQ3EGRTZ5MNOP2XKW\"").has_value());
  EXPECT_FALSE(find_secret(std::string("\"AKI") + "AIOSFODNN7EXAMPLE\"").has_value());
  EXPECT_FALSE(find_secret(std::string("xAKI") + "AQ3EGRTZ5MNOP2XKW").has_value());
  EXPECT_FALSE(find_secret(std::string("AKI") + "AQ3EGRTZ5MNOP2XKWW").has_value());
}

TEST(FindSecret, WantsABodyAfterThePrivateKeysHead) {
  const std::string head = std::string("-----BEGIN RSA PRIVATE") + " KEY-----\n";
  EXPECT_TRUE(find_secret(head + std::string(200, 'a')).has_value());
  EXPECT_FALSE(find_secret(head + "...").has_value());
}

TEST(CardNumber, WantsCheckDigitIssuerAndNoPublishedTestNumber) {
  EXPECT_TRUE(is_card_number("4539578763621486"));
  EXPECT_FALSE(is_card_number("4539578763621487"));
  EXPECT_FALSE(is_card_number("4111111111111111")) << "published for tests";
  EXPECT_FALSE(is_card_number("9539578763621488")) << "no issuer";
  EXPECT_FALSE(is_card_number("0000000000000000"));
}

std::size_t cards_in(const char* body) {
  return find_card_numbers(*leaves_of(body)).size();
}

TEST(CardNumber, StandsBesideWordsOfCards) {
  EXPECT_EQ(cards_in(R"({"card":{"number":"4539 5787 6362 1486"}})"), 1U);
  EXPECT_EQ(cards_in(R"({"number":4539578763621486,"cvv":"123"})"), 1U);
  EXPECT_EQ(cards_in(R"({"order_id":"4539578763621486"})"), 0U);
}

TEST(NationalId, WantsItsFormAndAKeyThatSaysSo) {
  const auto found = [](const char* body) { return find_national_ids(*leaves_of(body)).size(); };
  EXPECT_EQ(found(R"({"iban":"DE89 3704 0044 0532 0130 00"})"), 1U);
  EXPECT_EQ(found(R"({"iban":"DE89 3704 0044 0532 0130 01"})"), 0U);
  EXPECT_EQ(found(R"({"ssn":"078-05-1120"})"), 1U);
  EXPECT_EQ(found(R"({"ssn":"000-05-1120"})"), 0U);
  EXPECT_EQ(found(R"({"phone":"078-05-1120"})"), 0U);
}

TEST(Emails, AreCountedOnceAndNotOfExampleDomains) {
  EXPECT_EQ(find_emails("a@b.org, A@B.org; c.d+e@f-g.co.uk <x@example.com> @ y@z 1@2.3", 10).size(),
            2U);
}

TEST(StackTrace, KnowsTheFramesOfEachLanguage) {
  EXPECT_EQ(find_stack_trace("Traceback (most recent call last):\n  File \"/app/v.py\", line 3"),
            "Python");
  EXPECT_EQ(find_stack_trace("Error: x\n    at f (/app/a.js:3:4)\n    at g (/app/b.js:9:1)"),
            "JavaScript");
  EXPECT_EQ(find_stack_trace("x\n\tat a.B.c(D.java:12)\n\tat e.F.g(H.java:3)"), "Java");
  EXPECT_EQ(find_stack_trace("goroutine 1 [running]:\nmain.go:3\nx.go:4"), "Go");
  EXPECT_FALSE(find_stack_trace("Look at the file app.js: it is 3 lines long").has_value());
  EXPECT_FALSE(find_stack_trace("meet at noon (x.js:3)").has_value()) << "one frame only";
}

TEST(InternalAddress, IsNoPartOfALongerNumber) {
  EXPECT_EQ(find_internal_address("upstream 10.1.2.3:80"), "10.1.2.3");
  EXPECT_EQ(find_internal_address("172.16.0.9"), "172.16.0.9");
  EXPECT_EQ(find_internal_address("http://db-1.prod.internal/x"), "db-1.prod.internal");
  EXPECT_FALSE(find_internal_address("version 10.1.2.3.4").has_value());
  EXPECT_FALSE(find_internal_address("v10.1.2.3").has_value());
  EXPECT_FALSE(find_internal_address("172.32.0.9 and 192.169.1.1").has_value());
}

TEST(SameDocument, ForgetsWhatDiffersByItself) {
  const auto body = [](const char* at, const char* name) {
    return std::string(R"({"at":")") + at + R"(","name":")" + name + "\"}";
  };
  EXPECT_TRUE(same_document(body("1", "a"), body("2", "a"), body("3", "a"), body("4", "a")));
  EXPECT_FALSE(same_document(body("1", "a"), body("1", "b"), body("3", "a"), body("4", "a")));
  EXPECT_FALSE(same_document(body("1", "a"), body("2", "a"), body("3", "a"), body("3", "a")))
      << "nothing differs by itself, so the difference counts";
  EXPECT_TRUE(same_document("served at 12:01", "served at 12:02", "served at 1", "served at 2"));
}

TEST(Leaves, AreBoundedOnAnyBody) {
  EXPECT_FALSE(leaves_of(std::string(100, '[')).has_value());
  std::string many = "[";
  for (int i = 0; i < 30000; ++i) many += "1,";
  many += "1]";
  EXPECT_EQ(leaves_of(many)->size(), kMaxLeaves);
}

}  // namespace
}  // namespace weir::scan
