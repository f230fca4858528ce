#include "store/dynamodb/table.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

namespace weir::store {
namespace {

using simdjson::SUCCESS;

constexpr Duration kPollEvery = std::chrono::milliseconds(200);

std::string table_body(std::string_view table) {
  return fmt::format(R"({{"TableName":"{}"}})", table);
}

std::string text_or(simdjson::simdjson_result<simdjson::dom::element> value,
                    std::string_view otherwise) {
  std::string_view text;
  return std::string(value.get(text) == SUCCESS ? text : otherwise);
}

tl::unexpected<Error> not_an_answer(std::string_view operation) {
  return fail(ErrorCode::unavailable,
              fmt::format("the answer to {} is not one of DynamoDB's", operation),
              "check the endpoint URL");
}

Result<TableInfo> parse_table(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::object table;
  if (parser.parse(body).get(document) != SUCCESS || !document.is_object() ||
      document["Table"].get(table) != SUCCESS) {
    return not_an_answer("DescribeTable");
  }
  TableInfo info;
  info.name = text_or(table["TableName"], "");
  info.status = text_or(table["TableStatus"], "ACTIVE");
  info.arn = text_or(table["TableArn"], "");
  info.billing = text_or(table["BillingModeSummary"]["BillingMode"], "PROVISIONED");

  std::map<std::string, std::string> types;
  simdjson::dom::array list;
  if (table["AttributeDefinitions"].get(list) == SUCCESS) {
    for (const simdjson::dom::element one : list) {
      types[text_or(one["AttributeName"], "")] = text_or(one["AttributeType"], "");
    }
  }
  if (table["KeySchema"].get(list) == SUCCESS) {
    for (const simdjson::dom::element one : list) {
      const std::string name = text_or(one["AttributeName"], "");
      info.key.emplace_back(name, types[name]);
    }
  }
  if (table["Replicas"].get(list) == SUCCESS && list.size() > 0 &&
      text_or(table["MultiRegionConsistency"], "EVENTUAL") != "STRONG") {
    info.loses_counts = true;
    info.notes.push_back(
        "the table has replicas that resolve conflicts by the last writer, which loses counts: "
        "let every node use one and the same region, and name it in store.authority");
  }
  bool stream = false;
  if (table["StreamSpecification"]["StreamEnabled"].get(stream) == SUCCESS && stream) {
    info.notes.push_back("the table has a stream, which Weir does not need");
  }
  return info;
}

Result<TableInfo> ask(DynamoDbClient& client, const net::Deadline& deadline) {
  CallResult result = client.call("DescribeTable", table_body(client.table()), deadline);
  if (result.fate != Fate::done) return tl::unexpected(std::move(result.error));
  return parse_table(result.body);
}

Status check_schema(const TableInfo& info) {
  if (info.key.size() == 1 && info.key[0] == std::pair<std::string, std::string>("k", "B")) {
    return {};
  }
  std::string key;
  for (const auto& [name, type] : info.key) {
    key += fmt::format("{}{} ({})", key.empty() ? "" : ", ", name, type);
  }
  return fail(ErrorCode::invalid_input,
              fmt::format("table '{}' has the key {}; Weir's is k (B) alone", info.name, key),
              "choose another name with --table; Weir needs a table of its own");
}

// TTL is a convenience (it deletes what is over), so a table without it works.
void add_ttl(DynamoDbClient& client, const net::Deadline& deadline, TableInfo& info) {
  const CallResult result = client.call("DescribeTimeToLive", table_body(client.table()), deadline);
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (result.fate != Fate::done || parser.parse(result.body).get(document) != SUCCESS) {
    info.notes.push_back("whether TTL is on could not be asked: " + result.error.message);
    return;
  }
  info.ttl_status = text_or(document["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED");
  info.ttl_attribute = text_or(document["TimeToLiveDescription"]["AttributeName"], "");
}

void turn_ttl_on(DynamoDbClient& client, const net::Deadline& deadline, TableInfo& info) {
  if (info.ttl_status.starts_with("ENABL")) {
    if (info.ttl_attribute != "exp") {
      info.notes.push_back(
          fmt::format("TTL is on for the attribute '{}' instead of 'exp', so expired items stay",
                      info.ttl_attribute));
    }
    return;
  }
  const CallResult result = client.call(
      "UpdateTimeToLive",
      fmt::format(
          R"({{"TableName":"{}","TimeToLiveSpecification":{{"AttributeName":"exp","Enabled":true}}}})",
          client.table()),
      deadline);
  if (result.fate == Fate::done) {
    info.ttl_status = "ENABLING";
    info.ttl_attribute = "exp";
  } else {
    info.notes.push_back("TTL could not be turned on, so expired items stay: " +
                         result.error.message);
  }
}

std::string arn_or_pattern(std::string_view arn, std::string_view region, std::string_view table) {
  if (arn.starts_with("arn:")) return std::string(arn);
  return fmt::format("arn:aws:dynamodb:{}:*:table/{}", region, table);
}

}  // namespace

Result<bool> loses_counts(DynamoDbClient& client, const net::Deadline& deadline) {
  const Result<TableInfo> info = ask(client, deadline);
  if (!info) return tl::unexpected(info.error());
  return info->loses_counts;
}

Result<TableInfo> describe_table(DynamoDbClient& client, const net::Deadline& deadline) {
  Result<TableInfo> info = ask(client, deadline);
  if (!info) return info;
  if (Status right = check_schema(*info); !right) return tl::unexpected(right.error());
  add_ttl(client, deadline, *info);
  return info;
}

Result<TableInfo> create_table(DynamoDbClient& client, const net::Deadline& deadline) {
  const CallResult created = client.call(
      "CreateTable",
      fmt::format(R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST",)"
                  R"("AttributeDefinitions":[{{"AttributeName":"k","AttributeType":"B"}}],)"
                  R"("KeySchema":[{{"AttributeName":"k","KeyType":"HASH"}}]}})",
                  client.table()),
      deadline);
  // Making a table is not idempotent, but whether it is there can be looked at: also after an
  // answer that got lost.
  const bool exists_already = created.aws_error == "ResourceInUseException";
  if (created.fate == Fate::not_done && !exists_already) return tl::unexpected(created.error);
  for (;;) {
    Result<TableInfo> info = describe_table(client, deadline);
    const bool not_yet = !info && info.error().code == ErrorCode::not_found;
    if (!info && !not_yet) return info;
    if (info && info->status == "ACTIVE") {
      turn_ttl_on(client, deadline, *info);
      return info;
    }
    if (deadline.left() <= kPollEvery) {
      return fail(ErrorCode::timeout,
                  fmt::format("table '{}' did not become active in time ({})", client.table(),
                              info ? info->status : "not there yet"),
                  "run weir table describe a little later");
    }
    base::sleep_for(kPollEvery);
  }
}

std::string limiter_policy(std::string_view arn, std::string_view region, std::string_view table) {
  return fmt::format(
      R"({{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Sid": "WeirLimiter",
      "Effect": "Allow",
      "Action": ["dynamodb:UpdateItem", "dynamodb:DescribeTable"],
      "Resource": "{}"
    }}
  ]
}})",
      arn_or_pattern(arn, region, table));
}

std::string admin_policy(std::string_view arn, std::string_view region, std::string_view table) {
  return fmt::format(
      R"({{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Sid": "WeirTableAdmin",
      "Effect": "Allow",
      "Action": [
        "dynamodb:CreateTable",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:UpdateTimeToLive"
      ],
      "Resource": "{}"
    }}
  ]
}})",
      arn_or_pattern(arn, region, table));
}

}  // namespace weir::store
