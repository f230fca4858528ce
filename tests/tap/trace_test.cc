#include "tap/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::tap {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const TraceHead kHead{
    .upstream = "http://127.0.0.1:8000", .started = Time(seconds(1'795'620'000)), .values = true};

Operation an_operation() {
  Operation operation =
      read_operation("UpdateItem",
                     R"json({"TableName":"t","Key":{"k":{"S":"1"}},"ReturnValues":"ALL_NEW",
          "UpdateExpression":"SET a.b[2] = if_not_exists(a.b[2], :z) - :o, c = :z REMOVE d DELETE s :s",
          "ConditionExpression":
            "NOT (x BETWEEN :a AND :b OR y IN (:a, :b)) AND size(z) >= :a AND begins_with(w, :s)",
          "ExpressionAttributeValues":{":z":{"N":"0"},":s":{"SS":["a"]},":f":{"BOOL":false}}})json",
                     400,
                     R"({"__type":"x#ThrottlingException","ConsumedCapacity":{"CapacityUnits":0.5},
          "Attributes":{"a":{"M":{}},"n":{"NULL":true}}})");
  operation.at = kHead.started + seconds(3);
  operation.took = microseconds(1234);
  operation.connection = 7;
  operation.invocation = "id";
  operation.attempt = 2;
  operation.fault = "throttle";
  return operation;
}

TEST(TraceTest, ReadsBackWhatItWrote) {
  const Operation one = an_operation();
  Operation two = read_operation("Query",
                                 R"({"TableName":"t","IndexName":"i","ConsistentRead":true,
                                     "KeyConditionExpression":"k = :k","QueryFilter":{}})",
                                 0, "");
  two.at = kHead.started + seconds(4);
  const std::string text =
      head_line(kHead) + operation_line(one, kHead) + operation_line(two, kHead);
  const auto trace = read_trace(text);
  ASSERT_TRUE(trace) << trace.error().to_string();
  EXPECT_EQ(trace->head.upstream, kHead.upstream);
  EXPECT_EQ(trace->head.started, kHead.started);
  EXPECT_EQ(trace->head.values, true);
  ASSERT_EQ(trace->operations.size(), 2u);
  const Operation& read = trace->operations[0];
  EXPECT_EQ(read.at, one.at);
  EXPECT_EQ(read.took, one.took);
  EXPECT_EQ(read.connection, 7u);
  EXPECT_EQ(read.status, 400);
  EXPECT_EQ(read.error, "ThrottlingException");
  EXPECT_EQ(read.capacity, 0.5);
  EXPECT_EQ(read.invocation, "id");
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(read.fault, "throttle");
  ASSERT_EQ(read.accesses.size(), 1u);
  EXPECT_EQ(read.accesses[0].update, one.accesses[0].update);
  EXPECT_EQ(read.accesses[0].condition, one.accesses[0].condition);
  EXPECT_EQ(read.accesses[0].seen, one.accesses[0].seen);
  EXPECT_TRUE(trace->operations[1].accesses.at(0).consistent);
  EXPECT_TRUE(trace->operations[1].accesses[0].unread);
  // What is written of what was read is the same again.
  EXPECT_EQ(head_line(trace->head) + operation_line(read, trace->head) +
                operation_line(trace->operations[1], trace->head),
            text);
}

TEST(TraceTest, AnOperationIsOneLine) {
  Operation operation = an_operation();
  operation.accesses[0].key["k"].text = "two\nlines";
  const std::string line = operation_line(operation, kHead);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(TraceTest, BearsHeadersThatHoldAnyBytes) {
  Operation operation = an_operation();
  operation.name = "\xAB\n" + std::string(100'000, 'n');
  operation.invocation = "\xFF";
  const auto trace = read_trace(head_line(kHead) + operation_line(operation, kHead));
  ASSERT_TRUE(trace) << trace.error().to_string();
  EXPECT_EQ(trace->operations.at(0).name.substr(0, 3), "??n");
  EXPECT_EQ(trace->operations[0].invocation, "?");
}

TEST(TraceTest, BearsALastLineThatIsUnfinished) {
  const std::string text = head_line(kHead) + operation_line(an_operation(), kHead);
  for (std::size_t cut = head_line(kHead).size(); cut < text.size() - 1; cut += 7) {
    const auto trace = read_trace(std::string_view(text).substr(0, cut));
    ASSERT_TRUE(trace) << cut;
    EXPECT_EQ(trace->operations.size(), 0u);
  }
}

TEST(TraceTest, NamesTheLineThatIsNone) {
  const auto trace = read_trace(head_line(kHead) + operation_line(an_operation(), kHead) + "{]\n");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message, "line 3: the line is no JSON object");
  const auto access = read_trace(head_line(kHead) + "{\"accesses\":[{\"kind\":\"eat\"}]}\n");
  ASSERT_FALSE(access);
  EXPECT_THAT(access.error().message, HasSubstr("line 2: an access has no kind"));
}

TEST(TraceTest, RefusesOtherFilesAndOtherVersions) {
  for (const char* text : {"", "\n", "hello", "{}", "{\"format\":\"weir-tap/2\"}\n"}) {
    EXPECT_FALSE(read_trace(text)) << text;
  }
}

TEST(TraceTest, WritesAnOperationThatIsTooLongWithoutItsAccesses) {
  Operation operation = an_operation();
  operation.accesses[0].item["long"].text = std::string(kMaxLineBytes, 'x');
  const std::string line = operation_line(operation, kHead);
  EXPECT_THAT(line, HasSubstr("\"cut\":true"));
  const auto trace = read_trace(head_line(kHead) + line);
  ASSERT_TRUE(trace) << trace.error().to_string();
  EXPECT_EQ(trace->operations.at(0).name, "UpdateItem");
  EXPECT_TRUE(trace->operations[0].accesses.empty());
}

TEST(TraceTest, RefusesALineBeyondTheBound) {
  const auto trace =
      read_trace(head_line(kHead) + "{\"op\":\"" + std::string(kMaxLineBytes, 'x') + "\"}\n");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace weir::tap
