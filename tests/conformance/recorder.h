// Drives a store as a careless crowd would, and writes down what was admitted and when.
//
// A node's clock is off by a fixed skew and jitters, so it also goes back. An answer that comes
// later than `patience` is not used, as a limiter must do that keeps its promise: what it may have
// charged is lost. Now and then an admission is given back and not counted.
// Thread safety: plain functions; each thread brings its own store or a shared one. A NodeClock and
// a RecordingFile may be used by any threads at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"
#include "support/window_checker.h"
#include "weir/clock.h"

namespace weir::test {

// What a caller may get wrong. Tests of the tests: each must show as a broken promise.
enum class Habit {
  careful,
  uses_unknown,  // takes a charge that the store could not decide for admitted
  gives_back_twice,
  fast_clock,  // its clock runs at twice the speed of real time
};

// What a crowd does, and what it may be wrong about. As text it crosses to other processes.
struct RecordingPlan {
  std::string key_hex;  // 64 digits
  std::int64_t n = 0;
  Duration window{};
  Duration skew{};      // a node's clock is off by at most this
  Duration patience{};  // how long an answer may take
  Duration until{};     // monotonic time at which to stop
  Duration epoch{};     // real time less monotonic time, the same for all processes
  int threads = 1;
  Habit habit = Habit::careful;

  // The limit whose promise holds in real time for such clocks and delays.
  limit::WindowLimit limit() const;
  std::string to_text() const;
  static RecordingPlan from_text(const std::string& text);
};

// The clock of one node: half of the allowed error is the node's own, half differs from reading to
// reading.
class NodeClock final : public Clock {
 public:
  NodeClock(const RecordingPlan& plan, std::uint64_t seed);
  Time now() override;

 private:
  const Duration epoch_;
  const Duration began_;
  const int speed_;
  const Duration skew_;
  const Duration jitter_;
  std::atomic<std::uint64_t> readings_;
};

struct Recording {
  // The same admissions twice: when the clock was read for them, and when they were answered.
  std::vector<Admission> asked;
  std::vector<Admission> answered;
  std::int64_t refused = 0;
  std::int64_t errors = 0;     // of all kinds
  std::int64_t throttled = 0;  // errors that say that nothing was applied
  std::int64_t lasting = 0;    // errors that say that trying again is of no use
  std::int64_t late = 0;       // answered after `patience`
  bool ended = false;          // the totals are there: whoever recorded was not killed
  std::string last_error;

  void append(const Recording& other);
};

// A recording that is written down as it is made, so that it holds every admission of a process
// that is killed.
class RecordingFile {
 public:
  explicit RecordingFile(const std::string& path);
  ~RecordingFile();
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  void admitted(Time asked, Time answered, std::int64_t cost) const;
  void ended(const Recording& totals) const;

 private:
  void append(const std::string& line) const;
  int descriptor_;
};

// What has been written so far.
Recording read_recording(const std::string& path);

// Until plan.until, or until `stop`. `file` may be null.
Recording record(store::Store& store, const RecordingPlan& plan, Clock& node_clock,
                 std::uint64_t seed, const std::atomic<bool>& stop,
                 const RecordingFile* file = nullptr);

std::string to_hex(const Key& key);

}  // namespace weir::test
