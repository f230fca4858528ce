// The writes of each algorithm: what plan.cc chooses from. Private to it.
//
// Each function gives the clauses and the condition; plan.cc adds what all writes have (the number
// of the write, the version).
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "store/dynamodb/plan.h"

namespace weir::store {

// A write without its version and number.
struct Write {
  std::vector<Attribute> set = {};
  std::vector<Attribute> add = {};
  std::vector<AttributeName> remove = {};
  std::vector<Requirement> all_of = {};  // of an item that exists; empty: only if there is none
  std::vector<std::vector<Requirement>> one_of = {};  // one of these besides; empty: nothing
};

// Another life of the key, where nothing of the one before is live. Its version starts at `begin`.
// Without `all_of`: only if there is no item.
struct Opening {
  Write write;
  Time begin;
};

Opening open_window(const Plan& plan, const limit::WindowLimit& limit);
Write charge_window(const Plan& plan, const limit::WindowLimit& limit, std::int64_t cost);
Write roll_window(const Plan& plan, const limit::OwnedWindow& seen, const limit::WindowLimit& limit,
                  std::int64_t cost);
Write give_back_window(const limit::WindowLimit& limit, std::int64_t slot, std::int64_t cost);

Opening open_gcra(const Plan& plan, const limit::GcraLimit& limit, Time now);
Write charge_gcra(const limit::GcraLimit& limit, Time now, std::int64_t cost);
Write refill_gcra(const Plan& plan, const limit::GcraLimit& limit, Time now);
Write give_back_gcra(const limit::GcraLimit& limit, Time now, std::int64_t slot, Duration debt);

Opening open_fixed_window(const Plan& plan);
Write charge_fixed_window(const Plan& plan, const limit::FixedWindowLimit& limit,
                          std::int64_t cost);
Write roll_fixed_window(const Plan& plan);
Write give_back_fixed_window(std::int64_t slot, std::int64_t cost);

Opening open_distinct(const Plan& plan);
Write charge_distinct(const Plan& plan, const limit::OwnedDistinct& seen,
                      const limit::DistinctLimit& limit, std::uint64_t value);

Opening open_holds(const Plan& plan, const limit::ConcurrencyLimit& limit, Time now);
Write take_place(const limit::OwnedHolds& seen, const limit::ConcurrencyLimit& limit, Time now,
                 std::uint64_t id);
Write release_place(std::uint64_t id);

}  // namespace weir::store
