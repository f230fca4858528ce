#include "tap/expression_json.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>

namespace weir::tap {
namespace {

namespace json = boost::json;
using Kind = Expression::Kind;

struct Shape {
  Kind kind;
  std::string_view op;
  std::size_t least;
  std::size_t most;
};
constexpr std::array<Shape, 13> kShapes = {{
    {Kind::and_, "AND", 2, 2},
    {Kind::or_, "OR", 2, 2},
    {Kind::not_, "NOT", 1, 1},
    {Kind::between, "BETWEEN", 3, 3},
    {Kind::in, "IN", 2, kMaxInOperands + 1},
    {Kind::compare, "=", 2, 2},
    {Kind::compare, "<>", 2, 2},
    {Kind::compare, "<", 2, 2},
    {Kind::compare, "<=", 2, 2},
    {Kind::compare, ">", 2, 2},
    {Kind::compare, ">=", 2, 2},
    {Kind::sum, "+", 2, 2},
    {Kind::sum, "-", 2, 2},
}};

json::value path_json(const Path& path) {
  json::array out;
  for (const Path::Step& step : path.steps) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      out.emplace_back(*name);
    } else {
      out.emplace_back(std::get<std::uint32_t>(step));
    }
  }
  return out;
}

std::optional<Path> path_from(const json::value& value) {
  const json::array* steps = value.if_array();
  if (steps == nullptr || steps->empty() || !steps->front().is_string()) return std::nullopt;
  Path path;
  for (const json::value& step : *steps) {
    json::error_code error;
    if (step.is_string()) {
      path.steps.emplace_back(std::string(step.get_string()));
    } else if (const auto index = step.to_number<std::uint32_t>(error); !error) {
      path.steps.emplace_back(index);
    } else {
      return std::nullopt;
    }
  }
  return path;
}

json::value assignments_json(const std::vector<Assignment>& assignments) {
  json::array out;
  for (const Assignment& one : assignments) {
    out.push_back(json::array{path_json(one.path), to_json(one.value)});
  }
  return out;
}

bool read_assignments(const json::object& from, const char* name, std::vector<Assignment>& into) {
  const json::value* found = from.if_contains(name);
  if (found == nullptr) return true;
  if (!found->is_array()) return false;
  for (const json::value& entry : found->get_array()) {
    const json::array* pair = entry.if_array();
    if (pair == nullptr || pair->size() != 2) return false;
    auto path = path_from((*pair)[0]);
    auto value = expression_from((*pair)[1]);
    if (!path || !value) return false;
    into.push_back({*std::move(path), *std::move(value)});
  }
  return true;
}

}  // namespace

json::value to_json(const Expression& expression) {
  if (expression.kind == Kind::path) return path_json(expression.path);
  if (expression.kind == Kind::value) return json::string(expression.text);
  json::array of;
  for (const Expression& operand : expression.operands) of.push_back(to_json(operand));
  if (expression.kind == Kind::call) {
    return json::object{{"call", expression.text}, {"of", std::move(of)}};
  }
  std::string_view op = expression.text;
  for (const Shape& shape : kShapes) {
    if (op.empty() && shape.kind == expression.kind) op = shape.op;
  }
  return json::object{{"op", json::string(op.data(), op.size())}, {"of", std::move(of)}};
}

json::value to_json(const UpdateExpression& update) {
  json::object out;
  if (!update.set.empty()) out["set"] = assignments_json(update.set);
  if (!update.remove.empty()) {
    json::array paths;
    for (const Path& path : update.remove) paths.push_back(path_json(path));
    out["remove"] = std::move(paths);
  }
  if (!update.add.empty()) out["add"] = assignments_json(update.add);
  if (!update.delete_.empty()) out["delete"] = assignments_json(update.delete_);
  return out;
}

std::optional<Expression> expression_from(const json::value& value) {
  if (value.is_string()) {
    return Expression{.kind = Kind::value, .text = std::string(value.get_string())};
  }
  if (value.is_array()) {
    auto path = path_from(value);
    if (!path) return std::nullopt;
    return Expression{.kind = Kind::path, .path = *std::move(path)};
  }
  const json::object* object = value.if_object();
  const json::value* of = object == nullptr ? nullptr : object->if_contains("of");
  if (of == nullptr || !of->is_array()) return std::nullopt;
  Expression result;
  for (const json::value& operand : of->get_array()) {
    auto read = expression_from(operand);
    if (!read) return std::nullopt;
    result.operands.push_back(*std::move(read));
  }
  if (const json::value* call = object->if_contains("call"); call != nullptr) {
    if (!call->is_string() || result.operands.empty() || result.operands.size() > 2) {
      return std::nullopt;
    }
    result.kind = Kind::call;
    result.text = std::string(call->get_string());
    return result;
  }
  const json::value* op = object->if_contains("op");
  if (op == nullptr || !op->is_string()) return std::nullopt;
  const json::string& word = op->get_string();
  const auto* shape = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& one) {
    return one.op == std::string_view(word.data(), word.size());
  });
  if (shape == kShapes.end() || result.operands.size() < shape->least ||
      result.operands.size() > shape->most) {
    return std::nullopt;
  }
  result.kind = shape->kind;
  if (shape->kind == Kind::compare || shape->kind == Kind::sum) result.text = shape->op;
  return result;
}

std::optional<UpdateExpression> update_from(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  UpdateExpression update;
  if (!read_assignments(*object, "set", update.set) ||
      !read_assignments(*object, "add", update.add) ||
      !read_assignments(*object, "delete", update.delete_)) {
    return std::nullopt;
  }
  if (const json::value* remove = object->if_contains("remove"); remove != nullptr) {
    if (!remove->is_array()) return std::nullopt;
    for (const json::value& entry : remove->get_array()) {
      auto path = path_from(entry);
      if (!path) return std::nullopt;
      update.remove.push_back(*std::move(path));
    }
  }
  return update;
}

}  // namespace weir::tap
