// The messages of Envoy's RateLimitService, and which rules answer which descriptor.
#include <gtest/gtest.h>

#include "engine/borrowed_store.h"
#include "policy/read.h"
#include "serve/bounds.h"
#include "serve/rls/asking.h"
#include "store/memory/memory_store.h"
#include "support/manual_clock.h"

namespace weir::serve::rls {
namespace {

using namespace std::string_literals;

TEST(RlsMessages, ReadWhatAClientWrites) {
  const Request request{.domain = "edge",
                        .descriptors = {{.entries = {{"a", "1"}, {"b", ""}},
                                         .limit = LimitOverride{7, Unit::week},
                                         .hits_addend = 0},
                                        {.entries = {{"c", "x"}}, .is_negative_hits = true}},
                        .hits_addend = 4'000'000'000};
  const std::string message = write_request(request);
  const Result<Request> read = parse_request(message);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, request);
}

TEST(RlsMessages, SkipUnknownFieldsAndOtherWireTypes) {
  // 3 as a text, 15 as a number, then the domain.
  const std::string message = "\x1a\x02hi\x78\x05\x0a\x04"s + "edge";
  const Result<Request> read = parse_request(message);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->domain, "edge");
  EXPECT_EQ(read->hits_addend, 0u);
}

TEST(RlsMessages, RefuseWhatIsNone) {
  // The last two end where a number begins.
  for (const std::string& bytes : {"\x0a\x05hi"s, "\xff"s, "\x12\x02\x0a\x09"s, "\x0b"s,
                                   "\x12\x01\x20"s, "\x12\x03\x12\x01\x08"s})
    EXPECT_FALSE(parse_request(bytes)) << bytes;
}

TEST(RlsMessages, BoundDescriptorsAndEntries) {
  Request request{.domain = "d", .descriptors = {}};
  request.descriptors.resize(kMaxDescriptors);
  EXPECT_TRUE(parse_request(write_request(request)));
  request.descriptors.resize(kMaxDescriptors + 1);
  EXPECT_EQ(parse_request(write_request(request)).error().code, ErrorCode::limit_exceeded);
  request.descriptors.resize(1);
  request.descriptors[0].entries.resize(kMaxEntries);
  EXPECT_TRUE(parse_request(write_request(request)));
  request.descriptors[0].entries.resize(kMaxEntries + 1);
  EXPECT_EQ(parse_request(write_request(request)).error().code, ErrorCode::limit_exceeded);
}

class DescriptorTableTest : public testing::Test {
 protected:
  void start(const std::string& rules) {
    policy::Reading reading = policy::read_policy("version: 1\ndescriptors:\n" + rules,
                                                  [](std::string_view) { return std::nullopt; });
    for (const policy::Problem& error : reading.errors) FAIL() << error.message;
    const std::vector<policy::DescriptorRule> descriptors = reading.policy->descriptors;
    limiter_ = *engine::Limiter::make(*std::move(reading.policy),
                                      {.clock = clock_, .store = *store::MemoryStore::create({})});
    table_ = *DescriptorTable::make(descriptors, *limiter_);
  }
  std::string found(std::string_view domain, const std::vector<Entry>& entries) {
    std::string ids;
    for (const DescriptorTable::Rule& rule : table_->find(domain, entries)) ids += rule.id + " ";
    return ids;
  }
  Response ask(const std::vector<Descriptor>& descriptors) {
    const Request request{.domain = "d", .descriptors = descriptors};
    const Result<Asking> asking = Asking::prepare(request, *table_, *limiter_);
    EXPECT_TRUE(asking);
    std::vector<engine::RuleAnswer> answers;
    const Decision decision = limiter_->decide({.has_sender = false}, asking->rules(), answers);
    return asking->respond(decision, answers);
  }
  static std::string codes(const Response& response) {
    std::string text = response.overall == Code::ok ? "ok:" : "over:";
    for (const Status& status : response.statuses)
      text += status.code == Code::ok ? " ok" : " over";
    return text;
  }

  test::ManualClock clock_{Time(std::chrono::seconds(1'800'000'000))};
  std::unique_ptr<engine::Limiter> limiter_;
  std::unique_ptr<DescriptorTable> table_;
};

TEST_F(DescriptorTableTest, TheMostExactRuleAnswers) {
  start(R"(
  - {id: any, domain: d, entries: [path, who], limit: 1/s}
  - {id: prefix, domain: d, entries: [{path: "/a*"}, who], limit: 1/s}
  - {id: longer, domain: d, entries: [{path: "/a/b*"}, who], limit: 1/s}
  - {id: exact, domain: d, entries: [{path: /a/b}, {who: me}], limit: 1/s}
  - {id: one, domain: d, entries: [path], limit: 1/s}
  - {id: other, domain: e, entries: [path], limit: 1/s}
)");
  EXPECT_EQ(found("d", {{"path", "/x"}, {"who", "me"}}), "any ");
  EXPECT_EQ(found("d", {{"path", "/ax"}, {"who", "me"}}), "prefix ");
  EXPECT_EQ(found("d", {{"path", "/a/b/c"}, {"who", "me"}}), "longer ");
  EXPECT_EQ(found("d", {{"path", "/a/b"}, {"who", "me"}}), "exact ");
  EXPECT_EQ(found("d", {{"path", "/a/b"}, {"who", "you"}}), "longer ");
  EXPECT_EQ(found("d", {{"path", "/x"}}), "one ");
  EXPECT_EQ(found("e", {{"path", "/x"}}), "other ");
  EXPECT_EQ(found("d", {{"who", "me"}, {"path", "/x"}}), "") << "the order counts";
  EXPECT_EQ(found("d", {{"path", "/x"}, {"who", "me"}, {"more", ""}}), "");
  EXPECT_EQ(found("f", {{"path", "/x"}}), "");
  EXPECT_EQ(found("d", {}), "");
}

TEST_F(DescriptorTableTest, DifferentValuesAreDifferentSubjects) {
  start("  - {id: a, domain: d, entries: [x, y], limit: 1/s}\n");
  const DescriptorTable::Rule& rule =
      table_->find("d", std::vector<Entry>{{"x", ""}, {"y", ""}}).front();
  const auto subject = [&](const std::string& x, const std::string& y) {
    return DescriptorTable::subject_of(rule, std::vector<Entry>{{"x", x}, {"y", y}});
  };
  EXPECT_NE(subject("a", "bc"), subject("ab", "c"));
  EXPECT_NE(subject("", "a"), subject("a", ""));
  const std::string giant(10'000, 'x');
  EXPECT_NE(subject(giant, "a"), subject(giant, "b"));
  EXPECT_LE(subject(giant, giant).size(), 512u);
}

TEST_F(DescriptorTableTest, ARequestIsChargedWholeOrNotAtAll) {
  start(R"(
  - {id: narrow, domain: d, entries: [a], limit: 1/m}
  - {id: wide, domain: d, entries: [b], limit: 2/m}
)");
  const std::vector<Descriptor> both = {{.entries = {{"a", "1"}}}, {.entries = {{"b", "1"}}}};
  const Response first = ask(both);
  EXPECT_EQ(codes(first), "ok: ok ok");
  EXPECT_EQ(first.statuses[0].limit->name, "narrow");
  EXPECT_EQ(first.statuses[0].limit->requests_per_unit, 1u);
  EXPECT_EQ(first.statuses[0].limit->unit, Unit::minute);
  EXPECT_EQ(first.statuses[1].remaining, 1u);
  const Response second = ask(both);
  EXPECT_EQ(codes(second), "over: over ok");
  EXPECT_GT(second.statuses[0].until_reset, Duration::zero());
  EXPECT_EQ(codes(ask({both[1]})), "ok: ok") << "the refused request was not charged here";
  EXPECT_EQ(codes(ask({both[1]})), "over: over");
}

TEST_F(DescriptorTableTest, AnswersAlwaysShadowsAndReplacements) {
  start(R"(
  - {id: never, domain: d, entries: [{a: never}], always: refuse}
  - {id: free, domain: d, entries: [{a: free}], always: admit}
  - {id: shadow, domain: d, entries: [s], limit: 1/m, shadow: true}
  - {id: usual, domain: d, entries: [u], limit: 1/m}
  - {id: vip, domain: d, entries: [v], limit: 5/m, replaces: [usual]}
)");
  EXPECT_EQ(codes(ask({{.entries = {{"a", "never"}}}})), "over: over");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(codes(ask({{.entries = {{"a", "free"}}}, {.entries = {{"s", ""}}}})), "ok: ok ok");
    EXPECT_EQ(codes(ask({{.entries = {{"u", "x"}}}, {.entries = {{"v", ""}}}})), "ok: ok ok");
  }
  EXPECT_EQ(codes(ask({{.entries = {{"u", "x"}}}})), "ok: ok");
  EXPECT_EQ(codes(ask({{.entries = {{"u", "x"}}}})), "over: over");
}

TEST_F(DescriptorTableTest, HitsAndLimitsOfADescriptorAreItsOwn) {
  start("  - {id: a, domain: d, entries: [x], limit: 10/m}\n");
  const auto asked = [&](Descriptor descriptor) {
    descriptor.entries = {{"x", "1"}};
    return ask({descriptor});
  };
  EXPECT_EQ(asked({.entries = {}, .hits_addend = 7}).statuses[0].remaining, 3u);
  EXPECT_EQ(asked({.entries = {}, .hits_addend = 0}).statuses[0].remaining, 3u) << "a look";
  EXPECT_EQ(codes(asked({.entries = {}, .hits_addend = 4})), "over: over");
  EXPECT_EQ(codes(asked({.entries = {}, .hits_addend = 50, .is_negative_hits = true})), "ok: ok");
  EXPECT_EQ(asked({.entries = {}, .hits_addend = 0}).statuses[0].remaining, 3u) << "no refund";
  const Response wider = asked({.entries = {}, .limit = LimitOverride{20, Unit::minute}});
  EXPECT_EQ(wider.statuses[0].limit->requests_per_unit, 20u);
  EXPECT_EQ(wider.statuses[0].remaining, 12u) << "the same counter";
  EXPECT_EQ(codes(asked({.entries = {}, .limit = LimitOverride{0, Unit::minute}})), "over: over");
  // A limit that no rule knows is kept too.
  const Descriptor unknown{.entries = {{"y", "1"}}, .limit = LimitOverride{1, Unit::hour}};
  EXPECT_EQ(codes(ask({unknown})), "ok: ok");
  EXPECT_EQ(codes(ask({unknown})), "over: over");
}

TEST_F(DescriptorTableTest, SaysWhatCannotBeAsked) {
  start("  - {id: a, domain: d, entries: [x], limit: 10/m}\n");
  const auto fails = [&](const Request& request) {
    return !Asking::prepare(request, *table_, *limiter_);
  };
  EXPECT_TRUE(fails({.domain = "", .descriptors = {{.entries = {{"x", "1"}}}}}));
  EXPECT_TRUE(fails({.domain = "d", .descriptors = {}}));
  EXPECT_TRUE(fails(
      {.domain = "d", .descriptors = {{.entries = {{"x", "1"}}, .limit = LimitOverride{1, {}}}}}));
}

}  // namespace
}  // namespace weir::serve::rls
