// Who shares a counter with whom.
#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;
using identity::KeyStanding;

TEST_F(LimiterTest, KnownKeysCountByThemselves) {
  policy_.identity.api_key.verify = policy::Verify::required;
  start({per_key(2)});
  for (const char* key : {"alice", "bob"}) {
    EXPECT_EQ(admitted(5, [&] { return get_with_key("203.0.113.7", key, KeyStanding::known); }), 2);
  }
  EXPECT_EQ(admitted(5, [&] { return get_with_key("198.51.100.1", "alice", KeyStanding::known); }),
            0)
      << "a key is a key wherever it comes from";
}

TEST_F(LimiterTest, GuessingKeysBuysNothing) {
  policy_.identity.api_key.verify = policy::Verify::required;
  start({per_key(2)});
  int guess = 0;
  const auto ask = [&](KeyStanding standing) {
    return get_with_key("203.0.113.7", "guess" + std::to_string(++guess), standing);
  };
  EXPECT_EQ(admitted(50, [&] { return ask(KeyStanding::unknown); }), 2);
  EXPECT_EQ(admitted(50, [&] { return ask(KeyStanding::unchecked); }), 0)
      << "a key that nobody looked up is not known";
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused) << "nor is leaving the key out a way";
  EXPECT_EQ(get("203.0.113.8").verdict, Verdict::admitted) << "other networks are not affected";
  EXPECT_EQ(get_with_key("203.0.113.7", "alice", KeyStanding::known).verdict, Verdict::admitted)
      << "nor are known keys behind the same network";
}

TEST_F(LimiterTest, WithoutVerificationOnlyKeysThatAreKnownToBeUnknownShareACounter) {
  start({per_key(1)});
  EXPECT_EQ(get_with_key("203.0.113.7", "a").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.7", "b").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.7", "c", KeyStanding::unknown).verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.7", "d", KeyStanding::unknown).verdict, Verdict::refused);
}

TEST_F(LimiterTest, AKeyCannotNameTheSharedCounterOfOthers) {
  start({per_key(1)});
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  // Neither the text nor the bytes of the shared counter's name are a way to it, or past it.
  EXPECT_EQ(get_with_key("203.0.113.7", "api_key.none").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.7", "203.0.113.7").verdict, Verdict::admitted);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  // The four bytes of an address that are also a key.
  EXPECT_EQ(get("65.66.67.68").verdict, Verdict::admitted);
  EXPECT_EQ(get_with_key("203.0.113.7", "ABCD").verdict, Verdict::admitted);
}

TEST_F(LimiterTest, TheFieldThatTheProxiesDoNotWriteIsNotRead) {
  policy_.identity.trusted_proxies = {*Network::parse("10.0.0.0/8")};
  const std::vector<identity::HeaderField> both = {{"X-Forwarded-For", "203.0.113.7"},
                                                   {"Forwarded", "for=198.51.100.1"}};
  const auto ask = [&](policy::ProxyField field) {
    policy_.identity.proxy_field = field;
    start({per_client(1)});
    const Decision decision =
        limiter_->decide({.peer = "10.0.0.1", .headers = both, .method = "GET", .route = "/"});
    // Whose counter it was.
    return std::pair(decision.verdict, std::pair(get("203.0.113.7").verdict == Verdict::refused,
                                                 get("198.51.100.1").verdict == Verdict::refused));
  };
  const auto one_of = [](bool first, bool second) {
    return std::pair(Verdict::admitted, std::pair(first, second));
  };
  EXPECT_EQ(ask(policy::ProxyField::x_forwarded_for), one_of(true, false));
  EXPECT_EQ(ask(policy::ProxyField::forwarded), one_of(false, true));
  EXPECT_EQ(ask(policy::ProxyField::either).first, Verdict::malformed) << "they disagree";
}

TEST_F(LimiterTest, UsersCountByThemselvesAndAnonymousOnesByNetwork) {
  start({{.id = "per-user", .key = {policy::KeyPart::user}, .limit = {1, 10s}}});
  const auto ask = [&](std::string_view peer, std::optional<std::string_view> user) {
    return limiter_->decide({.peer = peer, .method = "GET", .route = "/", .user = user}).verdict;
  };
  EXPECT_EQ(ask("203.0.113.7", "alice"), Verdict::admitted);
  EXPECT_EQ(ask("198.51.100.1", "alice"), Verdict::refused);
  EXPECT_EQ(ask("203.0.113.7", "bob"), Verdict::admitted);
  EXPECT_EQ(ask("203.0.113.7", std::nullopt), Verdict::admitted);
  EXPECT_EQ(ask("203.0.113.7", ""), Verdict::refused) << "an empty name is no name";
  EXPECT_EQ(ask("203.0.113.8", std::nullopt), Verdict::admitted);
  EXPECT_EQ(ask("203.0.113.7", std::string(512, 'u')), Verdict::admitted);
  EXPECT_EQ(ask("203.0.113.7", std::string(513, 'u')), Verdict::malformed);
}

TEST_F(LimiterTest, RulesOfSeveralWidthsStack) {
  policy::Rule wide = per_client(3);
  wide.id = "per-site";
  wide.ipv6_prefix = 48;
  start({per_client(2), wide});
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8:1:1::1"); }), 2);
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8:1:2::1"); }), 1);
  EXPECT_EQ(admitted(5, [&] { return get("2001:db8:2:1::1"); }), 2);
}

TEST_F(LimiterTest, TheOrderOfAKeysPartsMeansNothing) {
  policy_.pepper = "0123456789abcdef";
  const auto first_key_order = [&](std::vector<policy::KeyPart> parts) {
    policy::Rule rule = per_client(1);
    rule.key = std::move(parts);
    return rule;
  };
  start({first_key_order({policy::KeyPart::route, policy::KeyPart::client_ip})});
  // The same rule as another process of the fleet may have it after its policy was reordered.
  const Result<RuleHandle> same =
      limiter_->add_rule(first_key_order({policy::KeyPart::client_ip, policy::KeyPart::route}));
  EXPECT_TRUE(same.has_value());
}

TEST_F(LimiterTest, GivesTheVerifyHookTheKeyThatItWouldCount) {
  start({per_key(1)});
  const std::vector<identity::HeaderField> one = {{"x-api-key", " abc "}};
  const std::vector<identity::HeaderField> two = {{"X-API-Key", "a"}, {"X-API-Key", "b"}};
  const auto key = [&](std::span<const identity::HeaderField> headers) {
    return limiter_->api_key(
        {.peer = "203.0.113.7", .headers = headers, .method = "GET", .route = "/"});
  };
  EXPECT_EQ(**key(one), "abc");
  EXPECT_FALSE(key({})->has_value());
  EXPECT_EQ(key(two).error().code, ErrorCode::invalid_input);
}

TEST_F(LimiterTest, NoReasonHoldsAnIdentifier) {
  policy_.identity.trusted_proxies = {*Network::parse("10.0.0.0/8")};
  start({per_key(1), per_client(1)});
  const std::vector<identity::HeaderField> forwarded = {{"X-Forwarded-For", "secret"},
                                                        {"X-API-Key", "secret"}};
  for (int i = 0; i < 3; ++i) {
    for (const Decision& decision :
         {get_with_key("203.0.113.7", "secret"), get_with_key("203.0.113.7", "secret,"),
          get_with_key("secret", "secret"),
          limiter_->decide({.peer = "10.0.0.1",
          .headers = forwarded,
          .method = "GET",
          .route = "/secret",
          .user = "secret"})}) {
      EXPECT_EQ(decision.reason.find("secret"), std::string::npos) << decision.reason;
      EXPECT_EQ(decision.reason.find("203.0"), std::string::npos) << decision.reason;
    }
  }
}

}  // namespace
}  // namespace weir::engine
