// Recorder: makes Operations out of what a Proxy saw, on a thread of its own, so that reading
// bodies costs the application no time; writes them to a file, keeps them, or both.
//
// Bounded: at most kMaxQueuedBytes wait to be read; then the proxy waits for the recorder. At most
// kMaxOperations are kept or written; what comes after is counted only.
//
// Thread safety: every member may be called from any thread.
//
//   Recorder recorder({.file = &file, .head = head, .keep = false});
//   ProxyOptions options{.saw = [&](Exchange seen) { recorder.record(std::move(seen)); }};
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <ostream>
#include <thread>
#include <vector>

#include "tap/proxy.h"
#include "tap/redact.h"
#include "tap/trace.h"

namespace weir::tap {

inline constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;

struct RecorderOptions {
  std::ostream* file = nullptr;  // null: none is written
  TraceHead head = {};
  std::string salt = {};  // of what is redacted; written nowhere, so that nobody can try guesses
  bool keep = false;      // for operations()
};

class Recorder {
 public:
  explicit Recorder(RecorderOptions options);
  ~Recorder();  // after all that was recorded is written
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void record(Exchange seen);
  // Returns once all that was recorded before is read and written.
  void flush();
  // What was kept so far. Call flush() first.
  std::vector<Operation> operations() const;
  std::size_t recorded() const;

 private:
  void run();
  void take(const Exchange& seen);

  const RecorderOptions options_;
  const Redactor redactor_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Exchange> queue_;
  std::size_t queued_bytes_ = 0;
  bool reading_ = false;  // one was taken off the queue and is not kept yet
  bool ending_ = false;
  std::size_t recorded_ = 0;
  std::vector<Operation> kept_;
  std::thread thread_;
};

// What an exchange was, with the SDK's id and the attempt from its headers.
Operation operation_of(const Exchange& seen);

}  // namespace weir::tap
