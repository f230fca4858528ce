#include "cli/tap_setup.h"

#include <fmt/format.h>

#include <array>

#include "base/rng.h"
#include "net/http_client.h"
#include "store/dynamodb/credentials.h"
#include "store/dynamodb/options.h"
#include "store/dynamodb/sigv4.h"

namespace weir::cli {
namespace {

constexpr Duration kCredentialsBudget = std::chrono::seconds(5);
constexpr std::size_t kSaltBytes = 16;

// What signing needs, kept for as long as the function is.
struct Signing {
  Signing(std::string region, std::string the_host, const Environment& environment,
          Clock& the_clock)
      : signer(std::move(region), "dynamodb"),
        chain(environment, http, the_clock),
        host(std::move(the_host)),
        clock(the_clock) {}

  net::HttpClient http;
  store::SigV4Signer signer;
  store::CredentialChain chain;
  std::string host;
  Clock& clock;

  Result<std::vector<std::pair<std::string, std::string>>> sign(const tap::Message& request) {
    const auto credentials = chain.get(kCredentialsBudget);
    if (!credentials) return tl::unexpected(credentials.error());
    const std::string date = store::format_amz_date(clock.now());
    const std::string target(request.field("X-Amz-Target"));
    const std::string type(request.field("Content-Type"));
    // By name, as the signature wants them.
    std::vector<net::Header> headers = {
        {"content-type", type}, {"host", host}, {"x-amz-date", date}};
    if (!(*credentials)->session_token.empty()) {
      headers.push_back({"x-amz-security-token", (*credentials)->session_token});
    }
    headers.push_back({"x-amz-target", target});
    const std::string authorization = signer.sign(
        **credentials, date, {.method = request.method, .headers = headers, .body = request.body});
    std::vector<std::pair<std::string, std::string>> signature;
    for (const net::Header& header : headers) signature.emplace_back(header.name, header.value);
    signature.emplace_back("Authorization", authorization);
    return signature;
  }
};

// "dynamodb.eu-west-1.amazonaws.com" -> "eu-west-1"
std::string region_in(const std::string& host) {
  constexpr std::string_view kService = "dynamodb.";
  const std::size_t at = host.find(kService);
  if (at == std::string::npos || host.find(".amazonaws.com") == std::string::npos) return {};
  const std::size_t begin = at + kService.size();
  return host.substr(begin, host.find('.', begin) - begin);
}

}  // namespace

Result<net::ListenAddress> tap_listen_address(const std::string& text, bool anywhere) {
  auto address = net::ListenAddress::parse(text);
  if (!address || address->is_local() || anywhere) return address;
  return fail(ErrorCode::unauthorized,
              text + " can be reached from other machines, and a tap asks nobody who they are",
              "Listen on 127.0.0.1, or add --listen-anywhere if only friends reach it");
}

Result<net::Url> tap_upstream(const std::string& text) {
  auto url = net::Url::parse(text);
  if (url && url->target != "/") {
    return fail(ErrorCode::invalid_input, "--upstream " + url->to_string() + " has a path",
                "Leave out everything after the host and port");
  }
  return url;
}

Result<Sign> tap_signer(const net::Url& upstream, const std::string& region,
                        const Environment& environment, Clock& clock) {
  std::string named = region.empty() ? region_in(upstream.host) : region;
  if (named.empty()) {
    store::DynamoDbOptions options;
    options.endpoint_url = upstream.Endpoint::to_string();
    const auto target = store::resolve_target(options, environment);
    if (!target) return tl::unexpected(target.error());
    named = target->region;
  }
  const auto signing =
      std::make_shared<Signing>(std::move(named), upstream.authority(), environment, clock);
  return Sign([signing](const tap::Message& request) { return signing->sign(request); });
}

std::string new_salt() {
  std::array<std::byte, kSaltBytes> salt{};
  base::fill_entropy(salt);
  std::string out;
  for (const std::byte byte : salt) out += std::to_integer<char>(byte);
  return out;
}

}  // namespace weir::cli
