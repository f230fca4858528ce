// DynamoDB's expression grammar as a tree: what a condition asks and what an update does.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
//
// The tree is of the text alone. "#n" and ":v" stay as they are until resolve_names() puts the
// attributes' own names in; what depends on the values' types, on reserved words or on paths that
// overlap is DynamoDB's to judge. Parentheses are not kept: printing adds those that are needed, so
// that the printed text parses to the same tree.
//
// Bounds are DynamoDB's own (developerguide/Constraints.html): 4 KB of text, 300 operators and
// functions, 100 operands of IN; and nesting no deeper than kMaxNesting.
//
// Thread safety: plain values and pure functions.
//
//   Result<Expression> condition = parse_condition("hits < :limit AND attribute_exists(#e)");
//   condition->kind == Expression::Kind::and_, condition->operands[0].text == "<"
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace weir::tap {

inline constexpr std::size_t kMaxExpressionBytes = 4096;
inline constexpr std::size_t kMaxOperators = 300;
inline constexpr std::size_t kMaxInOperands = 100;
inline constexpr std::size_t kMaxNesting = 100;

// A document path: an attribute, then members and list places. The first step is a name.
struct Path {
  using Step = std::variant<std::string, std::uint32_t>;
  std::vector<Step> steps;

  const std::string& attribute() const { return std::get<std::string>(steps.front()); }
  friend bool operator==(const Path&, const Path&) = default;
};

struct Expression {
  enum class Kind {
    path,     // `path`
    value,    // `text` is ":limit"
    call,     // `text` is the function, `operands` its arguments
    sum,      // `text` is "+" or "-"; only in updates
    compare,  // `text` is "=", "<>", "<", "<=", ">" or ">="
    between,  // three operands
    in,       // the operand, then the list
    and_,     // two operands each
    or_,
    not_,  // one
  };
  Kind kind = Kind::value;
  std::string text = {};
  Path path = {};
  std::vector<Expression> operands = {};

  friend bool operator==(const Expression&, const Expression&) = default;
};

struct Assignment {
  Path path;
  Expression value;
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

struct UpdateExpression {
  std::vector<Assignment> set = {};
  std::vector<Path> remove = {};
  std::vector<Assignment> add = {};      // the value is a ":v"
  std::vector<Assignment> delete_ = {};  // likewise
  friend bool operator==(const UpdateExpression&, const UpdateExpression&) = default;
};

enum class ConditionUse {
  condition,      // ConditionExpression, FilterExpression
  key_condition,  // KeyConditionExpression: no OR, NOT, IN, <>, and of the functions begins_with
                  // only
};

Result<Expression> parse_condition(std::string_view text,
                                   ConditionUse use = ConditionUse::condition);
Result<UpdateExpression> parse_update(std::string_view text);
Result<std::vector<Path>> parse_projection(std::string_view text);

std::string to_string(const Path& path);
std::string to_string(const Expression& expression);
std::string to_string(const UpdateExpression& update);
std::string to_string(const std::vector<Path>& projection);

// Replaces "#n" by the attribute's own name. One that is not among `names` stays as it is. What is
// resolved is for reading: a name may then hold what the grammar does not know.
using Names = std::map<std::string, std::string, std::less<>>;
void resolve_names(Path& path, const Names& names);
void resolve_names(Expression& expression, const Names& names);
void resolve_names(UpdateExpression& update, const Names& names);

}  // namespace weir::tap
