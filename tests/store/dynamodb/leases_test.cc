// Leases: admissions that a node has paid for and hands out by itself. Several nodes over one table
// in memory, with clocks that differ and answers that get lost.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include "base/rng.h"
#include "store/dynamodb/charging.h"
#include "store/dynamodb/lease_table.h"
#include "support/window_checker.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Fate = WriteAnswer::Fate;
using Step = Charging::Step;

constexpr Time kStart{seconds(1'800'000'000)};

struct Table {
  std::optional<Item> item;
  int writes = 0;

  WriteAnswer write(const ConditionalUpdate& update) {
    ++writes;
    UpdateResult result = apply_update(update, item);
    item = result.item;
    if (item) {
      // Reading holds the total to be no less than its slots.
      return {.fate = result.done ? Fate::applied : Fate::stopped,
              .state = read_state(*item).value()};
    }
    return {.fate = Fate::stopped};
  }
};

class Node {
 public:
  Node(Table& table, std::uint64_t seed) : table_(table), ids_(seed), rng_(seed) {}

  // nullopt: undecided, because answers were lost.
  std::optional<ChargeOutcome> charge(const ChargeRequest& request) {
    Charging charging(seen_, ids_, request);
    Step step = charging.next();
    while (step == Step::send) {
      const bool is_lost = rng_.below(100) < lost_percent;
      const bool arrives = !is_lost || rng_.below(2) == 0;
      WriteAnswer answer = arrives ? table_.write(charging.write()) : WriteAnswer{};
      if (is_lost) {
        answer = {.fate = Fate::unknown, .error = {ErrorCode::timeout, "no answer"}};
        if (meanwhile) meanwhile();
      }
      step = charging.answered(answer);
    }
    EXPECT_NE(step, Step::wait);
    if (step != Step::decided) return std::nullopt;
    return charging.outcome();
  }
  bool is_admitted(const ChargeRequest& request) {
    const auto outcome = charge(request);
    return outcome && outcome->charge.admitted;
  }
  LeaseTable& leases() { return leases_; }
  SeenStates& seen() { return seen_; }

  std::uint64_t lost_percent = 0;
  std::function<void()> meanwhile;  // while an answer is being lost

 private:
  Table& table_;
  LeaseTable leases_;
  SeenStates seen_{64, &leases_};
  WriteIds ids_;
  Rng rng_;
};

ChargeRequest request(std::int64_t n, Time now, std::int64_t cost = 1,
                      const limit::Geometry& geometry = limit::Geometry::for_window(seconds(1))) {
  return {.key = {},
          .limit = limit::WindowLimit{.n = n, .geometry = geometry},
          .cost = cost,
          .now = now};
}

class LeasesTest : public testing::Test {
 protected:
  LeasesTest() {
    for (std::uint64_t i = 0; i < 4; ++i) nodes_.push_back(std::make_unique<Node>(table_, 11 + i));
  }
  Node& node(std::size_t i) { return *nodes_[i]; }
  std::int64_t total() const { return table_.item ? table_.item->get_or("t", 0) : 0; }

  Table table_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

TEST_F(LeasesTest, UseAllOfTheLimitWithFewWrites) {
  int admitted = 0;
  for (int i = 0; i < 20'000; ++i) admitted += node(0).is_admitted(request(10'000, kStart));
  EXPECT_EQ(admitted, 10'000);
  EXPECT_LT(table_.writes, 100);
}

TEST_F(LeasesTest, LeaveNothingUnusedBetweenNodesThatAllAsk) {
  int admitted = 0;
  for (std::size_t i = 0; i < 20'000; ++i) {
    admitted += node(i % 4).is_admitted(request(1'000, kStart));
  }
  EXPECT_EQ(admitted, 1'000);
  EXPECT_LT(table_.writes, 200);
}

TEST_F(LeasesTest, AreAnsweredAsTheAlgorithmAnswersALoneNode) {
  const limit::WindowLimit limit = window_of(request(50, kStart));
  limit::WindowState model;
  Rng rng(3);
  Time now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += Duration(
        static_cast<std::int64_t>(rng.below(rng.below(50) == 0 ? 300'000'000 : 3'000'000)));
    const auto cost = static_cast<std::int64_t>(1 + rng.below(3));
    const limit::Charge expected = limit::charge(model.ref(limit.geometry), limit, now, cost);
    const auto actual = node(0).charge(request(50, now, cost));
    ASSERT_TRUE(actual);
    ASSERT_EQ(actual->charge.admitted, expected.admitted) << "request " << i;
    ASSERT_EQ(actual->charge.remaining, expected.remaining) << "request " << i;
    if (expected.admitted) {
      ASSERT_EQ(actual->charge.slot, expected.slot) << "request " << i;
    }
  }
  EXPECT_LT(table_.writes, 6'000);
}

// What the promise is about. Nodes in and out of step, bursts, silences and lost answers.
TEST_F(LeasesTest, NeverAdmitMoreThanTheLimitInAnyWindow) {
  const Duration window = milliseconds(500);
  const Duration skew = milliseconds(30);
  const limit::Geometry geometry = limit::Geometry::for_window(window, skew);
  constexpr std::int64_t kN = 60;
  Rng rng(5);
  std::int64_t fullest = 0;
  for (int life = 0; life < 60; ++life) {
    table_ = {};
    nodes_.clear();
    std::vector<Duration> ahead;
    for (std::uint64_t i = 0; i < 4; ++i) {
      nodes_.push_back(std::make_unique<Node>(table_, rng()));
      nodes_.back()->lost_percent = life % 2 == 0 ? 0 : 10;
      ahead.emplace_back(static_cast<std::int64_t>(rng.below(60'000'000)) - 30'000'000);
    }
    std::vector<test::Admission> admissions;
    Time now = kStart;
    std::size_t busy = 0;
    const auto ask = [&](std::size_t at) {
      const auto cost = static_cast<std::int64_t>(1 + rng.below(2));
      if (node(at).is_admitted(request(kN, now + ahead[at], cost, geometry))) {
        admissions.push_back({now, cost});
      }
    };
    for (int i = 0; i < 3'000; ++i) {
      if (rng.below(200) == 0) now += milliseconds(static_cast<std::int64_t>(rng.below(700)));
      if (rng.below(40) == 0) busy = rng.below(4);  // one node asks a while, then another
      now += Duration(static_cast<std::int64_t>(rng.below(1'500'000)));
      ask(rng.below(3) == 0 ? rng.below(4) : busy);
    }
    const std::int64_t most = test::fullest_window(admissions, window).admitted;
    ASSERT_LE(most, kN) << "life " << life;
    fullest = std::max(fullest, most);
  }
  EXPECT_GE(fullest, kN - 1) << "and it was put to the test";
}

TEST_F(LeasesTest, LetOneNodeBeginEachSlotAndTheOthersChargeItWithOneWriteEach) {
  const auto slot = [](int number) { return kStart + milliseconds(100) * number; };
  const auto writes_of = [&](std::size_t who, int number) {
    const int before = table_.writes;
    EXPECT_TRUE(node(who).is_admitted(request(10'000, slot(number))));
    return table_.writes - before;
  };
  for (int number = 0; number < 2; ++number) {
    EXPECT_EQ(writes_of(0, number), 1);
    EXPECT_EQ(writes_of(1, number), 2) << "it finds that the slot has begun";
  }
  for (int number = 2; number < 9; ++number) {
    EXPECT_EQ(writes_of(0, number), 1);
    EXPECT_EQ(writes_of(1, number), 1) << "it takes it that the slot has begun";
  }
  EXPECT_EQ(writes_of(1, 9), 2) << "the other is gone";
  for (int number = 10; number < 20; ++number) EXPECT_EQ(writes_of(1, number), 1);
}

TEST_F(LeasesTest, EndWithTheirSlot) {
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
  ASSERT_TRUE(node(0).leases().has_tokens({}, window_of(request(1'000, kStart))));
  const Time last = kStart + milliseconds(100) - Duration(1);
  const limit::WindowLimit limit = window_of(request(1'000, last));
  EXPECT_TRUE(node(0).leases().take({}, limit, last, 1));
  EXPECT_FALSE(node(0).leases().take({}, limit, last + Duration(1), 1));
}

// A window of an hour has slots of a minute. What is not asked for soon is given back before that.
TEST_F(LeasesTest, EndASecondAfterTheyWereChargedInALongSlotAndAreGivenBack) {
  const limit::Geometry hour = limit::Geometry::for_window(std::chrono::hours(1));
  const Time start = hour.slot_start(hour.slot_of(kStart));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, start, 1, hour)));
  const std::int64_t charged = total();
  ASSERT_GT(charged, 20);
  const limit::WindowLimit limit = window_of(request(1'000, start, 1, hour));
  EXPECT_TRUE(node(0).leases().take({}, limit, start + limit::kMaxAhead, 1));
  EXPECT_FALSE(node(0).leases().take({}, limit, start + limit::kMaxAhead + Duration(1), 1));
  const int writes = table_.writes;
  ASSERT_TRUE(node(0).is_admitted(request(1'000, start + seconds(2), 500, hour)));
  EXPECT_EQ(table_.writes, writes + 1);
  EXPECT_EQ(total(), 521);
}

TEST_F(LeasesTest, AreForTheLimitThatTheyWereChargedUnder) {
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
  EXPECT_FALSE(node(0).leases().take({}, window_of(request(999, kStart)), kStart, 1));
  EXPECT_FALSE(node(0).leases().take(
      {}, window_of(request(1'000, kStart, 1, limit::Geometry::for_window(seconds(2)))), kStart,
      1));
}

TEST_F(LeasesTest, TakeAtMostAnEighthOfTheRoomAhead) {
  std::int64_t largest = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::int64_t before = total();
    ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
    EXPECT_LE(total() - before, 1 + (1'000 - before) / LeaseTable::kShare);
    largest = std::max(largest, total() - before);
  }
  EXPECT_GT(largest, 50) << "and it was put to the test";
}

TEST_F(LeasesTest, GiveBackWithTheNextWriteWhatWasNotUsed) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
  EXPECT_GT(total(), 20);
  const int writes = table_.writes;
  ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart + milliseconds(500), 500)));
  EXPECT_EQ(table_.writes, writes + 1);
  EXPECT_EQ(total(), 520);
}

TEST_F(LeasesTest, MakeRoomOfWhatWasNotUsedEvenWhenTheKeyIsFull) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(100, kStart)));
  const std::int64_t left = 100 - total();
  ASSERT_GT(left, 0);
  ASSERT_TRUE(node(1).is_admitted(request(100, kStart + milliseconds(100), left)));
  ASSERT_FALSE(node(1).is_admitted(request(100, kStart + milliseconds(100))));
  const ChargeRequest later = request(100, kStart + milliseconds(200));
  EXPECT_FALSE(node(0).seen().known_refusal(later));
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += node(0).is_admitted(later);
  EXPECT_EQ(admitted, 80 - left);
}

// A repeat of a write whose answer was lost must not give back again what the first one, which did
// arrive, gave back: another node may have taken it.
TEST_F(LeasesTest, AreGivenBackOnceWhateverBecomesOfTheAnswer) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
  const std::int64_t unused = total() - 20;
  ASSERT_GT(unused, 0);
  const Time later = kStart + milliseconds(100);
  // Another node has begun the slot, so that the next write is a charge, which may be made twice.
  ASSERT_TRUE(node(1).is_admitted(request(1'000, later)));
  ASSERT_FALSE(node(0).leases().take({}, window_of(request(1'000, later)), later, 1));
  node(0).seen().saw({}, read_state(*table_.item).value(), later);
  const ChargeRequest asked = request(1'000, later);
  WriteIds ids(99);
  Charging charging(node(0).seen(), ids, asked);
  ASSERT_EQ(charging.next(), Step::send);
  const std::int64_t before = total();
  ASSERT_EQ(table_.write(charging.write()).fate, Fate::applied);
  const std::int64_t charged = total() - before + unused;
  ASSERT_EQ(charging.answered({.fate = Fate::unknown, .error = {}}), Step::send);
  ASSERT_TRUE(node(2).is_admitted(request(1'000, later)));
  const std::int64_t after = total();
  ASSERT_EQ(charging.answered(table_.write(charging.write())), Step::decided);
  EXPECT_EQ(total() - after, charged) << "charged again, which is safe, and nothing given back";
}

TEST_F(LeasesTest, HandOutAgainWhatALaterRuleRefused) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart)));
  const limit::WindowLimit limit = window_of(request(1'000, kStart));
  const auto admission = node(0).leases().take({}, limit, kStart, 1);
  ASSERT_TRUE(admission);
  EXPECT_TRUE(node(0).leases().take_back({}, limit, kStart, {admission->slot, 1}));
  EXPECT_EQ(node(0).leases().take({}, limit, kStart, 1)->remaining, admission->remaining);
  EXPECT_FALSE(
      node(0).leases().take_back({}, limit, kStart + milliseconds(100), {admission->slot, 1}))
      << "its slot is over";
}

TEST_F(LeasesTest, AddWhatIsLeftToACostThatIsLarger) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node(0).is_admitted(request(100, kStart)));
  const auto outcome = node(0).charge(request(100, kStart, 80));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->charge.admitted);
  EXPECT_EQ(outcome->charge.remaining, 0);
  EXPECT_EQ(total(), 100);
}

TEST_F(LeasesTest, TakeNothingAheadForAKeyThatIsSeldomAskedFor) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(node(0).is_admitted(request(1'000, kStart + i * milliseconds(250))));
    EXPECT_FALSE(node(0).leases().has_tokens({}, window_of(request(1'000, kStart))));
  }
}

// Runs `body` in a child of this process, and returns what it did.
template <class Body>
std::int64_t in_a_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(static_cast<int>(body()));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(LeaseTable, TellsOfARefusalWhileItHoldsAndForItsCostOnly) {
  LeaseTable leases;
  const limit::WindowLimit limit = window_of(request(10, kStart));
  const Time seen = kStart + seconds(1);
  const Time room = kStart + seconds(5);
  leases.refused({}, limit, seen, seen, 2, {.admitted = false, .room_at = room});
  const auto told = [&](std::int64_t cost, Time now, Time own = Time::min()) {
    return leases.refusal({}, limit, now, cost, own).has_value();
  };
  EXPECT_TRUE(told(2, seen));
  EXPECT_TRUE(told(2, room - Duration(1), seen));
  EXPECT_FALSE(told(2, room)) << "there is room";
  EXPECT_FALSE(told(2, seen, seen + Duration(1))) << "this process has heard of it since";
  EXPECT_FALSE(told(1, seen)) << "it may fit";
  EXPECT_FALSE(told(3, seen)) << "there is room for it at another time";
  EXPECT_FALSE(leases.refusal({}, window_of(request(11, kStart)), seen, 2, seen));
}

// Found by the conformance tests.
TEST_F(LeasesTest, SayOfEachCostWhenItFitsAlsoAfterARefusalOfALesserOne) {
  limit::WindowState model;
  const limit::WindowLimit limit = window_of(request(10, kStart));
  const auto agree = [&](Duration later, std::int64_t cost) {
    const Time now = kStart + later;
    const limit::Charge expected = limit::charge(model.ref(limit.geometry), limit, now, cost);
    const auto outcome = node(0).charge(request(10, now, cost));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->charge.admitted, expected.admitted) << cost;
    if (!expected.admitted) {
      EXPECT_EQ(outcome->charge.room_at, expected.room_at) << cost;
      EXPECT_EQ(outcome->charge.remaining, expected.remaining) << cost;
    }
  };
  for (int i = 0; i < 5; ++i) agree(milliseconds(100) * i, 2);
  for (const std::int64_t cost : {1, 3, 7, 3, 1, 10}) agree(milliseconds(600), cost);
}

TEST(LeaseTable, HandsOutToTheChildrenOfAForkWhatItsParentHasNot) {
  LeaseTable leases;
  const limit::WindowLimit limit = window_of(request(1'000'000, kStart));
  const std::int64_t slot = limit.geometry.slot_of(kStart);
  leases.grant({}, limit, kStart, {.admitted = true, .slot = slot}, 0, 30);
  const auto take_up_to = [&](int many) {
    int taken = 0;
    while (taken < many && leases.take({}, limit, kStart, 1)) ++taken;
    return taken;
  };
  EXPECT_EQ(in_a_child([&] { return take_up_to(10); }), 10);
  EXPECT_EQ(in_a_child([&] { return take_up_to(15); }), 15);
  EXPECT_EQ(take_up_to(30), 5);
}

// Killed while it hands out, again and again: the locks of the dead are taken over, and what they
// had half done never reads as a token more than there was.
TEST(LeaseTable, HasNeverMoreTokensBecauseAProcessWasKilled) {
  constexpr std::int64_t kGranted = 1'000'000'000;
  LeaseTable leases;
  const limit::WindowLimit limit = window_of(request(kMaxCount, kStart));
  const std::int64_t slot = limit.geometry.slot_of(kStart);
  void* const memory = ::mmap(nullptr, sizeof(std::atomic<std::int64_t>), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto& handed = *new (memory) std::atomic<std::int64_t>(0);
  Rng rng(7);
  for (int life = 0; life < 40; ++life) {
    handed = 0;
    leases.grant({}, limit, kStart, {.admitted = true, .slot = slot}, 0, kGranted);
    const pid_t child = ::fork();
    if (child == 0) {
      while (true) {
        if (leases.take({}, limit, kStart, 1)) ++handed;
      }
    }
    const auto enough = static_cast<std::int64_t>(1 + rng.below(20'000));
    while (handed < enough) std::this_thread::yield();
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const std::int64_t left = leases.withdraw({}, limit, kStart).current.count;
    EXPECT_LE(left, kGranted - handed) << "life " << life;
    EXPECT_TRUE(left == 0 || left >= kGranted - handed - 1) << "life " << life;
  }
  ::munmap(memory, sizeof(handed));
}

TEST(LeaseTable, HandsOutEachTokenOnceToManyThreads) {
  LeaseTable leases;
  const limit::WindowLimit limit = window_of(request(1'000'000, kStart));
  const std::int64_t slot = limit.geometry.slot_of(kStart);
  std::atomic<std::int64_t> handed{0};
  std::atomic<std::int64_t> withdrawn{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5'000; ++j) {
        if (j % 100 == 0) {
          leases.grant({}, limit, kStart, {.admitted = true, .slot = slot}, 0, 50);
        }
        if (leases.take({}, limit, kStart, 1)) ++handed;
        if (j % 1000 == 0) withdrawn += leases.withdraw({}, limit, kStart).current.count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  withdrawn += leases.withdraw({}, limit, kStart).current.count;
  EXPECT_LE(handed + withdrawn, 4 * 50 * 50);  // a cell whose lock is held too long is passed over
  EXPECT_GT(handed, 0);
}

// Another process of the machine leases between a look at the tokens and their withdrawal.
TEST(LeaseTable, IsAskedAgainWhenAnotherProcessLeasesInBetween) {
  const limit::WindowLimit limit{1'000'000, limit::Geometry::for_window(seconds(60))};
  const std::int64_t slot = limit.geometry.slot_of(kStart);
  LeaseTable leases;
  SeenStates seen(64, &leases);
  std::atomic<bool> done = false;
  std::thread other([&] {
    const limit::Charge charged{.admitted = true, .slot = slot, .remaining = 1000};
    while (!done) leases.grant({}, limit, kStart, charged, 0, 2);
  });
  int admitted = 0;
  for (int i = 0; i < 200'000; ++i) {
    SeenStates::Turn turn =
        seen.begin({.key = {}, .limit = limit, .cost = 2, .subject = 0, .now = kStart});
    if (turn.plan().kind == Plan::Kind::admit) ++admitted;
    if (turn.plan().is_write()) {
      ASSERT_GE(turn.request().cost, 1);
      turn.was_not_applied();
    }
  }
  done = true;
  other.join();
  EXPECT_GT(admitted, 0);
}

}  // namespace
}  // namespace weir::store
