// Drives a store as a careless crowd would, and writes down what was admitted and when.
//
// A node's clock is off by a fixed skew and jitters, so it also goes back. An answer that comes
// later than `patience` is not used, as a limiter must do that keeps its promise: what it may have
// charged is lost. Now and then an admission is given back and not counted.
// Thread safety: plain functions; each thread brings its own store or a shared one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"
#include "support/window_checker.h"

namespace weir::test {

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

  // The limit whose promise holds in real time for such clocks and delays.
  limit::WindowLimit limit() const;
  std::string to_text() const;
  static RecordingPlan from_text(const std::string& text);
};

struct Recording {
  // The same admissions twice: when the clock was read for them, and when they were answered.
  std::vector<Admission> asked;
  std::vector<Admission> answered;
  std::int64_t refused = 0;
  std::int64_t errors = 0;
  std::int64_t late = 0;  // answered after `patience`
  std::string last_error;

  void append(const Recording& other);
};

Recording record(store::Store& store, const RecordingPlan& plan, std::uint64_t seed);

// One line for each admission and one for the totals.
void write_recording(const Recording& recording, const std::string& path);
Recording read_recording(const std::string& path);

std::string to_hex(const Key& key);

}  // namespace weir::test
