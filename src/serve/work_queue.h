// WorkQueue: threads for what may wait (a store behind a network), and a bounded number of waiting
// calls.
//
// Promises: a call runs once, or submit() says that it does not; the destructor runs what was
// submitted. Thread safety: submit() may be called from any thread.
//
//   WorkQueue queue(16, 1000);
//   if (!queue.submit([] { ... })) shed_load();
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::serve {

class WorkQueue {
 public:
  WorkQueue(int threads, std::size_t max_waiting);
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False: too many wait already.
  bool submit(std::function<void()> work);
  std::size_t waiting() const;

 private:
  void run();

  const std::size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::serve
