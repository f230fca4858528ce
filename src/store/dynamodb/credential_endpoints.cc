// Credentials over HTTP: the container's endpoint and the instance's.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
#include <fmt/format.h>
#include <simdjson.h>

#include <ctime>
#include <fstream>

#include "base/address.h"
#include "net/deadline.h"
#include "net/url.h"
#include "store/dynamodb/credentials.h"
#include "store/dynamodb/profile_files.h"

namespace weir::store {
namespace {

constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceHost = "http://169.254.169.254";
constexpr std::size_t kMaxTokenBytes = 16 * 1024;
// Outside EC2 nothing answers at the instance's address, not even with a refusal.
constexpr Duration kInstanceBudget = std::chrono::seconds(1);

// "2026-11-23T21:36:20Z"
std::optional<Time> parse_utc(std::string_view text) {
  std::tm utc{};
  const std::string terminated(text);
  const char* end = strptime(terminated.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (end == nullptr || (*end != 'Z' && *end != '.')) return std::nullopt;
  if (utc.tm_year < 70 || utc.tm_year > 361) return std::nullopt;  // what Time can say
  return Time(std::chrono::seconds(timegm(&utc)));
}

// Both endpoints answer alike: AccessKeyId, SecretAccessKey, Token, Expiration.
Result<std::optional<Credentials>> parse_credentials(const std::string& body, std::string source) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  Credentials credentials;
  credentials.source = std::move(source);
  const auto text = [&](const char* name) -> std::string {
    std::string_view value;
    return document[name].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  };
  if (parser.parse(body).get(document) == simdjson::SUCCESS && document.is_object()) {
    credentials.access_key_id = text("AccessKeyId");
    credentials.secret_access_key = text("SecretAccessKey");
    credentials.session_token = text("Token");
    credentials.expires = parse_utc(text("Expiration"));
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return fail(
        ErrorCode::unauthorized,
        fmt::format("{} answered without AccessKeyId and SecretAccessKey", credentials.source));
  }
  return credentials;
}

Result<net::HttpResponse> fetch(net::HttpCaller& http, const net::Url& url,
                                const net::HttpRequest& request, Duration budget,
                                std::string_view source) {
  net::HttpOutcome outcome = http.call(url.endpoint(), request, budget);
  if (!outcome) return tl::unexpected(std::move(outcome.error().error).at(source));
  if (outcome->status == 200) return std::move(*outcome);
  return fail(ErrorCode::unauthorized,
              fmt::format("{} answered with HTTP status {}", source, outcome->status),
              "check the role of the task, pod or instance");
}

Result<std::string> read_token_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string token(kMaxTokenBytes + 1, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty() || token.size() > kMaxTokenBytes) {
    return fail(ErrorCode::unauthorized,
                fmt::format("{}: (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) cannot be read as a "
                            "token of at most {} bytes",
                            path, kMaxTokenBytes));
  }
  return token;
}

// Tokens go out in clear over http only to this machine or to AWS's own link-local addresses.
bool may_use_http(const net::Url& url) {
  const Result<Address> address = Address::parse(url.host);
  return url.host == "localhost" || url.host == "169.254.170.2" || url.host == "169.254.170.23" ||
         url.host == "fd00:ec2::23" || (address && address->is_loopback());
}

}  // namespace

CredentialSource container_credentials(Environment environment, net::HttpCaller& http) {
  return [environment = std::move(environment),
          &http](Duration budget) -> Result<std::optional<Credentials>> {
    const auto relative = read_variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = read_variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) return std::nullopt;
    const std::string_view variable =
        relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    Result<net::Url> url =
        net::Url::parse(relative ? std::string(kContainerHost) + *relative : *full);
    if (!url) return tl::unexpected(std::move(url.error()).at(variable));
    if (!url->is_tls() && !may_use_http(*url)) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("{}: plain http is allowed only to this machine and to AWS's own "
                              "credential addresses",
                              variable),
                  "use https");
    }
    std::string token =
        read_variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (const auto path = read_variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      Result<std::string> read = read_token_file(*path);
      if (!read) return tl::unexpected(read.error());
      token = std::move(*read);
    }
    const net::Header authorization{"Authorization", token};
    const std::string source =
        fmt::format("the container's credential endpoint {}", url->Endpoint::to_string());
    const net::HttpRequest request{.target = url->target,
                                   .headers = std::span(&authorization, token.empty() ? 0u : 1u)};
    Result<net::HttpResponse> answer = fetch(http, *url, request, budget, source);
    if (!answer) return tl::unexpected(answer.error());
    return parse_credentials(answer->body, source);
  };
}

CredentialSource instance_credentials(Environment environment, net::HttpCaller& http) {
  return [environment = std::move(environment),
          &http](Duration budget) -> Result<std::optional<Credentials>> {
    if (const auto off = environment("AWS_EC2_METADATA_DISABLED"); off && *off == "true") {
      return std::nullopt;
    }
    Result<net::Url> url =
        net::Url::parse(read_variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
                            .value_or(std::string(kInstanceHost)));
    if (!url) {
      return tl::unexpected(std::move(url.error()).at("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
    }
    const net::Deadline deadline = net::Deadline::in(std::min(budget, kInstanceBudget));
    const std::string source =
        fmt::format("the instance's metadata service {}", url->Endpoint::to_string());

    // IMDSv2 only: a session token first. Nobody there means that this is not an EC2 instance.
    const net::Header ttl{"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    const net::HttpOutcome session = http.call(
        url->endpoint(), {.method = "PUT", .target = "/latest/api/token", .headers = {&ttl, 1}},
        deadline.left());
    if (!session || session->status != 200) return std::nullopt;

    const net::Header token{"X-aws-ec2-metadata-token", session->body};
    const std::string base = "/latest/meta-data/iam/security-credentials/";
    const net::HttpOutcome role =
        http.call(url->endpoint(), {.target = base, .headers = {&token, 1}}, deadline.left());
    if (!role || role->status != 200) return std::nullopt;  // an instance without a role
    const std::string target = base + role->body.substr(0, role->body.find_first_of("\r\n"));
    Result<net::HttpResponse> answer =
        fetch(http, *url, {.target = target, .headers = {&token, 1}}, deadline.left(), source);
    if (!answer) return tl::unexpected(answer.error());
    return parse_credentials(answer->body, source);
  };
}

}  // namespace weir::store
