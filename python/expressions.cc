#include "expressions.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <string>
#include <utility>

#include "tap/expression/expression.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weir::python {
namespace {

// The word for a node that is no operator: its first element in Python.
const char* word_of(tap::Expression::Kind kind) {
  switch (kind) {
    case tap::Expression::Kind::path:
      return "path";
    case tap::Expression::Kind::value:
      return "value";
    case tap::Expression::Kind::call:
      return "call";
    case tap::Expression::Kind::sum:
      return "sum";
    case tap::Expression::Kind::compare:
      return "compare";
    case tap::Expression::Kind::between:
      return "between";
    case tap::Expression::Kind::in:
      return "in";
    case tap::Expression::Kind::and_:
      return "and";
    case tap::Expression::Kind::or_:
      return "or";
    case tap::Expression::Kind::not_:
      return "not";
  }
  return "";
}

// (kind, text, operands); of a path, `text` is its attribute. Parsing has bounded the depth.
nb::tuple tree_of(const tap::Expression& expression) {
  nb::list operands;
  for (const tap::Expression& operand : expression.operands) operands.append(tree_of(operand));
  const bool is_path = expression.kind == tap::Expression::Kind::path;
  return nb::make_tuple(word_of(expression.kind),
                        is_path ? expression.path.attribute() : expression.text,
                        nb::tuple(operands));
}

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw nb::value_error(result.error().to_string().c_str());
  return *std::move(result);
}

nb::tuple parse_condition(const std::string& text, const tap::Names& names) {
  tap::Expression condition = value_or_throw(tap::parse_condition(text));
  tap::resolve_names(condition, names);
  return tree_of(condition);
}

// (clause, attribute, tree), in the order SET, REMOVE, ADD, DELETE; REMOVE has None for a tree.
nb::list parse_update(const std::string& text, const tap::Names& names) {
  tap::UpdateExpression update = value_or_throw(tap::parse_update(text));
  tap::resolve_names(update, names);
  nb::list actions;
  const auto append = [&actions](const char* clause, const tap::Assignment& assignment) {
    actions.append(nb::make_tuple(clause, assignment.path.attribute(), tree_of(assignment.value)));
  };
  for (const tap::Assignment& assignment : update.set) append("SET", assignment);
  for (const tap::Path& path : update.remove)
    actions.append(nb::make_tuple("REMOVE", path.attribute(), nb::none()));
  for (const tap::Assignment& assignment : update.add) append("ADD", assignment);
  for (const tap::Assignment& assignment : update.delete_) append("DELETE", assignment);
  return actions;
}

}  // namespace

void add_expressions(nb::module_& module) {
  module.def("parse_condition", &parse_condition, "text"_a, "names"_a);
  module.def("parse_update", &parse_update, "text"_a, "names"_a);
}

}  // namespace weir::python
