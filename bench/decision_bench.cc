// What one decision costs, from the facts of a request to the answer, over the memory store: beside
// what it cannot do without, the stored key's HMAC and the store's own charge, in the same run.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "base/system_clock.h"
#include "engine/limiter.h"
#include "identity/key_tuple.h"
#include "store/memory/memory_store.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPeer = "203.0.113.7";

policy::Rule rule(std::string id, std::vector<policy::KeyPart> key, std::int64_t n) {
  return {.id = std::move(id), .key = std::move(key), .limit = {n, 1min}};
}

std::unique_ptr<engine::Limiter> limiter_of(Clock& clock, std::vector<policy::Rule> rules) {
  policy::Policy policy;
  policy.pepper = "0123456789abcdef0123456789abcdef";
  policy.rules = std::move(rules);
  return *engine::Limiter::make(
      std::move(policy),
      {.clock = clock, .store = *store::MemoryStore::create({}), .on_event = {}});
}

void decide(benchmark::State& state, const std::vector<policy::Rule>& rules) {
  base::SystemClock clock;
  const std::unique_ptr<engine::Limiter> limiter = limiter_of(clock, rules);
  const identity::Request request{.peer = kPeer, .method = "GET", .route = "/quotes/{pair}"};
  for (auto _ : state) benchmark::DoNotOptimize(limiter->decide(request));
}

void DecisionAdmitted(benchmark::State& state) {
  decide(state, {rule("per-client", {policy::KeyPart::client_ip}, kMaxCount)});
}
BENCHMARK(DecisionAdmitted);

void DecisionRefused(benchmark::State& state) {
  decide(state, {rule("per-client", {policy::KeyPart::client_ip}, 1)});
}
BENCHMARK(DecisionRefused);

void DecisionOfThreeRules(benchmark::State& state) {
  decide(state, {rule("per-client", {policy::KeyPart::client_ip}, kMaxCount),
                 rule("per-route", {policy::KeyPart::route}, kMaxCount),
                 rule("everybody", {}, kMaxCount)});
}
BENCHMARK(DecisionOfThreeRules);

void StoredKeyAlone(benchmark::State& state) {
  const identity::KeyTuple prefix("0123456789abcdef0123456789abcdef", "default", "per-client");
  for (auto _ : state) {
    identity::KeyTuple tuple = prefix;
    tuple.add("client_ip");
    tuple.add("\xcb\x00\x71\x07");
    benchmark::DoNotOptimize(tuple.key());
  }
}
BENCHMARK(StoredKeyAlone);

void StoreAlone(benchmark::State& state) {
  base::SystemClock clock;
  const auto store = *store::MemoryStore::create({});
  store::ChargeRequest request{
      .key = {}, .limit = limit::WindowLimit{kMaxCount, limit::Geometry::for_window(1min)}};
  for (auto _ : state) {
    request.now = clock.now();
    benchmark::DoNotOptimize(store->charge(request));
  }
}
BENCHMARK(StoreAlone);

}  // namespace
}  // namespace weir
