#include "engine/open_store.h"

#include <gtest/gtest.h>

#include "engine/limiter_fixture.h"

namespace weir::engine {
namespace {

std::optional<std::string> nothing_set(std::string_view /*name*/) {
  return std::nullopt;
}

policy::Policy policy_of(std::string endpoint) {
  policy::Policy policy;
  auto& store = policy.store.emplace<policy::DynamoDbStore>();
  store.table = "weir";
  store.endpoint = std::move(endpoint);
  policy.pepper = "0123456789abcdef";
  return policy;
}

TEST(OpenStore, OpensTheStoreThatThePolicyNames) {
  test::ManualClock clock(kStart);
  EXPECT_EQ((*open_store({}, nothing_set, clock))->name(), "memory");
  EXPECT_EQ((*open_store(policy_of("http://127.0.0.1:1"), nothing_set, clock))->name(), "dynamodb");
}

TEST(OpenStore, SaysWhatIsMissing) {
  test::ManualClock clock(kStart);
  const auto store = open_store(policy_of(""), nothing_set, clock);
  ASSERT_FALSE(store.has_value());
  EXPECT_NE(store.error().message.find("region"), std::string::npos) << store.error().to_string();
  EXPECT_FALSE(store.error().cure.empty());
}

// A closed port: the real store, failing for real.
TEST(OpenStore, ADynamoDbThatCannotBeReachedIsAnOutageAndNoRefusal) {
  test::ManualClock clock(kStart);
  policy::Policy policy = policy_of("http://127.0.0.1:1");
  policy.rules = {per_client(1)};
  policy.rules[0].on_store_failure = policy::OnStoreFailure::deny;
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY") return "test";
    return std::nullopt;
  };
  auto store = open_store(policy, environment, clock);
  ASSERT_TRUE(store.has_value());
  std::vector<Event> events;
  auto limiter = Limiter::make(
      policy, {.clock = clock, .store = *std::move(store), .on_event = [&](const Event& event) {
                 events.push_back(event);
               }});
  const Decision decision = (*limiter)->decide({.peer = "203.0.113.7", .method = "GET"});
  EXPECT_EQ(decision.verdict, Verdict::unavailable);
  EXPECT_TRUE(decision.degraded);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Event::Kind::store_failing);
}

}  // namespace
}  // namespace weir::engine
