#include "serve/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace weir::serve {
namespace {

TEST(WorkQueueTest, RunsEachCallOnceBeforeItIsGone) {
  std::atomic<int> ran = 0;
  {
    WorkQueue queue(3, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(queue.submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkQueueTest, TakesNoMoreThanMayWait) {
  std::promise<void> started;
  std::promise<void> release;
  WorkQueue queue(1, 2);
  ASSERT_TRUE(queue.submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(queue.submit([] {}));
  EXPECT_TRUE(queue.submit([] {}));
  EXPECT_FALSE(queue.submit([] {}));
  EXPECT_EQ(queue.waiting(), 2U);
  release.set_value();
}

}  // namespace
}  // namespace weir::serve
