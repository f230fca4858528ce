#include "engine/penalties.h"

#include <utility>

namespace weir::engine {
namespace {

// A wait is a window of one admission: taken when it begins, full until it is over.
store::ChargeRequest wait_of(const CompiledRule& rule, const Key& key, Time now) {
  return {.key = key,
          .limit = limit::WindowLimit{1, limit::Geometry::for_window(rule.rule().penalty->wait)},
          .now = now};
}

}  // namespace

Result<std::unique_ptr<Penalties>> Penalties::make() {
  Result<std::unique_ptr<store::MemoryStore>> store =
      store::MemoryStore::create({.max_keys = kMaxKeys});
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<Penalties>(new Penalties(*std::move(store)));
}

std::optional<Time> Penalties::until(const Candidate& asked, Asker& asker, Time now) {
  const CompiledRule* const rule = asked.rule;
  const Result<Key> key = rule->penalty_key(asker, asked.subject, "penalty.wait");
  if (!key) return std::nullopt;
  const auto waiting = store_->known_refusal(wait_of(*rule, *key, now));
  if (!waiting) return std::nullopt;
  return waiting->charge.room_at;
}

void Penalties::count_refusal(const Candidate& asked, Asker& asker, Time now) {
  const CompiledRule* const rule = asked.rule;
  const Result<Key> refusals = rule->penalty_key(asker, asked.subject, "penalty.refusals");
  const Result<Key> wait = rule->penalty_key(asker, asked.subject, "penalty.wait");
  if (!refusals || !wait) return;
  const Rate& borne = rule->rule().penalty->refusals;
  const auto counted = store_->charge(
      {.key = *refusals,
       .limit = limit::WindowLimit{borne.count, limit::Geometry::for_window(borne.window)},
       .now = now});
  if (counted && !counted->charge.admitted)
    static_cast<void>(store_->charge(wait_of(*rule, *wait, now)));
}

}  // namespace weir::engine
