#include "tap/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tap/times.h"

namespace weir::tap {
namespace {

constexpr std::string_view kDelimiters = "#:|/,; ";
constexpr std::size_t kMarkBytes = 4;

}  // namespace

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
  if (value && reads_as_time(*value, at)) return std::string(text);
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
