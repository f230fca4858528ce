// What this process has cost so far.
#pragma once

#include <sys/resource.h>

#include <ctime>

namespace weir::bench {

// Processor time of all its threads, in seconds.
inline double cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Its memory at its highest, in megabytes.
inline double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

}  // namespace weir::bench
