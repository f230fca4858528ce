#include "scan/limit_model/hints.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>
#include <string_view>

namespace weir::scan {
namespace {

// Larger numbers in a "reset" header are points in time (Unix seconds), not waits.
constexpr double kSmallestDate = 1e9;
constexpr double kLongestWait = 366 * 86400.0;

std::optional<double> number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> count(std::optional<double> value) {
  if (!value || *value > 1e15) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

// A wait from a number of seconds, or from Unix seconds (also in milliseconds).
std::optional<double> wait_of(std::optional<double> value, double now_s) {
  if (!value) return std::nullopt;
  if (*value > kSmallestDate * 1000) *value /= 1000;
  if (*value > kSmallestDate) *value = std::max(0.0, *value - now_s);
  return *value <= kLongestWait ? value : std::nullopt;
}

// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT": the only form that RFC 9110 §5.6.7 lets be sent.
std::optional<double> date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr) return std::nullopt;
  return static_cast<double>(timegm(&parts));
}

// The value of `key` in "limit=10, remaining=5;w=60" or "\"default\";r=5;t=30".
std::optional<double> parameter(std::string_view field, std::string_view key) {
  std::size_t at = 0;
  while ((at = field.find(key, at)) != std::string_view::npos) {
    const std::size_t after = at + key.size();
    const bool starts =
        at == 0 || field[at - 1] == ';' || field[at - 1] == ',' || field[at - 1] == ' ';
    if (starts && after < field.size() && field[after] == '=') {
      return number(field.substr(after + 1));
    }
    at = after;
  }
  return std::nullopt;
}

template <class... Names>
std::optional<std::string_view> any_of(const std::vector<Header>& headers, Names... names) {
  std::optional<std::string_view> found;
  ((found = found ? found : find_header(headers, names)), ...);
  return found;
}

}  // namespace

Hints read_hints(const std::vector<Header>& headers, Time now) {
  Hints hints;
  const double now_s = std::chrono::duration<double>(now.time_since_epoch()).count();
  if (const auto field = find_header(headers, "Retry-After")) {
    hints.states_a_wait = true;
    hints.retry_after_s = number(*field);
    if (!hints.retry_after_s) {
      if (const auto at = date(*field)) hints.retry_after_s = std::max(0.0, *at - now_s);
    }
  }
  if (const auto field = any_of(headers, "RateLimit-Reset", "X-RateLimit-Reset",
                                "X-Rate-Limit-Reset", "X-RateLimit-Reset-After")) {
    hints.states_a_wait = true;
    hints.reset_s = wait_of(number(*field), now_s);
  }
  if (const auto field =
          any_of(headers, "RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit-Limit")) {
    hints.limit = count(number(*field));
    hints.window_s = parameter(*field, "w");
  }
  if (const auto field = any_of(headers, "RateLimit-Remaining", "X-RateLimit-Remaining",
                                "X-Rate-Limit-Remaining")) {
    hints.remaining = count(number(*field));
  }
  if (const auto field = find_header(headers, "RateLimit-Policy")) {
    if (const auto q = count(parameter(*field, "q"))) hints.limit = q;
    if (!hints.limit) hints.limit = count(number(*field));
    if (const auto w = parameter(*field, "w")) hints.window_s = w;
  }
  if (const auto field = find_header(headers, "RateLimit")) {
    hints.states_a_wait = true;
    for (const char* key : {"r", "remaining"}) {
      if (const auto r = count(parameter(*field, key))) hints.remaining = r;
    }
    for (const char* key : {"t", "reset"}) {
      if (const auto t = parameter(*field, key)) hints.reset_s = wait_of(t, now_s);
    }
    if (const auto limit = count(parameter(*field, "limit"))) hints.limit = limit;
  }
  return hints;
}

}  // namespace weir::scan
