// What Weir itself asks DynamoDB, of every algorithm, seen by the tap before a real emulator: no
// rule finds anything.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "base/system_clock.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/dynamodb/table.h"
#include "support/emulator.h"
#include "support/keys.h"
#include "support/limits.h"
#include "tap/proxy.h"
#include "tap/recorder.h"
#include "tap/rules/rule.h"

namespace weir::tap {
namespace {

using std::chrono::seconds;

constexpr int kNodes = 2;
constexpr int kThreads = 3;  // of each node
constexpr int kRequests = 120;
// Few, so that they are contended and refused.
constexpr std::size_t kKeys = 4;

class Traffic {
 public:
  explicit Traffic(bool leases) : emulator_("dynoxide"), recorder_({.head = {}, .keep = true}) {
    auto proxy = Proxy::start({.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                               .upstream = {net::Scheme::http, "127.0.0.1", emulator_.port()},
                               .saw = [this](Exchange seen) { recorder_.record(std::move(seen)); }},
                              clock_);
    EXPECT_TRUE(proxy) << proxy.error().to_string();
    proxy_ = *std::move(proxy);
    environment_ = test::emulator_environment(proxy_->address().port);
    options_.leases = leases;
  }

  void create_table() {
    store::DynamoDbClient client(options_, store::resolve_target(options_, environment_).value(),
                                 environment_,
                                 store::make_http_client(options_, environment_).value(), clock_);
    const auto table = store::create_table(client, net::Deadline::in(seconds(30)));
    ASSERT_TRUE(table) << table.error().to_string();
  }

  // Every algorithm on every key, by several threads of several nodes, in real time.
  void charge() {
    std::vector<std::unique_ptr<store::DynamoDbStore>> nodes;
    for (int node = 0; node < kNodes; ++node) {
      auto opened = store::open_dynamodb_store(options_, environment_, clock_,
                                               static_cast<std::uint64_t>(node) + 1);
      ASSERT_TRUE(opened) << opened.error().to_string();
      nodes.push_back(std::move(*opened));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < kNodes * kThreads; ++i) {
      threads.emplace_back([this, i, &node = *nodes[static_cast<std::size_t>(i % kNodes)]] {
        charge_as(node, static_cast<std::uint64_t>(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::vector<Operation> operations() {
    proxy_->stop(seconds(60));
    recorder_.flush();
    return recorder_.operations();
  }

 private:
  void charge_as(store::DynamoDbStore& node, std::uint64_t thread) {
    Rng key_rng(7);  // the same keys for all
    std::vector<Key> keys;
    for (std::size_t i = 0; i < kKeys * test::kAlgorithms; ++i) {
      keys.push_back(test::random_key(key_rng));
    }
    Rng rng(thread + 100);
    for (int i = 0; i < kRequests; ++i) {
      const std::size_t which = rng.below(keys.size());
      const Time now = clock_.now();
      Rng limit_rng(3);  // and the same limits
      store::ChargeRequest request{
          .key = keys[which],
          .limit = test::random_limit(limit_rng, which % test::kAlgorithms, now),
          .subject = rng.below(6),
          .now = now,
          .budget = seconds(30)};
      const auto outcome = node.charge(request);  // contended to the end of its tries: an error
      if (outcome && outcome->charge.admitted && rng.below(10) == 0) {
        static_cast<void>(node.give_back(request, outcome->charge.slot));
      }
    }
  }

  base::SystemClock clock_;
  test::Emulator emulator_;
  Recorder recorder_;
  std::unique_ptr<Proxy> proxy_;
  Environment environment_;
  store::DynamoDbOptions options_;
};

TEST(OwnTrafficTest, NoRuleFindsAnythingInWhatWeirAsks) {
  for (const bool leases : {false, true}) {
    Traffic traffic(leases);
    traffic.create_table();
    traffic.charge();
    const std::vector<Operation> operations = traffic.operations();
    EXPECT_GT(operations.size(), 200u);
    for (const Finding& finding : find_flaws(operations)) {
      ADD_FAILURE() << finding.rule->id << ": " << finding.subject << ": " << finding.claim;
    }
  }
}

}  // namespace
}  // namespace weir::tap
