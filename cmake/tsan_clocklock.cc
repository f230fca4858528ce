// Only in ThreadSanitizer builds. GCC 12's ThreadSanitizer does not know pthread_mutex_clocklock(),
// which std::timed_mutex waits with: it misses the lock, and takes the unlock for an error. It does
// know pthread_mutex_timedlock(), which is the same by another clock, except that it forgets that a
// robust mutex is locked when its last holder has died.
#include <pthread.h>
#include <sanitizer/tsan_interface.h>

#include <cerrno>
#include <ctime>

extern "C" int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                       const timespec* until) noexcept {
  constexpr long kSecond = 1'000'000'000;
  timespec now{};
  timespec wall{};
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  const long ns = wall.tv_nsec + until->tv_nsec - now.tv_nsec;
  wall.tv_sec += until->tv_sec - now.tv_sec + (ns >= kSecond ? 1 : ns < 0 ? -1 : 0);
  wall.tv_nsec = ns >= kSecond ? ns - kSecond : ns < 0 ? ns + kSecond : ns;
  const int error = pthread_mutex_timedlock(mutex, &wall);
  if (error == EOWNERDEAD) {
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
  }
  return error;
}
