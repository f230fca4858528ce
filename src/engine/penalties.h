// Penalties: who is refused by a rule more often than it bears is refused everything by it for a
// while, without being counted.
//
// Refusals are counted by the rule's key and the client's network together (CompiledRule::
// penalty_key): a stranger who hammers with somebody else's API key makes nobody wait but those of
// the stranger's own network. They are counted in this process, since a write to a shared store for
// each refusal would be what an attacker wants. A penalty ends when its wait is over, whatever is
// tried meanwhile; with the slot rounding of limit/exact_window.h up to 1/60 of it later.
//
// Bounded: beyond kMaxKeys callers of late nobody new is penalised; limits hold as ever.
//
// Thread safety: every member may be called from any thread at once.
#pragma once

#include <memory>
#include <optional>

#include "engine/compiled_rule.h"
#include "store/memory/memory_store.h"

namespace weir::engine {

class Penalties {
 public:
  static constexpr std::size_t kMaxKeys = 65'536;

  static Result<std::unique_ptr<Penalties>> make();

  // Until when this caller is refused by the rule; nullopt: it is not penalised.
  std::optional<Time> until(const Candidate& asked, Asker& asker, Time now);

  // The rule has refused this caller.
  void count_refusal(const Candidate& asked, Asker& asker, Time now);

 private:
  explicit Penalties(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
  const std::unique_ptr<store::Store> store_;
};

}  // namespace weir::engine
