// Each rule on what it finds and on what is innocent beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tap/redact.h"
#include "tap/rules/rule.h"
#include "tap/rules/story.h"

namespace weir::tap {
namespace {

using scan::Confidence;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

const std::string kBounded = "attribute_not_exists(hits) OR hits < :limit";
const std::string kShowsNew = R"(,"ReturnValues":"UPDATED_NEW")";

const Finding& only(const std::vector<Finding>& findings, std::string_view id) {
  static const Finding kNone;
  const Finding* found = &kNone;
  for (const Finding& one : findings) {
    if (one.rule->id == id) found = &one;
  }
  EXPECT_NE(found, &kNone) << id;
  return *found;
}

TEST(RulesTest, SayNothingOfAnEmptyRecording) {
  EXPECT_THAT(Story().found(), IsEmpty());
}

// -- ddb-read-then-write

TEST(ReadThenWriteTest, FindsACountThatIsReadAndPutBackOneHigher) {
  Story story;
  for (int i = 1; i <= 4; ++i) {
    story.get("a", hits(i), true);
    story.put("a", hits(i + 1));
  }
  const auto findings = story.findings();
  const Finding& found = only(findings, "ddb-read-then-write");
  EXPECT_EQ(found.confidence, Confidence::firm);
  EXPECT_EQ(found.subject, "PutItem t: put hits, pk");
  EXPECT_THAT(found.claim, HasSubstr("raised 4 times without a condition"));
  EXPECT_THAT(found.operations, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(found.cure, HasSubstr("\"ADD hits :one\""));
  EXPECT_THAT(found.cure, HasSubstr("\"attribute_not_exists(hits) OR hits < :limit\""));
}

TEST(ReadThenWriteTest, FindsALogThatIsPutBackOneLonger) {
  Story story;
  story.get("a", "", true);
  story.put("a", log_of(1));
  for (int i = 1; i <= 4; ++i) {
    story.get("a", log_of(i), true);
    story.put("a", log_of(i + 1));
  }
  const auto findings = story.findings();
  EXPECT_THAT(only(findings, "ddb-read-then-write").cure, HasSubstr("size(hits) < :limit"));
}

TEST(ReadThenWriteTest, FindsAnIncrementThatAReadBeforeItDecides) {
  Story story;
  for (int i = 1; i <= 3; ++i) {
    story.get("a", hits(i), true);
    story.update("a", "ADD hits :one");
  }
  EXPECT_THAT(story.found(), Contains("ddb-read-then-write"));
}

TEST(ReadThenWriteTest, ConfirmsAnUpdateThatWasLost) {
  Story story;
  for (int i = 1; i <= 3; ++i) {
    story.get("a", hits(i), true);
    story.put("a", hits(i + 1));
  }
  story.by(1).get("a", hits(4), true).took = milliseconds(25);
  story.by(2).get("a", hits(4), true);
  story.by(1).wait(milliseconds(20)).put("a", hits(5)).took = milliseconds(15);
  story.by(2).put("a", hits(5));
  const auto findings = story.findings();
  const Finding& found = only(findings, "ddb-read-then-write");
  EXPECT_EQ(found.confidence, Confidence::confirmed);
  EXPECT_THAT(found.operations, ElementsAre(6, 7, 8, 9));
}

TEST(ReadThenWriteTest, FindsACounterThatIsBegunWithoutACondition) {
  Story story;
  story.get("a", "", true);
  story.put("a", hits(1));
  for (int i = 0; i < 3; ++i) {
    story.get("a", hits(1 + i), true);
    story.update("a", "ADD hits :one", {}, kShowsNew);
  }
  const auto findings = story.findings();
  const Finding& found = only(findings, "ddb-read-then-write");
  EXPECT_EQ(found.confidence, Confidence::tentative);
  EXPECT_THAT(found.operations, ElementsAre(0, 1));
}

TEST(ReadThenWriteTest, IsSilentUnderAConditionOnWhatWasRead) {
  for (const char* condition : {"hits = :read", "version = :read", "hits < :limit"}) {
    Story story;
    story.get("a", "", true);
    story.put("a", hits(1), R"json(,"ConditionExpression":"attribute_not_exists(pk)")json");
    for (int i = 1; i <= 4; ++i) {
      story.get("a", hits(i), true);
      story.update("a", "SET hits = :next", condition, {},
                   R"(":next":{"N":")" + std::to_string(i + 1) + R"("},":read":{"N":")" +
                       std::to_string(i) + R"("},":limit":{"N":"9"})");
    }
    EXPECT_THAT(story.found(), Not(Contains("ddb-read-then-write"))) << condition;
  }
}

TEST(ReadThenWriteTest, IsSilentOnOtherItemsOtherValuesAndTimes) {
  Story story;
  for (int i = 0; i < 5; ++i) {
    story.get("a", hits(i), true);  // another item
    story.put("b", hits(i + 1));
    story.get("price", R"("cents":{"N":"100"})", true);  // another value
    story.put("price", R"("cents":{"N":")" + std::to_string(200 + i * 50) + "\"}");
    const std::string now = std::to_string(story.seconds());
    story.get("seen", R"("at":{"N":")" + std::to_string(story.seconds() - 1) + "\"}", true);
    story.put("seen", R"("at":{"N":")" + now + "\"}");  // a time, a second later
    story.wait(seconds(1));
  }
  EXPECT_THAT(story.found(), IsEmpty());
}

TEST(ReadThenWriteTest, IsSilentOnWhatItCouldNotRead) {
  Story story;
  for (int i = 1; i <= 4; ++i) {
    story.get("a", hits(i), true);
    story.put("a", hits(i + 1), R"(,"Expected":{"hits":{"Value":{"N":"1"}}})");
  }
  EXPECT_THAT(story.found(), IsEmpty());
}

// -- ddb-weak-condition, ddb-unconditional-increment

TEST(WeakConditionTest, FindsConditionsThatDoNotBoundTheCount) {
  for (const char* condition :
       {"attribute_exists(pk)", "attribute_not_exists(blocked)", "expires > :now",
        "attribute_exists(hits) AND NOT attribute_exists(blocked)"}) {
    Story story;
    for (int i = 0; i < 3; ++i) {
      story.update("a", "SET hits = hits + :one", condition, {},
                   R"(":one":{"N":"1"},":now":{"N":")" + std::to_string(story.seconds()) + "\"}");
    }
    const auto findings = story.findings();
    EXPECT_EQ(only(findings, "ddb-weak-condition").confidence, Confidence::firm) << condition;
  }
}

TEST(WeakConditionTest, IsSilentOnBoundsOfAnyShape) {
  for (const std::string& condition :
       {kBounded, std::string("NOT hits >= :limit"), std::string("hits BETWEEN :one AND :limit"),
        std::string("size(hits) < :limit")}) {
    Story story;
    for (int i = 0; i < 5; ++i) story.update("a", "ADD hits :one", condition);
    EXPECT_THAT(story.found(), IsEmpty()) << condition;
  }
}

TEST(WeakConditionTest, IsSilentOnVersionsAndWhereAnotherCountIsBounded) {
  Story story;
  for (int i = 0; i < 5; ++i) {
    story.update("a", "ADD total :one, slot7 :one", "total < :limit");
    story.update("b", "SET x = :limit ADD version :one", "x = :limit");
  }
  EXPECT_THAT(story.found(), IsEmpty());
}

TEST(UnconditionalIncrementTest, FindsACountThatIsLookedAtAfterwards) {
  Story story;
  const std::string expires = std::to_string(story.seconds() + 60);
  for (int i = 0; i < 3; ++i) {
    story.update("a", "ADD hits :one SET expires = :e", {}, kShowsNew,
                 R"(":one":{"N":"1"},":e":{"N":")" + expires + "\"}");
  }
  EXPECT_THAT(story.found(), ElementsAre("ddb-unconditional-increment"));
}

TEST(UnconditionalIncrementTest, IsSilentOnSequenceNumbersAndPageViews) {
  Story story;
  for (int i = 0; i < 5; ++i) {
    story.update("orders", "ADD latest :one", {}, kShowsNew);
    story.update("page", "ADD views :one SET seen = :now", {}, kShowsNew,
                 R"(":one":{"N":"1"},":now":{"N":")" + std::to_string(story.seconds()) + "\"}");
  }
  EXPECT_THAT(story.found(), IsEmpty());
}

// -- ddb-eventual-read

TEST(EventualReadTest, FindsAReadAfterWhichTheHighestCountsStop) {
  Story story;
  for (int i = 1; i <= 4; ++i) {
    story.get("a", hits(i));
    story.update("a", "SET hits = :next", "hits = :read", {},
                 R"(":next":{"N":")" + std::to_string(i + 1) + R"("},":read":{"N":")" +
                     std::to_string(i) + "\"}");
  }
  for (int i = 0; i < 3; ++i) story.get("a", hits(5));
  const auto findings = story.findings();
  const Finding& found = only(findings, "ddb-eventual-read");
  EXPECT_EQ(found.confidence, Confidence::tentative);
  EXPECT_THAT(found.claim, HasSubstr("hits was at most 4; 3 times it was 5 or more"));
}

TEST(EventualReadTest, IsSilentOnConsistentReadsAndOnReadsThatDecideNothing) {
  for (const bool consistent : {true, false}) {
    Story story;
    for (int i = 1; i <= 4; ++i) {
      // For a page that shows the count: of any height, and nothing follows.
      story.by(2).get("a", hits(i), consistent);
      story.by(1).get("a", hits(i), consistent);
      story.by(1).update("a", "ADD hits :one", kBounded);
    }
    for (int i = 0; i < 3; ++i) story.get("a", hits(5), consistent);
    EXPECT_THAT(story.found(), IsEmpty()) << consistent;
  }
}

// -- ddb-fixed-window-key, ddb-no-ttl

TEST(FixedWindowKeyTest, FindsANumberThatChangesWithTheClock) {
  Story story;
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 3; ++i) {
      story.update("user#" + std::to_string(story.seconds() / 60), "ADD hits :one", kBounded);
    }
    story.wait(seconds(60));
  }
  const auto findings = story.findings();
  const Finding& found = only(findings, "ddb-fixed-window-key");
  EXPECT_EQ(found.confidence, Confidence::firm);
  EXPECT_THAT(found.claim, HasSubstr("the present window of 60 s"));
  EXPECT_THAT(story.found(), UnorderedElementsAre("ddb-fixed-window-key", "ddb-no-ttl"));
}

TEST(FixedWindowKeyTest, IsTentativeWithinOneWindowAndSilentOnOtherNumbers) {
  Story story;
  for (int i = 0; i < 3; ++i) story.update("user#202611251520", "ADD hits :one", kBounded);
  const auto findings = story.findings();
  EXPECT_EQ(only(findings, "ddb-fixed-window-key").confidence, Confidence::tentative);
  Story others;
  for (int i = 0; i < 5; ++i) {
    others.update("user#4111111111111111", "ADD hits :one", kBounded);
    others.update("user#17", "ADD hits :one", kBounded);
  }
  EXPECT_THAT(others.found(), IsEmpty());
}

TEST(NoTtlTest, IsSilentOnCountersThatSayWhenTheyEnd) {
  Story story;
  for (int i = 0; i < 3; ++i) {
    story.update("user#" + std::to_string(story.seconds() / 60), "ADD hits :one SET ttl = :end",
                 kBounded, {},
                 R"(":one":{"N":"1"},":limit":{"N":"5"},":end":{"N":")" +
                     std::to_string(story.seconds() + 120) + "\"}");
  }
  EXPECT_THAT(story.found(), ElementsAre("ddb-fixed-window-key"));
}

TEST(NoTtlTest, FindsACounterThatBeginsAnewInPlace) {
  Story story;
  for (int window = 0; window < 2; ++window) {
    story.get("a", window == 0 ? "" : hits(4), true);
    story.put("a", hits(1), R"(,"ConditionExpression":"hits <> :x")");
    for (int i = 1; i <= 3; ++i) story.update("a", "ADD hits :one", kBounded);
  }
  EXPECT_THAT(story.found(), ElementsAre("ddb-no-ttl"));
}

// -- ddb-refusal-writes

TEST(RefusalWritesTest, FindsTheSameWriteThatFailsAgainAndAgain) {
  Story story;
  for (int i = 0; i < 5; ++i) story.update("a", "ADD hits :one", kBounded);
  for (int i = 0; i < 3; ++i) {
    story.update("a", "ADD hits :one", kBounded);
    story.failed(400, "ConditionalCheckFailedException");
  }
  const auto findings = story.findings();
  EXPECT_THAT(only(findings, "ddb-refusal-writes").operations, ElementsAre(5, 6, 7));
}

TEST(RefusalWritesTest, IsSilentOnceEachConnectionAndOnOtherQuestions) {
  Story story;
  story.update("a", "ADD hits :one", kBounded);
  for (int i = 0; i < 6; ++i) {
    story.by(static_cast<std::uint64_t>(10 + i)).update("a", "ADD hits :one", kBounded);
    story.failed(400, "ConditionalCheckFailedException");
  }
  for (int i = 0; i < 6; ++i) {  // the room is another each time
    story.by(1).update("a", "ADD hits :one", "hits <= :room", {},
                       R"(":one":{"N":"1"},":room":{"N":")" + std::to_string(i) + "\"}");
    story.failed(400, "ConditionalCheckFailedException");
  }
  EXPECT_THAT(story.found(), IsEmpty());
}

// -- ddb-client-clock-coarse

TEST(ClientClockCoarseTest, FindsAnExpiryInWholeSecondsThatIsReadAndNear) {
  const auto story_with = [](const std::string& expiry_ahead) {
    Story story;
    const std::string expires = R"("expires":{"N":")" + expiry_ahead + "\"}";
    story.get("a", "", true);
    story.put("a", hits(1) + "," + expires, R"(,"ConditionExpression":"expires < :x")");
    for (int i = 1; i <= 4; ++i) {
      story.get("a", hits(i) + "," + expires, true);
      story.update("a", "ADD hits :one", kBounded);
    }
    return story.found();
  };
  const std::int64_t now = Story().seconds();
  EXPECT_THAT(story_with(std::to_string(now + 5)), Contains("ddb-client-clock-coarse"));
  for (const std::string& fine :
       {std::to_string((now + 5) * 1000), std::to_string(now + 60), std::to_string(now - 5)}) {
    EXPECT_THAT(story_with(fine), Not(Contains("ddb-client-clock-coarse"))) << fine;
  }
}

// -- ddb-retry-double-count

TEST(RetryDoubleCountTest, FindsARepeatAfterAnAnswerThatWasLost) {
  for (const int status : {0, 500}) {
    Story story;
    story.update("a", "ADD hits :one", kBounded).invocation = "call-1";
    story.failed(status, status == 0 ? "" : "InternalServerError");
    Operation& again = story.update("a", "ADD hits :one", kBounded);
    again.invocation = "call-1";
    again.attempt = 2;
    const auto findings = story.findings();
    EXPECT_THAT(only(findings, "ddb-retry-double-count").operations, ElementsAre(0, 1)) << status;
  }
}

TEST(RetryDoubleCountTest, IsSilentAfterWhatWasCertainlyNotDone) {
  Story story;
  story.update("a", "ADD hits :one", kBounded).invocation = "call-1";
  story.failed(400, "ProvisionedThroughputExceededException");
  Operation& again = story.update("a", "ADD hits :one", kBounded);
  again.invocation = "call-1";
  again.attempt = 2;
  story.update("a", "ADD hits :one", kBounded).invocation = "call-2";
  EXPECT_THAT(story.found(), IsEmpty());
}

// -- all of them

TEST(RulesTest, SayOfEachWhatWhyAndHow) {
  for (const Rule& rule : rules()) {
    EXPECT_THAT(rule.info.id, testing::StartsWith("ddb-"));
    for (const char* text : {rule.info.title, rule.info.why, rule.info.remediation,
                             rule.info.remediation_django_dynamodb, rule.info.proof}) {
      EXPECT_STRNE(text, "") << rule.info.id;
    }
    EXPECT_FALSE(rule.info.cwe.empty()) << rule.info.id;
  }
}

TEST(RulesTest, FindTheSameInARedactedRecording) {
  Story story;
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 3; ++i) {
      story.update("user#" + std::to_string(story.seconds() / 60), "ADD hits :one",
                   "attribute_exists(pk)");
      story.get("log of user", log_of(1 + i));
      story.put("log of user", log_of(2 + i));
    }
    story.wait(seconds(60));
  }
  std::vector<Operation> redacted = story.operations();
  for (Operation& operation : redacted) Redactor("salt").redact(operation);
  std::set<std::string> ids;
  for (const Finding& one : find_flaws(redacted)) ids.insert(one.rule->id);
  EXPECT_EQ(ids, story.found());
  EXPECT_GE(ids.size(), 3u);
}

}  // namespace
}  // namespace weir::tap
