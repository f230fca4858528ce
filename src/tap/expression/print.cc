#include <fmt/format.h>

#include "tap/expression/expression.h"

namespace weir::tap {
namespace {

using Kind = Expression::Kind;

// As in parse.cc: what binds less tightly than its surroundings needs parentheses.
int power_of(const Expression& expression) {
  switch (expression.kind) {
    case Kind::or_:
      return 1;
    case Kind::and_:
      return 2;
    case Kind::not_:
      return 3;
    case Kind::compare:
    case Kind::between:
    case Kind::in:
      return 4;
    case Kind::sum:
      return 5;
    case Kind::path:
    case Kind::value:
    case Kind::call:
      break;
  }
  return 6;
}

std::string print(const Expression& expression);

std::string within(int power, const Expression& operand) {
  return power_of(operand) < power ? "(" + print(operand) + ")" : print(operand);
}

std::string list(const std::vector<Expression>& operands, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < operands.size(); ++i) {
    if (i > from) out += ", ";
    out += print(operands[i]);
  }
  return out;
}

std::string print(const Expression& expression) {
  const std::vector<Expression>& operands = expression.operands;
  const int power = power_of(expression);
  switch (expression.kind) {
    case Kind::path:
      return to_string(expression.path);
    case Kind::value:
      return expression.text;
    case Kind::call:
      return fmt::format("{}({})", expression.text, list(operands, 0));
    case Kind::sum:
    case Kind::compare:
      return fmt::format("{} {} {}", print(operands[0]), expression.text, print(operands[1]));
    case Kind::between:
      return fmt::format("{} BETWEEN {} AND {}", print(operands[0]), print(operands[1]),
                         print(operands[2]));
    case Kind::in:
      return fmt::format("{} IN ({})", print(operands[0]), list(operands, 1));
    case Kind::and_:
    case Kind::or_:  // both are read from the left
      return fmt::format("{} {} {}", within(power, operands[0]),
                         expression.kind == Kind::and_ ? "AND" : "OR",
                         within(power + 1, operands[1]));
    case Kind::not_:
      return "NOT " + within(power, operands[0]);
  }
  return {};
}

template <class Entry, class Write>
void section(std::string& out, std::string_view name, const std::vector<Entry>& entries,
             Write write) {
  if (entries.empty()) return;
  if (!out.empty()) out += ' ';
  out += name;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out += i == 0 ? " " : ", ";
    out += write(entries[i]);
  }
}

}  // namespace

std::string to_string(const Path& path) {
  std::string out;
  for (const Path::Step& step : path.steps) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      if (!out.empty()) out += '.';
      out += *name;
    } else {
      out += fmt::format("[{}]", std::get<std::uint32_t>(step));
    }
  }
  return out;
}

std::string to_string(const Expression& expression) {
  return print(expression);
}

std::string to_string(const UpdateExpression& update) {
  std::string out;
  const auto pair = [](const Assignment& entry) {
    return to_string(entry.path) + " " + print(entry.value);
  };
  section(out, "SET", update.set, [](const Assignment& entry) {
    return to_string(entry.path) + " = " + print(entry.value);
  });
  section(out, "REMOVE", update.remove, [](const Path& path) { return to_string(path); });
  section(out, "ADD", update.add, pair);
  section(out, "DELETE", update.delete_, pair);
  return out;
}

std::string to_string(const std::vector<Path>& projection) {
  std::string out;
  for (const Path& path : projection) {
    if (!out.empty()) out += ", ";
    out += to_string(path);
  }
  return out;
}

void resolve_names(Path& path, const Names& names) {
  for (Path::Step& step : path.steps) {
    auto* name = std::get_if<std::string>(&step);
    if (name == nullptr || !name->starts_with('#')) continue;
    if (const auto found = names.find(*name); found != names.end()) *name = found->second;
  }
}

void resolve_names(Expression& expression, const Names& names) {
  resolve_names(expression.path, names);
  for (Expression& operand : expression.operands) resolve_names(operand, names);
}

void resolve_names(UpdateExpression& update, const Names& names) {
  for (auto* entries : {&update.set, &update.add, &update.delete_}) {
    for (Assignment& entry : *entries) {
      resolve_names(entry.path, names);
      resolve_names(entry.value, names);
    }
  }
  for (Path& path : update.remove) resolve_names(path, names);
}

}  // namespace weir::tap
