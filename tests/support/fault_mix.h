// FaultMix: which fault a request meets, by probability. What a FaultProxy asks.
//
// The seed fixes the sequence of draws; which request gets which draw depends on the order in which
// they arrive. One draw a request: the rules share it, so their probabilities add up, to at most 1.
//
// Thread safety: every member may be called from any thread.
//
//   FaultMix mix(seed);
//   FaultProxy proxy(emulator.port(), std::ref(mix));
//   mix.set({{"lost answers", 0.2, {Fault::Kind::lose_answer}}});
//   mix.set({});  // over
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/rng.h"
#include "support/fault_proxy.h"

namespace weir::test {

struct FaultRule {
  std::string name;
  double probability = 0;
  Fault fault;
  std::string operation = {};  // only requests of this one, such as "UpdateItem"; empty: all
  bool give_backs = false;     // only writes that give back
};

class FaultMix {
 public:
  explicit FaultMix(std::uint64_t seed) : rng_(seed) {}

  void set(std::vector<FaultRule> rules);
  Fault operator()(std::string_view request);

  // How often each rule was followed, by its name.
  std::map<std::string, int> met() const;

 private:
  mutable std::mutex mutex_;
  std::vector<FaultRule> rules_;
  std::map<std::string, int> met_;
  Rng rng_;
};

}  // namespace weir::test
