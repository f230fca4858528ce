// An operator lets somebody in again: what Limiter::forget() takes away, and from whom.
#include <vector>

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;
using Forgotten = Limiter::Forgotten;

class ForgetTest : public LimiterTest {
 protected:
  RuleHandle add(policy::Rule rule) { return *limiter_->add_rule(std::move(rule)); }

  static identity::Request from(std::string_view peer) {
    return {.peer = peer, .method = "POST", .route = "/login"};
  }
  Verdict ask(RuleHandle rule, std::string_view peer, std::string_view subject = {}) {
    const std::vector<AskedRule> asked = {{rule, subject}};
    return limiter_->decide(from(peer), asked).verdict;
  }
  Result<Forgotten> forget(RuleHandle rule, const identity::Request& request,
                           std::string_view subject = {}) {
    return limiter_->forget(request, {rule, subject});
  }
};

TEST_F(ForgetTest, LetsOneCallerInAgainAndNobodyElse) {
  start({per_client(1)});
  const RuleHandle rule = add(per_client(1));
  for (const char* peer : {"203.0.113.7", "198.51.100.1"}) {
    ASSERT_EQ(get(peer).verdict, Verdict::admitted);
    ASSERT_EQ(get(peer).verdict, Verdict::refused);
  }
  EXPECT_EQ(forget(rule, from("203.0.113.7")), Forgotten::counts);
  EXPECT_EQ(forget(rule, from("203.0.113.7")), Forgotten::nothing);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::admitted);
  EXPECT_EQ(get("203.0.113.7").verdict, Verdict::refused);
  EXPECT_EQ(get("198.51.100.1").verdict, Verdict::refused);
}

TEST_F(ForgetTest, ForgetsWhateverTheRuleMatches) {
  policy::Rule rule = per_client(1);
  rule.match.methods = {"POST"};
  start({rule});
  ASSERT_EQ(limiter_->decide(from("203.0.113.7")).verdict, Verdict::admitted);
  EXPECT_EQ(forget(add(rule), {.peer = "203.0.113.7", .method = "GET"}), Forgotten::counts);
}

TEST_F(ForgetTest, ForgetsOneSubjectOfARuleOfCode) {
  start({});
  const RuleHandle rule = add(everybody(1));
  ASSERT_EQ(ask(rule, "203.0.113.7", "alice"), Verdict::admitted);
  ASSERT_EQ(ask(rule, "203.0.113.7", "bob"), Verdict::admitted);
  EXPECT_EQ(forget(rule, {}, "alice"), Forgotten::counts);
  EXPECT_EQ(ask(rule, "203.0.113.7", "alice"), Verdict::admitted);
  EXPECT_EQ(ask(rule, "203.0.113.7", "bob"), Verdict::refused);
}

TEST_F(ForgetTest, DoesNotTakeWhoIsNotSaidForSomebody) {
  policy::Rule rule = per_client(1);
  rule.key = {policy::KeyPart::user, policy::KeyPart::api_key, policy::KeyPart::route};
  start({rule});
  const RuleHandle handle = add(rule);
  const std::vector<identity::HeaderField> headers = {{"X-API-Key", "k"}};
  const identity::Request whole{
      .peer = "203.0.113.7", .headers = headers, .method = "GET", .route = "/", .user = "alice"};
  ASSERT_EQ(limiter_->decide(whole).verdict, Verdict::admitted);
  identity::Request without_user = whole;
  without_user.user.reset();
  EXPECT_EQ(forget(handle, without_user), Forgotten::not_asked);
  identity::Request without_key = whole;
  without_key.headers = {};
  EXPECT_EQ(forget(handle, without_key), Forgotten::not_asked);
  identity::Request without_route = whole;
  without_route.route = {};
  EXPECT_EQ(forget(handle, without_route), Forgotten::not_asked);
  EXPECT_EQ(forget(handle, whole), Forgotten::counts);
}

TEST_F(ForgetTest, SaysWhenTheStoreCannot) {
  start({per_client(1)});
  store_->fail_with(ErrorCode::unavailable);
  const auto forgotten = forget(add(per_client(1)), from("203.0.113.7"));
  ASSERT_FALSE(forgotten.has_value());
  EXPECT_EQ(forgotten.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace weir::engine
