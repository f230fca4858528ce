// The judge: did the admissions of a run keep the promises of docs/limiter.md?
//
// It knows real time and everything that the table has done, and nothing of how the limiter
// decides. Each promise is looked at by an obvious search over lists of instants: independent of
// limit/ and of store/, so that it cannot share a mistake with them.
//
// Thread safety: pure functions over plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "limit/limit.h"
#include "sim/scenario.h"
#include "weir/time.h"

namespace weir::sim {

// A request that was let through. An admission has no one instant: its clock was read, the table
// charged it, the answer came. The promise holds for each of the three.
struct Admission {
  Time asked{}, charged{}, answered{};
  std::int64_t cost = 1;
  int version = 0;  // of the rule's numbers, at the node that let it through
  std::uint64_t subject = 0;
  Time finished{};  // concurrency: when its place was no longer needed
  std::uint32_t request = 0;
  std::int64_t slot = 0;  // exact window: that it was charged to, as the node understood it
};

struct Refusal {
  Time asked{}, answered{};
  std::int64_t cost = 1;
  int version = 0;
  std::uint64_t subject = 0;
  std::uint32_t request = 0;
};

// What the table did for this key, wanted or not.
struct Commit {
  Time at{};
  std::int64_t cost = 1;
  std::uint64_t subject = 0;
};

// What the table did to the count of one slot; below zero: given back.
struct Booking {
  std::int64_t slot = 0;
  std::int64_t change = 0;
};

// All about one key of one rule.
struct Account {
  std::vector<Admission> admissions;
  std::vector<Refusal> refusals;
  std::vector<Commit> commits;                           // charges, in order of time
  std::vector<Booking> bookings;                         // exact window on DynamoDB
  std::vector<std::pair<std::uint64_t, Time>> releases;  // concurrency: subject and when
};

struct Violation {
  std::string promise;   // "at most N in any W": what was broken, the same for like failures
  std::string sentence;  // with the numbers
  Time at{};             // when it had happened
};

// The first broken promise, or nullopt. `rule` and `key` are for the sentence.
std::optional<Violation> judge(const Account& account, const Scenario& scenario, const Rule& rule,
                               int key, Time end);

}  // namespace weir::sim
