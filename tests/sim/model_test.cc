// The simulator's DynamoDB against real ones: the same random conditional updates, and the same
// answers, items and all.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstring>
#include <memory>

#include "base/system_clock.h"
#include "sim/draws.h"
#include "store/dynamodb/client.h"
#include "store/dynamodb/conditional_update.h"
#include "store/dynamodb/request_body.h"
#include "store/dynamodb/table.h"
#include "support/emulator.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using store::AttributeName;
using store::Relation;

constexpr int kUpdates = 400;
constexpr int kKeys = 3;
constexpr const char* kNames[] = {"g", "t", "v", "w", "lw", "exp", "s0", "s1", "s60"};
constexpr Relation kRelations[] = {
    Relation::equal,   Relation::not_equal,        Relation::less,    Relation::less_or_equal,
    Relation::greater, Relation::greater_or_equal, Relation::present, Relation::absent};

// Few values, so that conditions meet equal ones, and some at the ends of what Weir stores.
std::int64_t random_value(const Draws& draws) {
  return draws.chance(0, 100) ? draws.one_of(1, {INT64_MAX / 4, INT64_MIN / 4})
                              : draws.between(2, -3, 3);
}

store::Requirement random_requirement(const Draws& draws) {
  if (draws.chance(0, 100)) return store::kNoItem;
  return {draws.one_of(1, kNames), draws.one_of(2, kRelations), random_value(draws.of(3))};
}

store::ConditionalUpdate random_update(const Draws& draws) {
  store::ConditionalUpdate update;
  const std::int64_t key = draws.between(0, 1, kKeys);
  std::memcpy(update.key.bytes.data(), &key, sizeof(key));
  std::uint64_t which = 10;
  for (const char* name : kNames) {
    const Draws of_name = draws.of(which++);
    switch (of_name.below(0, 6)) {
      case 0:
        update.set.push_back({name, random_value(of_name)});
        break;
      case 1:
        update.add.push_back({name, of_name.between(1, -3, 3)});
        break;
      case 2:
        update.remove.push_back(name);
        break;
      default:
        break;
    }
  }
  if (update.set.empty() && update.add.empty() && update.remove.empty())
    update.add.push_back({"t", 1});
  const std::int64_t alternatives = draws.between(1, 1, 3);
  for (std::int64_t i = 0; i < alternatives; ++i) {
    std::vector<store::Requirement> all_of;
    const std::int64_t count = draws.between(100 + static_cast<std::uint64_t>(i), 1, 3);
    for (std::int64_t k = 0; k < count; ++k) {
      all_of.push_back(random_requirement(draws.of(200 + static_cast<std::uint64_t>(10 * i + k))));
    }
    update.any_of.push_back(std::move(all_of));
  }
  return update;
}

std::optional<store::Item> item_of(const json::object& answer, std::string_view member) {
  const json::value* found = answer.if_contains(member);
  if (found == nullptr) return std::nullopt;
  store::Item item;
  for (const auto& [name, value] : found->as_object()) {
    if (name == "k") continue;
    const std::string number(value.as_object().at("N").as_string());
    item.set(AttributeName(std::string_view(name)), std::stoll(number));
  }
  return item;
}

std::string text_of(const std::optional<store::Item>& item) {
  if (!item) return "no item";
  std::string text;
  for (const store::Attribute& attribute : *item)
    text += std::string(attribute.name.text()) + "=" + std::to_string(attribute.value) + " ";
  return text;
}

class Model : public testing::TestWithParam<const char*> {};

TEST_P(Model, AnswersRandomConditionalUpdatesAsTheEmulatorDoes) {
  const test::Emulator emulator(GetParam());
  base::SystemClock clock;
  const Environment environment = emulator.environment();
  const store::DynamoDbOptions options;
  store::DynamoDbClient client(options, store::resolve_target(options, environment).value(),
                               environment, store::make_http_client(options, environment).value(),
                               clock);
  const auto table = store::create_table(client, net::Deadline::in(60s));
  ASSERT_TRUE(table) << table.error().to_string();

  std::array<std::optional<store::Item>, kKeys + 1> model;
  int done = 0;
  for (int i = 0; i < kUpdates; ++i) {
    const store::ConditionalUpdate update = random_update(Draws(static_cast<std::uint64_t>(i)));
    std::int64_t key = 0;
    std::memcpy(&key, update.key.bytes.data(), sizeof(key));
    const store::CallResult answer = client.call(
        "UpdateItem", store::update_body(update, options.table), net::Deadline::in(20s));
    ASSERT_TRUE(answer.fate == store::Fate::done || answer.fate == store::Fate::condition_failed)
        << answer.error.to_string();
    const bool was_done = answer.fate == store::Fate::done;
    const json::object body = json::parse(answer.body).as_object();

    store::UpdateResult expected =
        store::apply_update(update, model[static_cast<std::size_t>(key)]);
    ASSERT_EQ(expected.done, was_done) << store::update_body(update, options.table);
    ASSERT_EQ(text_of(expected.item), text_of(item_of(body, was_done ? "Attributes" : "Item")))
        << store::update_body(update, options.table);
    if (was_done) model[static_cast<std::size_t>(key)] = expected.item;
    done += was_done ? 1 : 0;
  }
  EXPECT_GT(done, kUpdates / 5);
  EXPECT_LT(done, kUpdates * 4 / 5);
}

INSTANTIATE_TEST_SUITE_P(Emulators, Model,
                         testing::Values("dynoxide", "extenddb", "dynamodb-local"),
                         [](const auto& emulator) {
                           std::string name = emulator.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace weir::sim
