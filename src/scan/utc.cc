#include "scan/utc.h"

#include <fmt/chrono.h>

#include <chrono>
#include <ctime>

namespace weir::scan {

std::string rfc3339(Time time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(seconds.count())));
}

}  // namespace weir::scan
