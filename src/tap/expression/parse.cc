// Pratt parsing: an operator's power says how tightly it binds; what an operand must be is checked
// where an operator or function takes it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "tap/expression/expression.h"
#include "tap/expression/lexer.h"

namespace weir::tap {
namespace {

using Kind = Expression::Kind;

enum class Argument { path, value, operand };

struct Function {
  std::string_view name;
  std::size_t count;
  std::array<Argument, 2> arguments;
  bool is_condition;  // it is a condition by itself; else an operand
  bool in_update;     // or in conditions
};

constexpr std::array<Function, 8> kFunctions = {{
    {"attribute_exists", 1, {Argument::path, {}}, true, false},
    {"attribute_not_exists", 1, {Argument::path, {}}, true, false},
    {"attribute_type", 2, {Argument::path, Argument::value}, true, false},
    {"contains", 2, {Argument::operand, Argument::operand}, true, false},
    {"begins_with", 2, {Argument::operand, Argument::operand}, true, false},
    {"size", 1, {Argument::operand, {}}, false, false},
    {"if_not_exists", 2, {Argument::path, Argument::operand}, false, true},
    {"list_append", 2, {Argument::operand, Argument::operand}, false, true},
}};

const Function* find_function(std::string_view name) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [name](const Function& f) { return f.name == name; });
  return found == kFunctions.end() ? nullptr : found;
}

bool is_condition(const Expression& expression) {
  switch (expression.kind) {
    case Kind::path:
    case Kind::value:
    case Kind::sum:
      return false;
    case Kind::call:
      return find_function(expression.text)->is_condition;
    default:
      return true;
  }
}

// How tightly an infix operator binds; 0: none.
constexpr int kOr = 1, kAnd = 2, kNot = 3, kCompare = 4, kSum = 5;

bool is_comparison(const Token& token) {
  return token.is("=") || token.is("<>") || token.is("<") || token.is("<=") || token.is(">") ||
         token.is(">=");
}

int power_of(const Token& token) {
  if (token.is("OR")) return kOr;
  if (token.is("AND")) return kAnd;
  if (is_comparison(token) || token.is("BETWEEN") || token.is("IN")) return kCompare;
  if (token.is("+") || token.is("-")) return kSum;
  return 0;
}

class Parser {
 public:
  static Result<Parser> over(std::string_view text, bool update) {
    if (text.size() > kMaxExpressionBytes) {
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("the expression is longer than {} bytes", kMaxExpressionBytes));
    }
    auto tokens = tokens_of(text);
    if (!tokens) return tl::unexpected(tokens.error());
    return Parser(*std::move(tokens), update);
  }

  Result<Expression> condition() {
    auto result = expression(0);
    if (!result) return result;
    if (peek().kind != Token::Kind::end) return unexpected();
    if (!is_condition(*result))
      return fail(ErrorCode::invalid_input, "the expression asks nothing");
    return result;
  }

  Result<UpdateExpression> update() {
    UpdateExpression update;
    bool used[4] = {};
    do {
      const Token section = take();
      const std::size_t which = section.is("SET")      ? 0
                                : section.is("REMOVE") ? 1
                                : section.is("ADD")    ? 2
                                                       : 3;
      if (which == 3 && !section.is("DELETE")) return unexpected(section);
      if (std::exchange(used[which], true)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("{} stands twice in the update expression", section.text));
      }
      do {
        auto target = path();
        if (!target) return tl::unexpected(target.error());
        if (which == 1) {
          update.remove.push_back(*std::move(target));
          continue;
        }
        if (which == 0 && !take_if("=")) return unexpected();
        auto value = which == 0 ? assigned() : single_value();
        if (!value) return tl::unexpected(value.error());
        auto& into = which == 0 ? update.set : which == 2 ? update.add : update.delete_;
        into.push_back({*std::move(target), *std::move(value)});
      } while (take_if(","));
    } while (peek().kind != Token::Kind::end);
    return update;
  }

  Result<std::vector<Path>> projection() {
    std::vector<Path> paths;
    do {
      auto next = path();
      if (!next) return tl::unexpected(next.error());
      paths.push_back(*std::move(next));
    } while (take_if(","));
    if (peek().kind != Token::Kind::end) return unexpected();
    return paths;
  }

 private:
  Parser(std::vector<Token> tokens, bool update) : tokens_(std::move(tokens)), update_(update) {}

  const Token& peek() const { return tokens_[next_]; }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool take_if(std::string_view word) {
    if (!peek().is(word)) return false;
    take();
    return true;
  }
  static tl::unexpected<Error> unexpected(const Token& token) {
    return fail(
        ErrorCode::invalid_input,
        fmt::format("'{}' is not expected at byte {} of the expression", token.text, token.at + 1));
  }
  tl::unexpected<Error> unexpected() const { return unexpected(peek()); }

  static tl::unexpected<Error> too_deep() {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the expression nests deeper than {}", kMaxNesting));
  }
  Status count_operator() {
    if (++operators_ <= kMaxOperators) return {};
    return fail(
        ErrorCode::limit_exceeded,
        fmt::format("the expression has more than {} operators and functions", kMaxOperators));
  }

  // What binds tighter than `power`.
  Result<Expression> expression(int power) {
    if (++nesting_ > kMaxNesting) return too_deep();
    auto left = prefix();
    while (left) {
      const Token operation = peek();
      const int binds = power_of(operation);
      if (binds <= power) break;
      take();
      if (Status counted = count_operator(); !counted) return tl::unexpected(counted.error());
      left = infix(*std::move(left), operation, binds);
      in_parentheses_ = false;
      // Neither "a = b = c" nor "a + b + c" is one.
      if (left && binds >= kCompare && power_of(peek()) == binds) return unexpected();
    }
    --nesting_;
    return left;
  }

  Result<Expression> prefix() {
    in_parentheses_ = false;
    if (peek().is("NOT")) {
      take();
      if (Status counted = count_operator(); !counted) return tl::unexpected(counted.error());
      auto inner = expression(kNot);
      if (!inner) return inner;
      if (!is_condition(*inner)) return unexpected();
      in_parentheses_ = false;
      return Expression{.kind = Kind::not_, .operands = {*std::move(inner)}};
    }
    if (take_if("(")) {
      auto inner = expression(0);
      if (!inner) return inner;
      if (!take_if(")")) return unexpected();
      if (std::exchange(in_parentheses_, true)) {
        return fail(ErrorCode::invalid_input, "the expression has redundant parentheses");
      }
      return inner;
    }
    if (peek().kind == Token::Kind::value) return single_value();
    if (peek().kind == Token::Kind::name && tokens_[next_ + 1].is("(")) return call();
    auto found = path();
    if (!found) return tl::unexpected(found.error());
    return Expression{.kind = Kind::path, .path = *std::move(found)};
  }

  Result<Expression> infix(Expression left, const Token& operation, int binds) {
    const bool joins_conditions = binds <= kAnd;
    if (is_condition(left) != joins_conditions) return unexpected(operation);
    if (binds == kSum && !update_) return unexpected(operation);
    if (operation.is("IN")) return in_list(std::move(left));
    auto right = expression(binds);
    if (!right) return right;
    if (is_condition(*right) != joins_conditions) return unexpected(operation);
    if (binds == kSum && (!is_summand(left) || !is_summand(*right))) return unexpected(operation);
    Expression result{.kind = Kind::compare, .text = std::string(operation.text)};
    if (operation.is("BETWEEN")) {
      if (!take_if("AND")) return unexpected();
      auto upper = expression(kCompare);
      if (!upper) return upper;
      if (is_condition(*upper)) return unexpected(operation);
      result = {.kind = Kind::between,
                .operands = {std::move(left), *std::move(right), *std::move(upper)}};
      return result;
    }
    if (joins_conditions) result = {.kind = operation.is("AND") ? Kind::and_ : Kind::or_};
    if (binds == kSum) result.kind = Kind::sum;
    result.operands = {std::move(left), *std::move(right)};
    return result;
  }

  Result<Expression> in_list(Expression left) {
    Expression result{.kind = Kind::in, .operands = {std::move(left)}};
    if (!take_if("(")) return unexpected();
    do {
      auto next = expression(kCompare);
      if (!next) return next;
      if (is_condition(*next)) return unexpected();
      if (result.operands.size() > kMaxInOperands) {
        return fail(ErrorCode::limit_exceeded,
                    fmt::format("IN has more than {} operands", kMaxInOperands));
      }
      result.operands.push_back(*std::move(next));
    } while (take_if(","));
    if (!take_if(")")) return unexpected();
    return result;
  }

  Result<Expression> call() {
    const Token name = take();
    const Function* function = find_function(name.text);
    if (function == nullptr || function->in_update != update_) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("{} is no function of {} expression", name.text,
                              update_ ? "an update" : "a condition"));
    }
    if (Status counted = count_operator(); !counted) return tl::unexpected(counted.error());
    take();  // (
    Expression result{.kind = Kind::call, .text = std::string(name.text)};
    for (std::size_t i = 0; i < function->count; ++i) {
      if (i > 0 && !take_if(",")) return unexpected();
      const Token first = peek();
      auto argument = expression(kCompare);
      if (!argument) return argument;
      const Argument wanted = function->arguments[i];
      const bool fits = wanted == Argument::path    ? argument->kind == Kind::path
                        : wanted == Argument::value ? argument->kind == Kind::value
                                                    : is_argument(*argument, function->name);
      if (!fits) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{}' at byte {} is nothing that {} takes", first.text,
                                first.at + 1, function->name));
      }
      result.operands.push_back(*std::move(argument));
    }
    if (!take_if(")")) return unexpected();
    in_parentheses_ = false;
    return result;
  }

  static bool is_argument(const Expression& expression, std::string_view function) {
    if (function == "size" && expression.kind == Kind::call) return false;
    return !is_condition(expression) && expression.kind != Kind::sum;
  }

  static bool is_summand(const Expression& expression) {
    return expression.kind != Kind::sum && expression.text != "list_append";
  }

  Result<Expression> assigned() {
    auto value = expression(0);
    if (value && is_condition(*value)) return unexpected();
    return value;
  }

  Result<Expression> single_value() {
    if (peek().kind != Token::Kind::value) return unexpected();
    return Expression{.kind = Kind::value, .text = std::string(take().text)};
  }

  Result<Path> path() {
    if (peek().kind != Token::Kind::name) return unexpected();
    Path result;
    result.steps.emplace_back(std::string(take().text));
    for (;;) {
      if (take_if(".")) {
        if (peek().kind != Token::Kind::name) return unexpected();
        result.steps.emplace_back(std::string(take().text));
      } else if (take_if("[")) {
        const Token place = take();
        std::uint32_t index = 0;
        const auto read =
            std::from_chars(place.text.data(), place.text.data() + place.text.size(), index);
        const bool leading_zero = place.text.size() > 1 && place.text.front() == '0';
        if (place.kind != Token::Kind::number || read.ec != std::errc() || leading_zero) {
          return unexpected(place);
        }
        result.steps.emplace_back(index);
        if (!take_if("]")) return unexpected();
      } else {
        return result;
      }
      if (result.steps.size() > kMaxNesting) return too_deep();
    }
  }

  std::vector<Token> tokens_;
  bool update_;
  std::size_t next_ = 0;
  std::size_t nesting_ = 0;
  std::size_t operators_ = 0;
  bool in_parentheses_ = false;  // what was parsed last stood in parentheses as a whole
};

// Partition and sort key are compared, nothing else (API_Query, KeyConditionExpression).
bool is_key_condition(const Expression& expression) {
  switch (expression.kind) {
    case Kind::and_:
      return is_key_condition(expression.operands[0]) && is_key_condition(expression.operands[1]);
    case Kind::compare:
    case Kind::between:
      return expression.text != "<>" &&
             std::none_of(expression.operands.begin(), expression.operands.end(),
                          [](const Expression& operand) { return operand.kind == Kind::call; });
    case Kind::call:
      return expression.text == "begins_with";
    default:
      return false;
  }
}

}  // namespace

Result<Expression> parse_condition(std::string_view text, ConditionUse use) {
  auto parser = Parser::over(text, false);
  if (!parser) return tl::unexpected(parser.error());
  auto condition = parser->condition();
  if (condition && use == ConditionUse::key_condition && !is_key_condition(*condition)) {
    return fail(ErrorCode::invalid_input, "the expression asks what a key condition cannot");
  }
  return condition;
}

Result<UpdateExpression> parse_update(std::string_view text) {
  auto parser = Parser::over(text, true);
  if (!parser) return tl::unexpected(parser.error());
  return parser->update();
}

Result<std::vector<Path>> parse_projection(std::string_view text) {
  auto parser = Parser::over(text, false);
  if (!parser) return tl::unexpected(parser.error());
  return parser->projection();
}

}  // namespace weir::tap
