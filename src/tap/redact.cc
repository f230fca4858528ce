#include "tap/redact.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace weir::tap {
namespace {

constexpr std::string_view kDelimiters = "#:|/,; ";
constexpr std::size_t kMarkBytes = 4;
constexpr std::int64_t kDay = 86'400;
// Windows up to here: for longer ones, too many numbers are some window's.
constexpr std::int64_t kLongestWindow = 3600;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t seconds_of(Time at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string calendar_of(std::int64_t seconds) {
  return fmt::format("{:%Y%m%d%H%M}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// A time up to a year from now, in seconds, milliseconds, microseconds or nanoseconds.
bool is_near(double number, std::int64_t now) {
  constexpr double kYear = 366.0 * kDay;
  const auto is_time = [&](double unit) {
    return std::abs(number / unit - static_cast<double>(now)) <= kYear;
  };
  return is_time(1) || is_time(1e3) || is_time(1e6) || is_time(1e9);
}

// The window whose number this is now; 0: none. A whole number of seconds, of at least two.
std::int64_t window_of(std::int64_t number, std::int64_t now) {
  if (number <= now / (kLongestWindow + 1) || number > now / 2) return 0;
  // A request may have been on its way when the window changed.
  for (const std::int64_t window : {now / number, now / (number + 1), (now - 1) / number}) {
    if (window >= 2 && window <= kLongestWindow &&
        (now / window == number || (now - 1) / window == number)) {
      return window;
    }
  }
  return 0;
}

}  // namespace

std::vector<TimeMark> time_marks(std::string_view text, Time at) {
  std::vector<TimeMark> marks;
  const std::int64_t now = seconds_of(at);
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (!is_digit(text[begin])) continue;
    std::size_t end = begin;
    while (end < text.size() && is_digit(text[end])) ++end;
    const std::string_view digits = text.substr(begin, end - begin);
    TimeMark mark{.begin = begin, .size = digits.size()};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), mark.number);
    const bool inside_a_word =
        (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) ||
        (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0);
    begin = end - 1;
    if (read.ec != std::errc() || inside_a_word) continue;
    if (const bool cut_off = digits.size() == 8 || digits.size() == 10 || digits.size() == 12;
        cut_off && calendar_of(now).starts_with(digits)) {
      mark.kind = TimeMark::Kind::calendar;
      mark.window_s = digits.size() == 8 ? kDay : digits.size() == 10 ? 3600 : 60;
    } else if (std::abs(mark.number - now) <= kDay || std::abs(mark.number / 1000 - now) <= kDay) {
      mark.kind = TimeMark::Kind::instant;
    } else if (mark.window_s = window_of(mark.number, now); mark.window_s == 0) {
      continue;
    }
    marks.push_back(mark);
  }
  return marks;
}

Redactor::Redactor(std::string_view salt) : keyed_(salt) {}

std::string Redactor::mark(std::string_view text) const {
  HmacSha256 mac = keyed_;
  mac.update(text);
  const std::array<std::byte, 32> digest = mac.finish();
  std::string out = fmt::format("<{} ", text.size());
  for (std::size_t i = 0; i < kMarkBytes; ++i) {
    out += fmt::format("{:02x}", std::to_integer<unsigned>(digest[i]));
  }
  return out + '>';
}

std::string Redactor::text(std::string_view text, Time at) const {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kDelimiters), text.size());
    const std::string_view part = text.substr(0, end);
    if (!part.empty()) {
      const std::vector<TimeMark> marks = time_marks(part, at);
      const bool is_time = marks.size() == 1 && marks.front().size == part.size();
      out += is_time ? std::string(part) : mark(part);
    }
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Redactor::number(std::string_view text, Time at) const {
  const std::optional<double> value = Value{"N", std::string(text)}.number();
  if (value && std::abs(*value) < kMaxPlainNumber) return std::string(text);
  if (value && is_near(*value, seconds_of(at))) return std::string(text);
  const std::vector<TimeMark> marks = time_marks(text, at);
  const bool is_time = marks.size() == 1 && marks.front().size == text.size();
  return is_time ? std::string(text) : mark(text);
}

void Redactor::redact(Item& item, Time at) const {
  for (auto& [name, value] : item) {
    if (value.type == "S") value.text = text(value.text, at);
    if (value.type == "N") value.text = number(value.text, at);
    if (value.type == "B") value.text = mark(value.text);
  }
}

void Redactor::redact(Path& path, Time at) const {
  for (std::size_t i = 1; i < path.steps.size(); ++i) {
    if (auto* name = std::get_if<std::string>(&path.steps[i])) *name = text(*name, at);
  }
}

void Redactor::redact(Expression& expression, Time at) const {
  if (expression.kind == Expression::Kind::path) redact(expression.path, at);
  for (Expression& operand : expression.operands) redact(operand, at);
}

void Redactor::redact(UpdateExpression& update, Time at) const {
  for (std::vector<Assignment>* part : {&update.set, &update.add, &update.delete_}) {
    for (Assignment& one : *part) {
      redact(one.path, at);
      redact(one.value, at);
    }
  }
  for (Path& path : update.remove) redact(path, at);
}

void Redactor::redact(Operation& operation) const {
  for (Access& access : operation.accesses) {
    for (Item* item : {&access.key, &access.item, &access.values, &access.seen}) {
      redact(*item, operation.at);
    }
    if (access.condition) redact(*access.condition, operation.at);
    if (access.update) redact(*access.update, operation.at);
  }
}

}  // namespace weir::tap
