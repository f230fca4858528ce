// Crowd: worker processes that charge one key of one store (conformance/recorder_main.cc), which a
// test suspends, kills and replaces, and whose admissions it judges.
//
// Thread safety: one thread at a time.
//
//   Crowd crowd("dynoxide", std::to_string(proxy.port()), plan, 4, seed);
//   crowd.wait_until_at_work();
//   crowd.kill(2);
//   Recording all = crowd.end();
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "conformance/recorder.h"

namespace weir::test {

class Crowd {
 public:
  Crowd(std::string kind, std::string address, const RecordingPlan& plan, std::size_t processes,
        std::uint64_t seed);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  std::size_t size() const { return workers_.size(); }

  // SIGSTOP; returns once it stands still.
  void suspend(std::size_t worker);
  void resume(std::size_t worker);
  // SIGKILL, and a new worker in its place. What the old one had admitted still counts.
  void replace(std::size_t worker);

  // True once every worker is at work; false if one is not after a long while.
  bool wait_until_at_work();
  // True once this much was admitted to requests that came since then (monotonic time), to whom it
  // may be; false if it was not after a long while.
  bool wait_until_admitted(std::int64_t cost, Duration since);
  // True as soon as `enough` of what has been recorded so far.
  template <class Enough>
  bool wait_until(Enough enough) {
    return poll([&] { return enough(so_far()); });
  }

  // Of all workers, also of those that were killed.
  Recording so_far() const;
  // Lets them end. `failed` counts those that did not end well.
  Recording end();
  int failed() const { return failed_; }

 private:
  struct Worker {
    pid_t process = -1;
    std::string file;
  };

  Worker start();
  static bool poll(const std::function<bool()>& condition);

  const std::string kind_;
  const std::string address_;
  const RecordingPlan plan_;
  Rng rng_;
  int started_ = 0;
  int failed_ = 0;
  std::vector<Worker> workers_;
  std::vector<std::string> files_;  // of all that ever were
};

}  // namespace weir::test
