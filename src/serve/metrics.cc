#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "engine/decision_record.h"

namespace weir::serve {
namespace {

constexpr std::array<std::string_view, 3> kApiNames = {"check", "auth", "rls"};
constexpr std::array kVerdictsInOrder = {Verdict::admitted, Verdict::refused, Verdict::denied,
                                         Verdict::malformed, Verdict::unavailable};

// From what a decision in memory takes to the longest budget of a store.
const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005,
    0.01,    0.02,    0.05,    0.1,    0.2,    0.5,    1,     2,     5};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Metrics::Metrics(std::string_view version)
    : registry_(std::make_shared<prometheus::Registry>()),
      refusals_(counters(*registry_, "weir_rule_refusals_total", "Requests that a rule refused")),
      degraded_(counters(*registry_, "weir_degraded_decisions_total",
                         "Decisions by a failure policy, because the store could not decide")
                    .Add({})),
      shed_(counters(*registry_, "weir_shed_decisions_total",
                     "Decisions without the store, because too many were waiting")
                .Add({})),
      loaded_at_(gauges(*registry_, "weir_policy_loaded_timestamp_seconds",
                        "When the policy in force was read")
                     .Add({})),
      store_up_(gauges(*registry_, "weir_store_up", "Whether the store can decide").Add({})),
      waiting_(
          gauges(*registry_, "weir_waiting_decisions", "Decisions that wait for a thread").Add({})),
      open_(gauges(*registry_, "weir_open_decisions", "Admitted requests to be finished or settled")
                .Add({})),
      connections_(gauges(*registry_, "weir_connections", "Open connections")) {
  auto& decisions = counters(*registry_, "weir_decisions_total", "Decisions");
  auto& took = prometheus::BuildHistogram()
                   .Name("weir_decision_seconds")
                   .Help("From a whole request to its decision")
                   .Register(*registry_);
  for (std::size_t api = 0; api < kApis; ++api) {
    const std::string name(kApiNames[api]);
    took_[api] = &took.Add({{"api", name}}, kSeconds);
    for (std::size_t i = 0; i < kVerdicts; ++i) {
      const std::string verdict(engine::to_string(kVerdictsInOrder[i]));
      decisions_[api][i] = &decisions.Add({{"api", name}, {"verdict", verdict}});
    }
  }
  auto& reloads =
      counters(*registry_, "weir_policy_reloads_total", "Attempts to read the policy anew");
  reloads_ = {&reloads.Add({{"result", "failed"}}), &reloads.Add({{"result", "done"}})};
  gauges(*registry_, "weir_build_info", "1").Add({{"version", std::string(version)}}).Set(1);
}

Metrics::~Metrics() = default;

void Metrics::count(Api api, const Decision& decision, Duration took) {
  static_assert(static_cast<std::size_t>(Verdict::unavailable) == kVerdicts - 1);
  const auto of = static_cast<std::size_t>(api);
  decisions_[of][static_cast<std::size_t>(decision.verdict)]->Increment();
  took_[of]->Observe(seconds(took));
  if (decision.degraded) degraded_.Increment();
  if (decision.verdict == Verdict::refused) refusals_.Add({{"rule", decision.rule}}).Increment();
}

void Metrics::count_shed() {
  shed_.Increment();
}

void Metrics::count_reload(bool done, Time now) {
  reloads_[done ? 1 : 0]->Increment();
  if (done) loaded_at_.Set(seconds(now.time_since_epoch()));
}

void Metrics::set_store_up(bool up) {
  store_up_.Set(up ? 1 : 0);
}

void Metrics::set_waiting(std::size_t waiting) {
  waiting_.Set(static_cast<double>(waiting));
}

void Metrics::set_open(std::size_t open) {
  open_.Set(static_cast<double>(open));
}

void Metrics::set_connections(std::string_view listener, std::size_t connections) {
  connections_.Add({{"listener", std::string(listener)}}).Set(static_cast<double>(connections));
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace weir::serve
