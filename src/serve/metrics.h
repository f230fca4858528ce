// Metrics: what the daemon counts of itself, as Prometheus reads it.
//
//   weir_decisions_total{api,verdict}         api: check, auth, rls. verdict: as in decision
//   records weir_rule_refusals_total{rule}            refused, and the rule that did
//   weir_degraded_decisions_total             decided by a failure policy, not by the store
//   weir_shed_decisions_total                 decided so because too many were waiting
//   weir_decision_seconds{api}                from the whole request to the decision
//   weir_store_up                             0 while the store cannot decide
//   weir_waiting_decisions, weir_open_decisions, weir_connections{listener}
//   weir_policy_reloads_total{result}         done, failed
//   weir_policy_loaded_timestamp_seconds, weir_build_info{version}
//
// Labels come from the policy and from here, never from a client.
//
// Thread safety: every member may be called from any thread.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "weir/decision.h"
#include "weir/time.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <class T>
class Family;
}  // namespace prometheus

namespace weir::serve {

enum class Api { check, auth, rls };

class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();

  void count(Api api, const Decision& decision, Duration took);
  void count_shed();
  void count_reload(bool done, Time now);
  void set_store_up(bool up);
  void set_waiting(std::size_t waiting);
  void set_open(std::size_t open);
  void set_connections(std::string_view listener, std::size_t connections);

  // Prometheus' text format, version 0.0.4.
  std::string text() const;

 private:
  static constexpr std::size_t kApis = 3;
  static constexpr std::size_t kVerdicts = 5;

  const std::shared_ptr<prometheus::Registry> registry_;
  std::array<std::array<prometheus::Counter*, kVerdicts>, kApis> decisions_{};
  std::array<prometheus::Histogram*, kApis> took_{};
  prometheus::Family<prometheus::Counter>& refusals_;
  prometheus::Counter& degraded_;
  prometheus::Counter& shed_;
  std::array<prometheus::Counter*, 2> reloads_{};
  prometheus::Gauge& loaded_at_;
  prometheus::Gauge& store_up_;
  prometheus::Gauge& waiting_;
  prometheus::Gauge& open_;
  prometheus::Family<prometheus::Gauge>& connections_;
};

}  // namespace weir::serve
