#include "support/fault_mix.h"

#include "support/dynamodb_wire.h"

namespace weir::test {

void FaultMix::set(std::vector<FaultRule> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

Fault FaultMix::operator()(std::string_view request) {
  const WireRequest asked = read_wire_request(request);
  const std::lock_guard lock(mutex_);
  double draw = static_cast<double>(rng_() >> 11) * 0x1p-53;  // uniform in [0, 1)
  for (const FaultRule& rule : rules_) {
    if (!rule.operation.empty() && rule.operation != asked.operation) continue;
    if (rule.give_backs && !asked.gives_back) continue;
    if (draw < rule.probability) {
      ++met_[rule.name];
      return rule.fault;
    }
    draw -= rule.probability;
  }
  return {};
}

std::map<std::string, int> FaultMix::met() const {
  const std::lock_guard lock(mutex_);
  return met_;
}

}  // namespace weir::test
