#include "engine/http_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

#include "base/duration.h"

namespace weir::engine {
namespace {

// RFC 9651, section 3.3.1: an Integer has at most 15 digits.
constexpr std::int64_t kMaxInteger = 999'999'999'999'999;

std::int64_t integer(std::int64_t value) {
  return std::clamp<std::int64_t>(value, 0, kMaxInteger);
}

// How many identities a caller may still use is no quota of requests, and would be read as one.
bool is_told(const QuotaStatus& quota) {
  return quota.unit != QuotaUnit::values;
}

// A rule's id is [a-z0-9_-]{1,64} (policy.h), so it needs no escape inside a String.
std::string policy_field(const std::vector<QuotaStatus>& quotas) {
  std::string value;
  for (const QuotaStatus& quota : quotas) {
    if (!is_told(quota)) continue;
    fmt::format_to(std::back_inserter(value), "{}\"{}\";q={}", value.empty() ? "" : ", ",
                   quota.rule, integer(quota.limit));
    if (quota.unit == QuotaUnit::concurrent) {
      value += ";qu=\"concurrent-requests\"";
    } else {
      fmt::format_to(std::back_inserter(value), ";w={}", ceil_seconds(quota.window));
    }
  }
  return value;
}

std::string quota_field(const std::vector<QuotaStatus>& quotas) {
  std::string value;
  for (const QuotaStatus& quota : quotas) {
    if (!is_told(quota)) continue;
    fmt::format_to(std::back_inserter(value), "{}\"{}\";r={};t={}", value.empty() ? "" : ", ",
                   quota.rule, integer(quota.remaining), ceil_seconds(quota.next_room));
  }
  return value;
}

struct Problem {
  int status;
  std::string_view type;
  std::string_view title;
};

Problem problem_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::refused:
      return {429, "https://iana.org/assignments/http-problem-types#quota-exceeded",
              "Request cannot be satisfied as assigned quota has been exceeded"};
    case Verdict::denied:
      return {403, "about:blank", "Forbidden"};
    case Verdict::malformed:
      return {400, "about:blank", "Bad Request"};
    case Verdict::unavailable:
      return {503, "about:blank", "Service Unavailable"};
    case Verdict::admitted:
      break;
  }
  return {200, "about:blank", "OK"};
}

std::string body_of(const Problem& problem, const Decision& decision) {
  boost::json::object body = {{"type", problem.type},
                              {"title", problem.title},
                              {"status", problem.status},
                              {"detail", decision.reason}};
  if (decision.verdict == Verdict::refused) {
    boost::json::array violated;
    for (const QuotaStatus& quota : decision.quotas) {
      if (quota.remaining == 0) violated.emplace_back(quota.rule);
    }
    if (violated.empty()) violated.emplace_back(decision.rule);
    body["violated-policies"] = std::move(violated);
  }
  return boost::json::serialize(body);
}

}  // namespace

int http_status(Verdict verdict) {
  return problem_of(verdict).status;
}

HttpAnswer http_answer(const Decision& decision) {
  HttpAnswer answer;
  if (std::any_of(decision.quotas.begin(), decision.quotas.end(), is_told)) {
    answer.fields.push_back({"RateLimit-Policy", policy_field(decision.quotas)});
    answer.fields.push_back({"RateLimit", quota_field(decision.quotas)});
  }
  if (decision.verdict == Verdict::admitted) return answer;

  const Problem problem = problem_of(decision.verdict);
  answer.status = problem.status;
  if (decision.retry_after > Duration::zero())
    answer.fields.push_back({"Retry-After", std::to_string(ceil_seconds(decision.retry_after))});
  answer.fields.push_back({"Content-Type", "application/problem+json"});
  answer.fields.push_back({"Cache-Control", "no-store"});
  answer.body = body_of(problem, decision);
  return answer;
}

}  // namespace weir::engine
