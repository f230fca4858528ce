#include "store/dynamodb/client.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "store/dynamodb/profile_files.h"

namespace weir::store {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr std::string_view kTargetPrefix = "DynamoDB_20120810.";
// An item has at most 400 KB; Weir's have 1.
constexpr std::size_t kMaxAnswerBytes = 1024 * 1024;
// Of a message of the server's that is repeated in an error.
constexpr std::size_t kMaxQuotedBytes = 300;

// Not done, and asked to slow down.
constexpr std::array<std::string_view, 5> kThrottled = {
    "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
    "Throttling", "ReplicatedWriteConflictException"};
constexpr std::array<std::string_view, 2> kExpired = {"ExpiredTokenException", "ExpiredToken"};

bool is_one_of(std::string_view type, std::span<const std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

struct AwsError {
  std::string type;  // without its namespace
  std::string message;
};

// The server's own words, fit for one line of a log.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxQuotedBytes));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

AwsError parse_error(const std::string& body) {
  AwsError result;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body).get(document) != simdjson::SUCCESS || !document.is_object()) return result;
  std::string_view text;
  if (document["__type"].get(text) == simdjson::SUCCESS) {
    result.type = one_line(text.substr(text.rfind('#') + 1));  // npos + 1 is 0
  }
  // DynamoDB Local writes "Message".
  if (document["message"].get(text) == simdjson::SUCCESS ||
      document["Message"].get(text) == simdjson::SUCCESS) {
    result.message = one_line(text);
  }
  return result;
}

}  // namespace

Result<std::unique_ptr<net::HttpCaller>> make_http_client(const DynamoDbOptions& options,
                                                          const Environment& environment) {
  net::TlsOptions tls;
  tls.ca_file = options.ca_file.empty()
                    ? read_variable(environment, "AWS_CA_BUNDLE").value_or(std::string())
                    : options.ca_file;
  if (!tls.ca_file.empty()) {
    // A wrong file is told at once, not at the first https call.
    const Result<net::TlsContext> readable = net::TlsContext::client(tls);
    if (!readable) return tl::unexpected(readable.error());
  }
  net::HttpClientOptions limits;
  limits.max_connections = options.max_connections;
  limits.max_response_bytes = kMaxAnswerBytes;
  return std::make_unique<net::HttpClient>(std::move(tls), limits);
}

DynamoDbClient::DynamoDbClient(const DynamoDbOptions& options, DynamoDbTarget target,
                               const Environment& environment,
                               std::unique_ptr<net::HttpCaller> http, Clock& clock)
    : table_(options.table),
      target_(std::move(target)),
      http_(std::move(http)),
      clock_(clock),
      signer_(target_.region, "dynamodb"),
      credentials_(environment, *http_, clock),
      clock_check_(options.hard_clock_skew) {}

CallResult DynamoDbClient::call(std::string_view operation, std::string_view body,
                                const net::Deadline& deadline) {
  constexpr int kMaxAttempts = 2;
  for (int attempt = 1;; ++attempt) {
    const auto credentials = credentials_.get(deadline.left());
    if (!credentials) return {Fate::not_done, "", credentials.error(), ""};
    CallResult result = send(operation, body, **credentials, deadline);
    if (!is_one_of(result.aws_error, kExpired) || attempt == kMaxAttempts) return result;
    credentials_.renew(*credentials);
  }
}

CallResult DynamoDbClient::send(std::string_view operation, std::string_view body,
                                const Credentials& credentials, const net::Deadline& deadline) {
  const Time sent = clock_.now();
  const std::string date = format_amz_date(sent);
  const std::string host = target_.url.authority();
  const std::string target = std::string(kTargetPrefix) + std::string(operation);
  const std::array<net::Header, 5> all = {{{"content-type", kContentType},
                                           {"host", host},
                                           {"x-amz-date", date},
                                           {"x-amz-security-token", credentials.session_token},
                                           {"x-amz-target", target}}};
  std::array<net::Header, 6> headers;
  std::size_t count = 0;
  for (const net::Header& header : all) {
    if (!header.value.empty()) headers[count++] = header;
  }
  const std::string authorization =
      signer_.sign(credentials, date, {.headers = {headers.data(), count}, .body = body});
  headers[1] = {"authorization", authorization};  // in the place of host, which the client writes

  counters_.requests.fetch_add(1, std::memory_order_relaxed);
  net::HttpOutcome outcome = http_->call(
      target_.url.endpoint(),
      {.method = "POST", .target = "/", .headers = {headers.data(), count}, .body = body},
      deadline.left());
  if (!outcome) {
    const bool sent_nothing = outcome.error().delivery == net::Delivery::not_sent;
    (sent_nothing ? counters_.not_sent : counters_.unknown).fetch_add(1, std::memory_order_relaxed);
    return {sent_nothing ? Fate::not_done : Fate::unknown, "",
            std::move(outcome.error().error).at(fmt::format("DynamoDB {}", operation)), ""};
  }
  if (const std::string* stamp = outcome->find("date")) {
    clock_check_.observe(*stamp, sent, clock_.now());
  }
  CallResult result = classify(operation, std::move(*outcome));
  if (result.fate == Fate::condition_failed) {
    counters_.failed_conditions.fetch_add(1, std::memory_order_relaxed);
  } else if (result.fate == Fate::unknown) {
    counters_.unknown.fetch_add(1, std::memory_order_relaxed);
  } else if (result.error.code == ErrorCode::throttled) {
    counters_.throttled.fetch_add(1, std::memory_order_relaxed);
  }
  return result;
}

CallResult DynamoDbClient::classify(std::string_view operation, net::HttpResponse response) const {
  CallResult result;
  if (response.status == 200) {
    result.fate = Fate::done;
    result.body = std::move(response.body);
    return result;
  }
  const AwsError error = parse_error(response.body);
  result.aws_error = error.type;
  if (error.type == "ConditionalCheckFailedException" && response.status == 400) {
    result.fate = Fate::condition_failed;
    result.body = std::move(response.body);
    return result;
  }
  if (is_one_of(error.type, kThrottled) && response.status < 500) {
    result.fate = Fate::not_done;
    result.error = {ErrorCode::throttled,
                    fmt::format("DynamoDB {}: table '{}' is throttled ({}: {})", operation, table_,
                                error.type, error.message),
                    "give the table more write capacity, or spread the load over more keys", true};
    return result;
  }
  // AWS of 500 on a write: "the operation may have succeeded or failed". What is not an answer of
  // DynamoDB's at all (a proxy's page, an empty body) says as little.
  const bool rejected = response.status >= 400 && response.status < 500 && !error.type.empty();
  result.fate = rejected ? Fate::not_done : Fate::unknown;
  result.error = explain(operation, error.type, error.message, response.status);
  return result;
}

Error DynamoDbClient::explain(std::string_view operation, std::string_view type,
                              std::string_view message, int status) const {
  const std::string at =
      fmt::format("DynamoDB {} at {}", operation, target_.url.Endpoint::to_string());
  const std::string detail =
      message.empty() ? std::string(type) : fmt::format("{}: {}", type, message);
  if (type == "ResourceNotFoundException") {
    return {ErrorCode::not_found,
            fmt::format("{}: table '{}' does not exist in region {}", at, table_, target_.region),
            fmt::format("create it: weir table create --table {}", table_)};
  }
  if (type == "AccessDeniedException") {
    return {ErrorCode::unauthorized,
            fmt::format("{}: these credentials may not do dynamodb:{} on table '{}'", at, operation,
                        table_),
            "attach the policy that weir table describe prints"};
  }
  if (type == "ValidationException") {
    return {ErrorCode::invalid_input,
            fmt::format("{}: table '{}' is not as Weir needs it ({})", at, table_, detail),
            fmt::format("look at it with: weir table describe --table {}", table_)};
  }
  if (type == "InvalidSignatureException" || type == "SignatureDoesNotMatch") {
    return {ErrorCode::unauthorized,
            fmt::format("{}: the signature for region {} was not accepted ({})", at, target_.region,
                        detail),
            "check the secret key, the region and this machine's clock"};
  }
  if (type == "UnrecognizedClientException" || type == "InvalidClientTokenId" ||
      type == "MissingAuthenticationTokenException" || type == "IncompleteSignatureException" ||
      is_one_of(type, kExpired)) {
    return {ErrorCode::unauthorized,
            fmt::format("{}: the credentials were not accepted ({})", at, detail),
            "check that they are current and belong to this partition and endpoint"};
  }
  if (type.empty()) {
    return {ErrorCode::unavailable,
            fmt::format("{}: HTTP status {} that is not an answer of DynamoDB's", at, status),
            "check the endpoint URL", true};
  }
  return {ErrorCode::unavailable, fmt::format("{}: HTTP status {} ({})", at, status, detail), "",
          true};
}

}  // namespace weir::store
