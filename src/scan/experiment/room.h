// Watching for room to come back after a refusal: when it does is what tells W and the kind of the
// limit, and whether Retry-After tells the truth.
// Thread safety: as the Bench.
#pragma once

#include <optional>

#include "scan/experiment/bench.h"

namespace weir::scan {

struct Room {
  double last_refused_s = 0;   // when the last refused request was sent
  double admitted_sent_s = 0;  // the first that was admitted
  double admitted_s = 0;       // its answer
};

enum class Polling {
  as_told,  // first when the last refusal said (Retry-After), nothing sent before; else coarsely
  finely,   // at widening gaps from the start, to see the moment itself
};

// Polls the base until it is admitted; silent until `quiet_until_s`. nullopt: no room by
// `give_up_s`, or the scan stopped.
std::optional<Room> await_room(Bench& bench, double quiet_until_s, double give_up_s,
                               Polling polling = Polling::finely);

}  // namespace weir::scan
