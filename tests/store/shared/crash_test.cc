// Processes that end, or stop, in the middle of a change.
//
// A child is stepped through a change one instruction at a time (ptrace(2)); the file as it is
// after each write is what a kill at that instant leaves. Further children are really killed.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include <atomic>
#include <cstring>
#include <fstream>

#include "base/system_clock.h"
#include "store/shared/shared_fixture.h"
#include "support/window_checker.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A child that is stopped before `work`, and goes on as it is told.
class Stepped {
 public:
  explicit Stepped(const std::function<void()>& work) : child_(::fork()) {
    if (child_ == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      std::raise(SIGSTOP);
      work();
      std::raise(SIGSTOP);
      ::_exit(0);
    }
    wait();
  }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;
  ~Stepped() { kill(); }

  // One instruction. False once the work is done.
  bool step() {
    ::ptrace(PTRACE_SINGLESTEP, child_, nullptr, nullptr);
    const int status = wait();
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
  }
  void kill() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    wait();
    child_ = -1;
  }
  void go_on_to_the_end() {
    ::ptrace(PTRACE_CONT, child_, nullptr, nullptr);
    wait();
  }

 private:
  int wait() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return status;
  }
  pid_t child_;
};

class CrashTest : public SharedFixture {
 protected:
  // The bytes of the file as everybody who has it open sees them.
  struct Seen {
    explicit Seen(const std::string& file) : size(std::filesystem::file_size(file)) {
      const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
      data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
      ::close(descriptor);
      WEIR_CHECK(data != MAP_FAILED);
    }
    Seen(const Seen&) = delete;
    Seen& operator=(const Seen&) = delete;
    ~Seen() { ::munmap(data, size); }
    std::string_view bytes() const { return {static_cast<const char*>(data), size}; }
    std::size_t size;
    void* data;
  };

  // For each write of `work`: judges a store that is opened on the file as it then is.
  void crash_after_each_write(const std::function<void()>& work,
                              const std::function<void(SharedStore&)>& judge) {
    const Seen seen(path());
    std::string before(seen.bytes());
    Stepped child(work);
    int writes = 0;
    bool going_on = true;
    while (going_on && !HasFatalFailure()) {
      going_on = child.step();
      if (std::memcmp(before.data(), seen.data, seen.size) == 0) continue;
      before = seen.bytes();
      ++writes;
      const std::string copy = path("copy.store");
      std::ofstream(copy, std::ios::binary) << before;
      std::filesystem::permissions(
          copy, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
      SCOPED_TRACE("after write " + std::to_string(writes));
      const auto store = open_at(copy);
      expect_whole(*store);
      judge(*store);
      expect_whole(*store);
    }
    EXPECT_GT(writes, 5) << "nothing was changed";
    RecordProperty("writes", writes);
  }
};

// The change is made wholly, or not at all: the request was not answered.
TEST_F(CrashTest, AKillAfterAnyWriteOfAChargeCountsItOrNot) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  ASSERT_EQ(admitted_of(*store, 3, request(key, 10, seconds(10))), 3);
  crash_after_each_write(
      [&] { static_cast<void>(store->charge(request(key, 10, seconds(10), kStart + seconds(1)))); },
      [&](SharedStore& after) {
        const auto left =
            admitted_of(after, 12, request(key, 10, seconds(10), kStart + seconds(1)));
        EXPECT_TRUE(left == 7 || left == 6) << left;
      });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfASlotsEndLosesNoLiveCharge) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  ASSERT_EQ(admitted_of(*store, 4, request(key, 10, seconds(10))), 4);
  ASSERT_EQ(admitted_of(*store, 2, request(key, 10, seconds(10), kStart + seconds(6))), 2);
  // The first four have run out; the two have not.
  const Time now = kStart + seconds(13);
  crash_after_each_write(
      [&] { static_cast<void>(store->charge(request(key, 10, seconds(10), now))); },
      [&](SharedStore& after) {
        // To a clock that lags all six are live, or three with the new one, whose slot is then the
        // newest; a change that stopped half way would have dropped four and not begun the slot.
        const auto lagging =
            after.charge(request(key, 10, seconds(10), kStart + seconds(9), /*cost=*/8));
        ASSERT_TRUE(lagging.has_value());
        EXPECT_FALSE(lagging->charge.admitted);
        const auto left = admitted_of(after, 12, request(key, 10, seconds(10), now));
        EXPECT_TRUE(left == 8 || left == 7) << left;
      });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfANewKeyLeavesTheOthersAlone) {
  const auto store = open();
  std::vector<Key> keys;
  for (int i = 0; i < 20; ++i) {
    keys.push_back(test::random_key(rng_));
    ASSERT_EQ(admitted_of(*store, 1, request(keys.back(), 1, seconds(10))), 1);
  }
  // Of another size, so that a chunk is taken too.
  const Key added = test::random_key(rng_);
  crash_after_each_write(
      [&] { static_cast<void>(store->charge(request(added, 1000, minutes(1)))); },
      [&](SharedStore& after) {
        for (const Key& key : keys)
          EXPECT_EQ(admitted_of(after, 1, request(key, 1, seconds(10))), 0);
        const auto left = admitted_of(after, 1002, request(added, 1000, minutes(1)));
        EXPECT_TRUE(left == 1000 || left == 999) << left;
        EXPECT_EQ(after.keys(), 21u);
      });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfAMoveToAWiderRecordKeepsTheCounts) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  ASSERT_EQ(admitted_of(*store, 5, request(key, 5, seconds(10))), 5);
  crash_after_each_write([&] { static_cast<void>(store->charge(request(key, 300, seconds(10)))); },
                         [&](SharedStore& after) {
                           EXPECT_EQ(after.keys(), 1u);
                           EXPECT_EQ(admitted_of(after, 1, request(key, 5, seconds(10))), 0);
                           const auto left =
                               admitted_of(after, 300, request(key, 300, seconds(10)));
                           EXPECT_TRUE(left == 295 || left == 294) << left;
                         });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfANewKeyInADeadOnesPlaceForgetsNoLiveOne) {
  constexpr std::size_t kKeys = 64;
  const auto store = open(kKeys);
  std::vector<Key> keys;
  for (std::size_t i = 0; i < kKeys; ++i) {
    keys.push_back(test::random_key(rng_));
    const Duration window = i == 40 ? seconds(1) : seconds(100);
    ASSERT_EQ(admitted_of(*store, 1, request(keys.back(), 1, window)), 1);
  }
  const Time now = kStart + seconds(3);
  const Key added = test::random_key(rng_);
  crash_after_each_write(
      [&] { static_cast<void>(store->charge(request(added, 1, seconds(100), now))); },
      [&](SharedStore& after) {
        for (std::size_t i = 0; i < kKeys; ++i) {
          if (i == 40) continue;
          EXPECT_EQ(admitted_of(after, 1, request(keys[i], 1, seconds(100), now)), 0) << i;
        }
        EXPECT_LE(admitted_of(after, 2, request(added, 1, seconds(100), now)), 1);
        EXPECT_EQ(after.keys(), kKeys);
      });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfAGiveBackReturnsItOrNot) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  const auto charged = store->charge(request(key, 5, seconds(10), kStart, 3));
  ASSERT_TRUE(charged.has_value());
  crash_after_each_write(
      [&] {
        static_cast<void>(
            store->give_back(request(key, 5, seconds(10), kStart, 3), charged->charge.slot));
      },
      [&](SharedStore& after) {
        const auto left = admitted_of(after, 6, request(key, 5, seconds(10)));
        EXPECT_TRUE(left == 2 || left == 5) << left;
      });
}

TEST_F(CrashTest, AKillAfterAnyWriteOfAChunksChangeOfSizeKeepsWhatLives) {
  const auto store = open(64);
  const Key live = test::random_key(rng_);
  Time now = kStart;
  // Fills the arena with records of one size, all but one of which die.
  while (store->charge(request(test::random_key(rng_), 5'000'000'000, minutes(1), now))) continue;
  now += minutes(3);
  ASSERT_EQ(admitted_of(*store, 1, request(live, 1, minutes(1), now)), 1);
  const Key added = test::random_key(rng_);
  crash_after_each_write(
      [&] { static_cast<void>(store->charge(request(added, 70'000, minutes(1), now))); },
      [&](SharedStore& after) {
        EXPECT_EQ(admitted_of(after, 1, request(live, 1, minutes(1), now)), 0);
        EXPECT_EQ(admitted_of(after, 1, request(added, 70'000, minutes(1), now)), 1);
      });
}

// The kernel tells the next one that the holder died.
TEST_F(CrashTest, TheNextOneTakesTheLockOfADeadOneAndMendsWhatHeLeft) {
  constexpr int kKills = 60;
  const auto store = open();
  const ChargeRequest asked = request(test::random_key(rng_), 1'000'000, seconds(10));
  const auto charge = [&] { static_cast<void>(store->charge(asked)); };
  charge();
  int instructions = 0;
  for (Stepped child(charge); child.step();) ++instructions;
  std::int64_t used = 2;
  for (int kill = 1; kill < kKills; ++kill) {
    const int steps = instructions / kKills * kill;
    Stepped child(charge);
    for (int i = 0; i < steps; ++i) child.step();
    child.kill();
    const auto outcome = store->charge(asked);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().to_string();
    const std::int64_t now_used = 1'000'000 - outcome->charge.remaining;
    EXPECT_TRUE(now_used == used + 1 || now_used == used + 2) << "killed after " << steps;
    used = now_used;
    expect_whole(*store);
  }
}

// Nobody can know that a stopped process will not go on, so its lock is not taken; others say in
// time that they cannot decide, about this counter.
TEST_F(CrashTest, AStoppedHolderCostsOthersTheirBudgetAndNoMore) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  ASSERT_EQ(admitted_of(*store, 1, request(key, 10, seconds(10))), 1);
  ChargeRequest asked = request(key, 10, seconds(10));
  asked.budget = milliseconds(20);
  Stepped child([&] { static_cast<void>(store->charge(request(key, 10, seconds(10)))); });
  Result<ChargeOutcome> outcome = store->charge(asked);
  std::int64_t admitted = 1;
  while (outcome && child.step()) {
    if (outcome->charge.admitted) ++admitted;
    asked.cost = 11;  // costs nothing
    outcome = store->charge(asked);
    if (outcome) outcome->charge.admitted = false;
  }
  ASSERT_FALSE(outcome.has_value()) << "it never held the lock";
  EXPECT_EQ(outcome.error().code, ErrorCode::timeout);
  EXPECT_FALSE(store->known_refusal(asked).has_value());
  EXPECT_FALSE(store->give_back(asked, 0).has_value());

  child.go_on_to_the_end();
  EXPECT_EQ(admitted_of(*store, 12, request(key, 10, seconds(10))), 10 - admitted - 1);
}

// A copy of the file has locks that nobody will ever give back.
TEST_F(CrashTest, ACopyMadeWhileALockIsHeldCanBeOpened) {
  const auto store = open();
  const Key key = test::random_key(rng_);
  Stepped child([&] { static_cast<void>(store->charge(request(key, 10, seconds(10)))); });
  ChargeRequest asked = request(key, 10, seconds(10), kStart, 11);
  asked.budget = milliseconds(1);
  while (store->give_back(asked, 0).has_value()) ASSERT_TRUE(child.step());
  std::filesystem::copy_file(path(), path("copy.store"));
  const auto copy = open_at(path("copy.store"));
  EXPECT_GE(admitted_of(*copy, 12, request(key, 10, seconds(10))), 9);
}

// Processes are killed at random instants for a while, each followed by another. Whatever was
// answered stays counted.
TEST_F(CrashTest, HoldsThroughKillsAtRandomInstants) {
  constexpr std::int64_t kLimit = 400;
  constexpr Duration kWindow = milliseconds(300);
  constexpr int kProcesses = 4;
  constexpr std::size_t kRoom = 200'000;
  struct Log {
    std::atomic<std::size_t> count;
    std::atomic<int> broken;
    std::array<std::atomic<std::int64_t>, kRoom> at;
  };
  auto* const log = static_cast<Log*>(
      ::mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(log), MAP_FAILED);
  const auto store = open(1000);
  const Key key = test::random_key(rng_);
  // As every limiter on a busy machine must: windows allow for the time between reading the clock
  // and the answer, and an answer that took longer is not used.
  constexpr Duration kPatience = milliseconds(100);
  constexpr Duration kSkew = milliseconds(2);  // each child's clock is slewed by itself
  const auto geometry = limit::Geometry::for_window(kWindow, kSkew + kPatience / 2);
  base::SystemClock clock;
  const auto hammer = [&](std::uint64_t seed) {
    Rng rng(seed);
    while (true) {
      // Keys that come and go keep the structure of the table moving.
      static_cast<void>(store->charge(request(test::random_key(rng),
                                              1 + static_cast<std::int64_t>(rng.below(70'000)),
                                              milliseconds(1 + rng.below(20)), clock.now())));
      const Time now = clock.now();
      ChargeRequest asked = request(key, kLimit, kWindow, now);
      asked.limit = limit::WindowLimit{kLimit, geometry};
      const auto outcome = store->charge(asked);
      // After a pause of everybody it is a dead key, whose place a new one may have taken.
      if (!outcome && outcome.error().code != ErrorCode::limit_exceeded) ++log->broken;
      if (!outcome || !outcome->charge.admitted || clock.now() - now > kPatience) continue;
      const std::size_t place = log->count.fetch_add(1);
      if (place < kRoom) log->at[place] = now.time_since_epoch().count();
    }
  };
  std::vector<pid_t> children(kProcesses);
  for (pid_t& child : children) child = in_a_child([&, seed = rng_()] { hammer(seed); });
  for (int killed = 0; killed < 200 || log->count < 3 * kLimit; ++killed) {
    // Not for luck: the instant of the kill is what is drawn.
    base::sleep_for(Duration(static_cast<std::int64_t>(rng_.below(3'000'000))));
    pid_t& child = children[rng_.below(children.size())];
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    child = in_a_child([&, seed = rng_()] { hammer(seed); });
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(log->broken, 0);
  std::vector<test::Admission> admissions;
  for (std::size_t i = 0; i < std::min(log->count.load(), kRoom); ++i) {
    const std::int64_t at = log->at[i];
    if (at != 0) admissions.push_back({Time(Duration(at))});
  }
  EXPECT_LE(test::fullest_window(admissions, kWindow).admitted, kLimit);
  expect_whole(*store);
  ::munmap(log, sizeof(Log));
}

}  // namespace
}  // namespace weir::store
