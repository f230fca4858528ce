#include "tap/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::tap {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Kind = Treatment::Kind;

Fault fault(std::string_view text) {
  const auto parsed = Fault::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().to_string();
  return *parsed;
}

// What happens to an UpdateItem of this table and key under these faults.
Treatment treat(const std::vector<Fault>& faults, const std::string& table,
                const std::string& key) {
  Message request;
  request.body = R"({"TableName":")" + table + R"(","Key":{"pk":{"S":")" + key + "\"}}}";
  return FaultInjector(faults, 1)({.operation = "UpdateItem", .request = &request});
}

TEST(FaultTest, ReadsEveryKindAndField) {
  const Fault all = fault("lose:op=UpdateItem,table=limits,key=user-1,percent=20");
  EXPECT_EQ(all.kind, Fault::Kind::lose);
  EXPECT_EQ(all.operation, "UpdateItem");
  EXPECT_EQ(all.table, "limits");
  EXPECT_EQ(all.key, "user-1");
  EXPECT_EQ(all.percent, 20);
  EXPECT_EQ(fault("delay:ms=300").delay, milliseconds(300));
  EXPECT_EQ(fault("timeout").percent, 100);
  for (const char* word : {"throttle", "500", "timeout", "cut", "lose", "500-after"}) {
    EXPECT_STREQ(to_string(fault(word).kind), word);
  }
}

TEST(FaultTest, SaysWhatIsWrongAndHowToWriteIt) {
  for (const auto& [text, why] : std::vector<std::pair<const char*, const char*>>{
           {"", "is of no known kind"},
           {"explode", "is of no known kind"},
           {"cut:", "names something without a value"},
           {"cut:op", "names something without a value"},
           {"cut:op=", "names something without a value"},
           {"cut:op=GetItem,,key=a", "names something without a value"},
           {"cut:color=red", "names something that it does not have"},
           {"cut:percent=0", "has a percentage that is not 1 to 100"},
           {"cut:percent=101", "has a percentage that is not 1 to 100"},
           {"cut:percent=5x", "has a percentage that is not 1 to 100"},
           {"delay:ms=0", "has a delay that is not 1 to 60000 ms"},
           {"delay:ms=60001", "has a delay that is not 1 to 60000 ms"},
           {"delay", "says no length"}}) {
    const auto parsed = Fault::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(why)) << text;
    EXPECT_THAT(parsed.error().cure, HasSubstr("KIND"));
  }
  EXPECT_TRUE(Fault::parse("delay:ms=60000"));
}

TEST(FaultInjectorTest, ConcernsTheOperationTableAndKeyThatItNames) {
  EXPECT_EQ(treat({fault("cut")}, "t", "k").kind, Kind::cut);
  EXPECT_EQ(treat({fault("cut:op=UpdateItem")}, "t", "k").kind, Kind::cut);
  EXPECT_EQ(treat({fault("cut:op=GetItem")}, "t", "k").kind, Kind::pass);
  EXPECT_EQ(treat({fault("cut:table=t")}, "t", "k").kind, Kind::cut);
  EXPECT_EQ(treat({fault("cut:table=t")}, "tt", "k").kind, Kind::pass);
  EXPECT_EQ(treat({fault("cut:key=user-1")}, "t", "limits#user-1#5").kind, Kind::cut);
  EXPECT_EQ(treat({fault("cut:key=user-1")}, "t", "user-2").kind, Kind::pass);
  EXPECT_EQ(treat({fault("cut:table=t,key=user-1")}, "other", "user-1").kind, Kind::pass);
}

TEST(FaultInjectorTest, FindsTheKeyOfWhatIsPut) {
  Message request;
  request.body = R"({"TableName":"t","Item":{"pk":{"S":"user-1"}}})";
  const FaultInjector injector({fault("500:key=user-1")}, 1);
  EXPECT_EQ(injector({.operation = "PutItem", .request = &request}).name, "500");
}

TEST(FaultInjectorTest, TakesTheFirstThatConcernsTheCall) {
  const auto treatment =
      treat({fault("cut:table=other"), fault("throttle"), fault("500")}, "t", "k");
  EXPECT_EQ(treatment.name, "throttle");
  EXPECT_EQ(treatment.kind, Kind::answer);
  EXPECT_THAT(treatment.answer, HasSubstr("ProvisionedThroughputExceededException"));
}

TEST(FaultInjectorTest, ChoosesAboutAsOftenAsItSaysAndTheSameForOneSeed) {
  const auto chosen = [](std::uint64_t seed) {
    const FaultInjector injector({fault("cut:percent=20")}, seed);
    const Message request;
    std::string out;
    for (int i = 0; i < 1000; ++i) {
      out += injector({.operation = "GetItem", .request = &request}).kind == Kind::cut ? 'x' : '.';
    }
    return out;
  };
  const std::string first = chosen(1);
  const auto cuts = std::count(first.begin(), first.end(), 'x');
  EXPECT_GT(cuts, 140);
  EXPECT_LT(cuts, 260);
  EXPECT_EQ(chosen(1), first);
  EXPECT_NE(chosen(2), first);
}

}  // namespace
}  // namespace weir::tap
