#include "base/slewed_time.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

using namespace std::chrono_literals;

// A machine whose clocks a test turns.
class Machine {
 public:
  // Time passes on both clocks, one second at a time, as a program that decides all along sees it.
  void run(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      monotonic_ += 1s;
      real_ += 1s;
      static_cast<void>(now());
    }
  }
  void step_system_time(Duration by) { real_ += by; }
  void suspend(Duration for_so_long) {
    monotonic_ += for_so_long;
    real_ += for_so_long;
  }
  void drift(Duration by) { monotonic_ += by; }

  Time now() {
    return time_.at(monotonic_, [this] { return real_; });
  }
  Time real() const { return Time(real_); }

 private:
  Duration monotonic_ = 5h;
  Duration real_ = 1'800'000'000s;
  SlewedTime time_{monotonic_, real_};
};

TEST(SlewedTime, IsTheSystemsTimeWhileNothingHappens) {
  Machine machine;
  EXPECT_EQ(machine.now(), machine.real());
  machine.run(100);
  EXPECT_EQ(machine.now(), machine.real());
}

TEST(SlewedTime, AStepForwardsSkipsNothing) {
  Machine machine;
  const Time start = machine.now();
  machine.step_system_time(1h);
  machine.run(100);
  EXPECT_EQ(machine.now(), start + 100s + 100 * SlewedTime::kSlewPerSecond);
}

TEST(SlewedTime, AStepBackwardsRepeatsNothing) {
  Machine machine;
  const Time start = machine.now();
  machine.step_system_time(-1h);
  Time last = start;
  for (int i = 0; i < 100; ++i) {
    machine.run(1);
    EXPECT_GT(machine.now(), last);
    last = machine.now();
  }
  EXPECT_EQ(machine.now(), start + 100s - 100 * SlewedTime::kSlewPerSecond);
}

TEST(SlewedTime, TheTimeOfASuspensionHasPassed) {
  Machine machine;
  const Time start = machine.now();
  machine.suspend(8h);
  EXPECT_EQ(machine.now(), start + 8h);
}

TEST(SlewedTime, ADriftOfTheMonotonicClockIsMadeGood) {
  Machine machine;
  machine.drift(5ms);
  machine.run(9);
  EXPECT_GT(machine.now(), machine.real());
  machine.run(1);
  EXPECT_EQ(machine.now(), machine.real());
}

TEST(SlewedTime, CorrectsOnceASecondHoweverOftenItIsRead) {
  Machine machine;
  const Time start = machine.now();
  machine.step_system_time(1h);
  machine.run(1);
  for (int i = 0; i < 1000; ++i) static_cast<void>(machine.now());
  EXPECT_EQ(machine.now(), start + 1s + SlewedTime::kSlewPerSecond);
}

}  // namespace
}  // namespace weir::base
