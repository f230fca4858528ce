// World: nodes with clocks of their own, a network between them and the table, and all that goes
// wrong, in one thread and in the order of real time. The nodes run Weir's own deciding code.
//
// The same scenario gives the same run, event for event, on any machine.
//
// Thread safety: run() is a pure function of its arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/judge.h"
#include "sim/scenario.h"

namespace weir::sim {

struct Outcome {
  std::uint64_t decisions = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;
  std::uint64_t undecided = 0;
  std::uint64_t writes = 0;             // that reached the table
  std::uint64_t failed_conditions = 0;  // of them
  std::uint64_t retries_at_room = 0;    // refusals whose retry_after was held to account
  Duration lasted{};
  std::int64_t largest_item = 0;  // in the table, in bytes as DynamoDB counts
  std::uint64_t times_full = 0;   // steady, one key: how often another N had been admitted,
  Duration between_full{};        // and the time from the first of them to the last
  std::uint64_t digest = 0;       // of the whole history
  std::optional<Violation> violation;
  std::string history;  // if it was kept
};

Outcome run(const Scenario& scenario, bool keep_history = false);

}  // namespace weir::sim
