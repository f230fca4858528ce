#include "cli/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>

#include "net/http_client.h"
#include "report/baseline.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

constexpr Duration kBudget = std::chrono::seconds(10);

json::array fresh_findings(const scan::Report& now, const scan::Report& before) {
  scan::Report compared = now;
  report::compare(compared, before);
  json::array fresh;
  for (const scan::Finding& finding : compared.findings) {
    if (finding.novelty != scan::Novelty::fresh || finding.suppressed) continue;
    fresh.push_back({{"id", finding.id},
                     {"severity", to_string(finding.severity)},
                     {"operation", finding.operation}});
  }
  return fresh;
}

}  // namespace

Result<net::Url> parse_webhook(const std::string& text) {
  auto url = net::Url::parse(text);
  if (!url) {
    return fail(ErrorCode::invalid_input, "--webhook: is not an http or https URL",
                "Give the whole URL, https://...");
  }
  const std::array local = {"localhost", "127.0.0.1", "::1"};
  if (!url->is_tls() && std::find(local.begin(), local.end(), url->host) == local.end()) {
    return fail(ErrorCode::invalid_input, "--webhook: http is for this machine only", "Use https");
  }
  return url;
}

bool is_worse(const scan::Report& now, const scan::Report& before) {
  return now.score < before.score || !fresh_findings(now, before).empty();
}

Status post_webhook(const net::Url& url, const scan::Report& now, const scan::Report& before) {
  const std::string body = json::serialize(json::object{{"event", "worse"},
                                                        {"target", now.target},
                                                        {"scan_id", now.scan_id},
                                                        {"started_at", now.started_at},
                                                        {"score_before", before.score},
                                                        {"score", now.score},
                                                        {"grade", std::string(1, now.grade)},
                                                        {"new", fresh_findings(now, before)}});
  const std::array headers = {net::Header{"Content-Type", "application/json"},
                              net::Header{"User-Agent", "weir-scan"}};
  net::HttpClient client;
  const auto outcome = client.call(
      url.endpoint(), {.method = "POST", .target = url.target, .headers = headers, .body = body},
      kBudget);
  if (!outcome) {
    return fail(outcome.error().error.code, "the web hook was not reached: " + url.host,
                outcome.error().error.cure);
  }
  if (outcome->status < 200 || outcome->status >= 300) {
    return fail(ErrorCode::unavailable,
                fmt::format("the web hook at {} answered {}", url.host, outcome->status),
                "Check its URL");
  }
  return {};
}

}  // namespace weir::cli
