#include "engine/http_answer.h"

#include <gtest/gtest.h>

#include "base/duration.h"
#include "engine/limiter.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

using Fields = std::vector<HttpField>;

const QuotaStatus kPerKey = {
    .rule = "per-key", .limit = 100, .window = 1min, .remaining = 37, .next_room = 1500ms};
const QuotaStatus kFull = {
    .rule = "everybody", .limit = 5, .window = 1500ms, .remaining = 0, .next_room = 1ns};

TEST(HttpAnswer, AnAdmissionOnlyAddsTheRateLimitFields) {
  const HttpAnswer answer = http_answer({.quotas = {kPerKey, kFull}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.fields,
            (Fields{{"RateLimit-Policy", R"("per-key";q=100;w=60, "everybody";q=5;w=2)"},
                    {"RateLimit", R"("per-key";r=37;t=2, "everybody";r=0;t=1)"}}));
  EXPECT_TRUE(answer.body.empty());
}

TEST(HttpAnswer, WithoutRulesThereIsNothingToSay) {
  EXPECT_TRUE(http_answer({}).fields.empty()) << "an empty List is not sent (RFC 9651, 3.1)";
}

TEST(HttpAnswer, ARefusalIsA429ThatSaysWhenToComeBackAndWhichPolicyWasViolated) {
  const HttpAnswer answer = http_answer({.verdict = Verdict::refused,
                                         .retry_after = 2s + 1ns,
                                         .rule = "everybody",
                                         .reason = "rule 'everybody': its limit is used up",
                                         .quotas = {kPerKey, kFull}});
  EXPECT_EQ(answer.status, 429);
  ASSERT_EQ(answer.fields.size(), 5U);
  EXPECT_EQ(answer.fields[2], (HttpField{"Retry-After", "3"}));
  EXPECT_EQ(answer.fields[3], (HttpField{"Content-Type", "application/problem+json"}));
  EXPECT_EQ(answer.fields[4], (HttpField{"Cache-Control", "no-store"}));
  EXPECT_EQ(answer.body,
            R"({"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",)"
            R"("title":"Request cannot be satisfied as assigned quota has been exceeded",)"
            R"("status":429,"detail":"rule 'everybody': its limit is used up",)"
            R"("violated-policies":["everybody"]})");
}

TEST(HttpAnswer, AMalformedRequestIsA400WithoutRetryAfter) {
  const HttpAnswer answer =
      http_answer({.verdict = Verdict::malformed, .rule = "per-key", .reason = "why"});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.fields,
            (Fields{{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}}));
  EXPECT_EQ(answer.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"why"})");
}

TEST(HttpAnswer, AnOutageIsA503AndNeverA429) {
  const HttpAnswer answer = http_answer(
      {.verdict = Verdict::unavailable, .retry_after = 1s, .rule = "per-key", .reason = "why"});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.fields[0], (HttpField{"Retry-After", "1"}));
  EXPECT_EQ(answer.body,
            R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"why"})");
}

TEST(HttpAnswer, NumbersFitIntoStructuredFields) {
  QuotaStatus huge = kPerKey;
  huge.limit = kMaxCount;  // one digit more than an Integer may have
  huge.remaining = kMaxCount;
  const HttpAnswer answer = http_answer({.quotas = {huge}});
  EXPECT_EQ(answer.fields[0].value, R"("per-key";q=999999999999999;w=60)");
  EXPECT_EQ(answer.fields[1].value, R"("per-key";r=999999999999999;t=2)");
}

}  // namespace
}  // namespace weir::engine
