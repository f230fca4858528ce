// The one door through which Weir learns what time it is.
//
// Real programs use weir::base::SystemClock; tests and the simulator bring their own.
// Implementations must be safe to call from many threads at once. Callers must bear a clock that
// goes back a little: the algorithms do, by charging the newest slot.
#pragma once

#include "weir/time.h"

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;

  // Real time, as well as this machine knows it.
  virtual Time now() = 0;
};

}  // namespace weir
