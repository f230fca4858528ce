// Filling a limit and seeing it refuse: where every scan begins.
// Thread safety: as the Bench.
#pragma once

#include "scan/experiment/bench.h"

namespace weir::scan {

// Without a refusal after so many requests the operation counts as unlimited (one after the other,
// then at once).
inline constexpr int kUnlimitedInARow = 120;
inline constexpr int kUnlimitedTogether = 40;
// In a row, before an answer is believed to be the limit's: random faults come alone.
inline constexpr std::size_t kRefusalsInARow = 3;
// Of the same status as an admitted answer. More, as answers may come in two forms by chance.
inline constexpr std::size_t kLookalikesInARow = 12;

enum class FillResult {
  refused,       // the limit is reached and its refusal is learned
  unlimited,     // the budget was sent without a refusal
  no_admission,  // the base request itself was never admitted
  no_answer,     // the target does not answer
};

// Learns what admitted looks like, sends until refused, and learns what refused looks like.
// Afterwards looks whether other processes still admit. `first` is the answer to the first base
// request, which has been sent already.
FillResult fill_first(Bench& bench, const Reply& first, double max_wait_s);

struct Refill {
  bool refused = false;  // the base is refused now
  int admitted = 0;      // so many passed before it was
};

// Makes sure that the base is refused now: sends it until it is.
Refill ensure_refused(Bench& bench, std::string_view note = "control");

// Sends one after the other until refused or `most` were admitted; returns the admitted ones.
std::vector<Reply> fill(Bench& bench, int most, std::string_view note);

}  // namespace weir::scan
