#include "tap/recorder.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace weir::tap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TraceHead kHead{
    .upstream = "http://127.0.0.1:8000", .started = Time(seconds(1'795'620'000)), .values = false};

Exchange an_exchange(const std::string& key) {
  Exchange seen{.connection = 3,
                .operation = "GetItem",
                .at = kHead.started + seconds(1),
                .took = milliseconds(2),
                .request = {},
                .answer = {},
                .fault = "delay"};
  seen.request.fields = {{"amz-sdk-invocation-id", "i-1"}, {"Amz-Sdk-Request", "attempt=2; max=3"}};
  seen.request.body = R"({"TableName":"t","Key":{"k":{"S":")" + key + "\"}}}";
  seen.answer.status = 200;
  seen.answer.body = R"({"Item":{"n":{"N":"4"}}})";
  return seen;
}

TEST(RecorderTest, WritesRedactedLinesThatReadBack) {
  std::ostringstream file;
  {
    Recorder recorder({.file = &file, .head = kHead, .salt = "secret salt"});
    recorder.record(an_exchange("secret-1"));
    recorder.record(an_exchange("secret-2"));
    recorder.flush();
    EXPECT_EQ(recorder.recorded(), 2u);
    EXPECT_TRUE(recorder.operations().empty());
  }
  EXPECT_EQ(file.str().find("secret"), std::string::npos);
  const auto trace = read_trace(file.str());
  ASSERT_TRUE(trace) << trace.error().to_string();
  ASSERT_EQ(trace->operations.size(), 2u);
  const Operation& operation = trace->operations[0];
  EXPECT_EQ(operation.at, kHead.started + seconds(1));
  EXPECT_EQ(operation.took, milliseconds(2));
  EXPECT_EQ(operation.connection, 3u);
  EXPECT_EQ(operation.invocation, "i-1");
  EXPECT_EQ(operation.attempt, 2);
  EXPECT_EQ(operation.fault, "delay");
  EXPECT_EQ(operation.accesses.at(0).seen.at("n").number(), 4);
  EXPECT_NE(operation.accesses[0].key, trace->operations[1].accesses.at(0).key);
}

TEST(RecorderTest, WritesValuesWhereItIsAskedTo) {
  std::ostringstream file;
  TraceHead head = kHead;
  head.values = true;
  { Recorder({.file = &file, .head = head}).record(an_exchange("plain")); }
  EXPECT_EQ(read_trace(file.str())->operations.at(0).accesses.at(0).key.at("k").text, "plain");
}

TEST(RecorderTest, KeepsWhatItIsAskedToKeepUnredacted) {
  Recorder recorder({.head = kHead, .keep = true});
  for (int i = 0; i < 100; ++i) recorder.record(an_exchange(std::to_string(i)));
  recorder.flush();
  const auto operations = recorder.operations();
  ASSERT_EQ(operations.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(operations[static_cast<std::size_t>(i)].accesses.at(0).key.at("k").text,
              std::to_string(i));
  }
}

}  // namespace
}  // namespace weir::tap
