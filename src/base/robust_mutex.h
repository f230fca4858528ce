// A lock between processes whose holder may be killed: the kernel then tells the next one who takes
// it (EOWNERDEAD), who mends what it guards and calls pthread_mutex_consistent(3).
#pragma once

#include <pthread.h>

namespace weir::base {

// Makes a robust mutex in memory that processes share, for as long as this machine runs. Nobody
// else may use it yet. Returns 0 or an errno: a system may not have such locks.
inline int make_robust_mutex(pthread_mutex_t* mutex) {
  pthread_mutexattr_t attributes;
  int error = ::pthread_mutexattr_init(&attributes);
  if (error != 0) return error;
  error = ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (error == 0) error = ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (error == 0) error = ::pthread_mutex_init(mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  return error;
}

}  // namespace weir::base
