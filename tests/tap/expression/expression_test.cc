#include "tap/expression/expression.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace weir::tap {
namespace {

using Kind = Expression::Kind;

Expression condition(std::string_view text) {
  const auto parsed = parse_condition(text);
  EXPECT_TRUE(parsed) << text << ": " << parsed.error().to_string();
  return parsed.value_or(Expression{});
}

std::string printed(std::string_view text) {
  return to_string(condition(text));
}

TEST(Condition, ReadsWhatALimiterAsks) {
  const Expression read = condition("attribute_not_exists(#c) OR #c < :limit");
  ASSERT_EQ(read.kind, Kind::or_);
  EXPECT_EQ(read.operands[0].text, "attribute_not_exists");
  EXPECT_EQ(read.operands[0].operands[0].path.attribute(), "#c");
  EXPECT_EQ(read.operands[1].kind, Kind::compare);
  EXPECT_EQ(read.operands[1].text, "<");
  EXPECT_EQ(read.operands[1].operands[1].text, ":limit");
}

TEST(Condition, BindsAndTighterThanOrAndNotTighterThanBoth) {
  EXPECT_EQ(condition("a = :a OR b = :b AND NOT c = :c"),
            condition("a = :a OR (b = :b AND (NOT c = :c))"));
  EXPECT_NE(condition("a = :a OR b = :b AND c = :c"), condition("(a = :a OR b = :b) AND c = :c"));
}

TEST(Condition, PrintsOnlyTheParenthesesThatMatter) {
  EXPECT_EQ(printed("(a = :a AND (b = :b))"), "a = :a AND b = :b");
  EXPECT_EQ(printed("(a = :a or b = :b) and c = :c"), "(a = :a OR b = :b) AND c = :c");
  EXPECT_EQ(printed("a = :a AND (b = :b AND c = :c)"), "a = :a AND (b = :b AND c = :c)");
  EXPECT_EQ(printed("not(a = :a or b = :b)"), "NOT (a = :a OR b = :b)");
}

TEST(Condition, ReadsDocumentPaths) {
  const Path path = condition("a.#b[3][0].c = :v").operands[0].path;
  ASSERT_EQ(path.steps.size(), 5U);
  EXPECT_EQ(path.attribute(), "a");
  EXPECT_EQ(std::get<std::uint32_t>(path.steps[2]), 3U);
  EXPECT_EQ(to_string(path), "a.#b[3][0].c");
}

TEST(Update, ReadsEverySectionInAnyOrder) {
  const auto update = parse_update("ADD n :one REMOVE old, m[0] SET a = if_not_exists(a, :z) + :n");
  ASSERT_TRUE(update) << update.error().to_string();
  EXPECT_EQ(to_string(*update), "SET a = if_not_exists(a, :z) + :n REMOVE old, m[0] ADD n :one");
  EXPECT_EQ(update->set[0].value.kind, Kind::sum);
}

TEST(Names, AreResolvedWhereverAPathStands) {
  Expression read = condition("attribute_exists(#a) AND m.#b[0] = :v AND #c = :w");
  resolve_names(read, {{"#a", "hits"}, {"#b", "x y"}});
  EXPECT_EQ(to_string(read), "attribute_exists(hits) AND m.x y[0] = :v AND #c = :w");
  auto update = parse_update("SET #a = #a + :n REMOVE #b");
  ASSERT_TRUE(update);
  resolve_names(*update, {{"#a", "hits"}, {"#b", "old"}});
  EXPECT_EQ(to_string(*update), "SET hits = hits + :n REMOVE old");
}

TEST(Bounds, AreDynamoDbsAndOneMoreIsRefused) {
  const auto chain = [](std::size_t comparisons) {
    std::string text = "a=:a";
    for (std::size_t i = 1; i < comparisons; ++i) text += " OR a=:a";
    return text;
  };
  // A comparison and what joins it to the rest.
  EXPECT_TRUE(parse_condition(chain(kMaxOperators / 2)));
  const auto many = parse_condition(chain(kMaxOperators / 2 + 1));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::limit_exceeded);

  const std::string longest = "a=:a" + std::string(kMaxExpressionBytes - 4, ' ');
  EXPECT_TRUE(parse_condition(longest));
  EXPECT_FALSE(parse_condition(longest + " "));

  const auto in = [](std::size_t operands) {
    std::string text = "a IN (:v";
    for (std::size_t i = 1; i < operands; ++i) text += ",:v";
    return text + ")";
  };
  EXPECT_TRUE(parse_condition(in(kMaxInOperands)));
  EXPECT_FALSE(parse_condition(in(kMaxInOperands + 1)));
}

TEST(Bounds, NestingEndsBeforeTheStackDoes) {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "NOT (";
  const auto read = parse_condition(deep);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::limit_exceeded);
}

TEST(Mistakes, AreToldWithTheirPlace) {
  EXPECT_EQ(parse_condition("a = :a AND").error().message,
            "'end of the expression' is not expected at byte 11 of the expression");
  EXPECT_EQ(parse_condition("a ! :a").error().message,
            "the expression holds what is no part of one at byte 3");
  EXPECT_EQ(parse_update("SET a = :b SET c = :d").error().message,
            "SET stands twice in the update expression");
}

// -- printing and parsing again gives the same tree

std::string word() {
  return *rc::gen::element<std::string>("hits", "#n", "a_1", "B", "#0");
}

Path any_path() {
  Path path;
  path.steps.emplace_back(word());
  const int more = *rc::gen::inRange(0, 3);
  for (int i = 0; i < more; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      path.steps.emplace_back(word());
    } else {
      path.steps.emplace_back(*rc::gen::inRange<std::uint32_t>(0, 50));
    }
  }
  return path;
}

Expression any_value() {
  return {.kind = Kind::value, .text = *rc::gen::element<std::string>(":v", ":0", ":limit_1")};
}

Expression a_path() {
  return {.kind = Kind::path, .path = any_path()};
}

Expression any_operand() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return any_value();
    case 1:
      return {.kind = Kind::call, .text = "size", .operands = {a_path()}};
    default:
      return a_path();
  }
}

Expression any_condition(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 5)) {
    case 0:
      return {.kind = Kind::compare,
              .text = *rc::gen::element<std::string>("=", "<>", "<", "<=", ">", ">="),
              .operands = {any_operand(), any_operand()}};
    case 1:
      return {.kind = Kind::between, .operands = {any_operand(), any_operand(), any_operand()}};
    case 2:
      return {.kind = Kind::in, .operands = {any_operand(), any_operand(), any_operand()}};
    case 3:
      return {.kind = Kind::call, .text = "attribute_not_exists", .operands = {a_path()}};
    case 4:
      return {.kind = Kind::call, .text = "contains", .operands = {any_operand(), any_operand()}};
    case 5:
      return {.kind = Kind::not_, .operands = {any_condition(depth - 1)}};
    default:
      return {.kind = *rc::gen::element(Kind::and_, Kind::or_),
              .operands = {any_condition(depth - 1), any_condition(depth - 1)}};
  }
}

Expression any_assigned() {
  const auto summand = [] {
    if (*rc::gen::arbitrary<bool>()) return any_value();
    return Expression{
        .kind = Kind::call, .text = "if_not_exists", .operands = {a_path(), any_value()}};
  };
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return {.kind = Kind::sum,
              .text = *rc::gen::element<std::string>("+", "-"),
              .operands = {summand(), summand()}};
    case 1:
      return {.kind = Kind::call, .text = "list_append", .operands = {a_path(), summand()}};
    default:
      return summand();
  }
}

TEST(Property, AConditionPrintedAndParsedAgainIsTheSameTree) {
  EXPECT_TRUE(rc::check([] {
    const Expression tree = any_condition(4);
    const auto again = parse_condition(to_string(tree));
    RC_ASSERT(again);
    RC_ASSERT(*again == tree);
  }));
}

TEST(Property, AnUpdatePrintedAndParsedAgainIsTheSameTree) {
  EXPECT_TRUE(rc::check([] {
    UpdateExpression tree;
    const int entries = *rc::gen::inRange(1, 5);
    for (int i = 0; i < entries; ++i) {
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          tree.set.push_back({any_path(), any_assigned()});
          break;
        case 1:
          tree.remove.push_back(any_path());
          break;
        case 2:
          tree.add.push_back({any_path(), any_value()});
          break;
        default:
          tree.delete_.push_back({any_path(), any_value()});
      }
    }
    const auto again = parse_update(to_string(tree));
    RC_ASSERT(again);
    RC_ASSERT(*again == tree);
  }));
}

}  // namespace
}  // namespace weir::tap
