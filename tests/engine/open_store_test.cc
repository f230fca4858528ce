#include "engine/open_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/limiter_fixture.h"
#include "support/loopback_server.h"

namespace weir::engine {
namespace {

using namespace std::chrono_literals;

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

// Two processes with no pepper of their own: that of the file makes their keys the same.
TEST(OpenStore, LimitersOfOneFileCountTogetherWithoutAPepper) {
  test::ManualClock clock(kStart);
  std::string folder = (std::filesystem::temp_directory_path() / "weir-open-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  policy::Policy policy;
  policy.store = policy::SharedStore{.file = folder + "/weir.store", .max_keys = 100};
  policy.rules = {per_client(3)};
  std::vector<std::unique_ptr<Limiter>> limiters;
  std::string warning;
  for (const std::int64_t max_keys : {100, 200}) {
    std::get<policy::SharedStore>(policy.store).max_keys = max_keys;
    EXPECT_EQ(warning, "");
    auto store = open_store(policy, nothing_set, clock,
                            [&](std::string_view said) { warning = std::string(said); });
    ASSERT_TRUE(store.has_value()) << store.error().to_string();
    EXPECT_EQ((*store)->name(), "shared");
    auto limiter = Limiter::make(policy, {.clock = clock, .store = *std::move(store)});
    ASSERT_TRUE(limiter.has_value());
    limiters.push_back(*std::move(limiter));
  }
  EXPECT_NE(warning.find("was made for 100 keys, not the policy's 200"), std::string::npos);
  int admitted = 0;
  for (int i = 0; i < 6; ++i) {
    const Decision decision =
        limiters[static_cast<std::size_t>(i) % 2]->decide({.peer = "203.0.113.7", .method = "GET"});
    if (decision.verdict == Verdict::admitted) ++admitted;
  }
  EXPECT_EQ(admitted, 3);
  std::filesystem::remove_all(folder);
}

TEST(OpenStore, SaysWhatIsMissing) {
  test::ManualClock clock(kStart);
  const auto store = open_store(policy_of(""), nothing_set, clock);
  ASSERT_FALSE(store.has_value());
  EXPECT_NE(store.error().message.find("region"), std::string::npos) << store.error().to_string();
  EXPECT_FALSE(store.error().cure.empty());
}

// What DynamoDB answers to the check of a table: a failed condition if all is well.
class OpenStoreTest : public testing::Test {
 protected:
  OpenStoreTest()
      : server_([this](test::LoopbackServer::Peer& peer) {
          while (peer.read_request()) peer.write(answer_);
        }) {}

  void answer(const std::string& error, const std::string& date) {
    const std::string body = R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + error + R"("})";
    answer_ = "HTTP/1.1 400 X\r\nDate: " + date +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  // kStart
  static constexpr const char* kNow = "Fri, 15 Jan 2027 08:00:00 GMT";
  static constexpr const char* kEightSecondsBefore = "Fri, 15 Jan 2027 07:59:52 GMT";
  test::ManualClock clock_{kStart};

 private:
  std::string answer_;
  test::LoopbackServer server_;
};

std::optional<std::string> any_credentials(std::string_view name) {
  if (name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY") return "test";
  return std::nullopt;
}

TEST_F(OpenStoreTest, AsksForThePolicysTableInItsRegion) {
  answer("ResourceNotFoundException", kNow);
  policy::Policy policy = policy_of(endpoint());
  std::get<policy::DynamoDbStore>(policy.store).table = "mine";
  std::get<policy::DynamoDbStore>(policy.store).region = "eu-west-7";
  const auto store = open_store(policy, any_credentials, clock_);
  ASSERT_TRUE(store.has_value());
  const Status ready = (*store)->check(5s);
  ASSERT_FALSE(ready);
  EXPECT_NE(ready.error().message.find("table 'mine' does not exist in region eu-west-7"),
            std::string::npos)
      << ready.error().to_string();
}

TEST_F(OpenStoreTest, WarnsOfAClockThatIsFurtherOffThanThePolicyAllowsFor) {
  answer("ConditionalCheckFailedException", kEightSecondsBefore);
  for (const auto& [skew, warnings] : {std::pair(1s, 1U), std::pair(20s, 0U)}) {
    policy::Policy policy = policy_of(endpoint());
    policy.max_clock_skew = skew;
    std::vector<std::string> heard;
    const auto store = open_store(policy, any_credentials, clock_,
                                  [&](std::string_view text) { heard.emplace_back(text); });
    ASSERT_TRUE(store.has_value());
    const Status ready = (*store)->check(5s);
    EXPECT_TRUE(ready) << ready.error().to_string();
    EXPECT_EQ(heard.size(), warnings);
  }
}

// A closed port: the real store, failing for real.
TEST(OpenStore, ADynamoDbThatCannotBeReachedIsAnOutageAndNoRefusal) {
  test::ManualClock clock(kStart);
  policy::Policy policy = policy_of("http://127.0.0.1:1");
  policy.rules = {per_client(1)};
  policy.rules[0].on_store_failure = policy::OnStoreFailure::deny;
  auto store = open_store(policy, any_credentials, clock);
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
