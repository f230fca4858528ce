// What is particular to the shared store while everybody lives; tests/conformance has what all
// stores promise.
#include <sys/mman.h>

#include <atomic>

#include "store/shared/shared_fixture.h"

namespace weir::store {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

using SharedStoreTest = SharedFixture;

bool is_full(const Result<ChargeOutcome>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::limit_exceeded;
}

TEST_F(SharedStoreTest, GoesOnCountingWhereTheLastOneStopped) {
  const Key key = test::random_key(rng_);
  EXPECT_EQ(admitted_of(*open(), 3, request(key, 5, seconds(10))), 3);
  EXPECT_EQ(admitted_of(*open(), 3, request(key, 5, seconds(10))), 2);
  const auto store = open();
  EXPECT_EQ(store->keys(), 1u);
  expect_whole(*store);
}

TEST_F(SharedStoreTest, CountsTogetherWithAllWhoHaveTheFileOpen) {
  const Key key = test::random_key(rng_);
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(admitted_of(*one, 2, request(key, 3, seconds(10))), 2);
  EXPECT_EQ(admitted_of(*other, 2, request(key, 3, seconds(10))), 1);
}

TEST_F(SharedStoreTest, MayBeOpenedBeforeAFork) {
  const Key key = test::random_key(rng_);
  const auto store = open();
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(in_a_child([&] {
      for (int j = 0; j < 10; ++j) static_cast<void>(store->charge(request(key, 50, seconds(10))));
    }));
  }
  for (const pid_t child : children) EXPECT_TRUE(ended_well(child));
  EXPECT_EQ(admitted_of(*store, 20, request(key, 50, seconds(10))), 10);
}

// All make the file at once; a pipe lets them go.
TEST_F(SharedStoreTest, IsOneStoreHoweverManyMakeItAtOnce) {
  const Key key = test::random_key(rng_);
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove(path());
    std::array<int, 2> gate{};
    ASSERT_EQ(::pipe(gate.data()), 0);
    auto* const admitted = static_cast<std::atomic<int>*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      children.push_back(in_a_child([&] {
        ::close(gate[1]);
        char byte = 0;
        static_cast<void>(::read(gate[0], &byte, 1));
        const auto store = SharedStore::open({.file = path(), .max_keys = 64});
        if (!store) ::_exit(1);
        for (int j = 0; j < 5; ++j) {
          const auto outcome = (*store)->charge(request(key, 20, minutes(1)));
          if (!outcome) ::_exit(2);
          if (outcome->charge.admitted) ++*admitted;
        }
      }));
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t child : children) EXPECT_TRUE(ended_well(child));
    EXPECT_EQ(*admitted, 20);
    ::munmap(admitted, 4096);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  }
}

// As after a reboot: the kernel that the locks meant something to is gone.
TEST_F(SharedStoreTest, KeepsItsCountsOverAReboot) {
  const Key key = test::random_key(rng_);
  EXPECT_EQ(admitted_of(*open(), 3, request(key, 5, seconds(10))), 3);
  {
    SharedFile file = std::move(*SharedFile::open(path(), 1, SharedFile::Missing::fail));
    ASSERT_TRUE(file.locks_are_valid());
    // Another boot id, and a lock that somebody had when the power went.
    std::fill_n(file.data() + 128, 16, std::byte{7});
    std::fill_n(file.data() + file.layout().shards_at, 8, std::byte{0x55});
    EXPECT_FALSE(file.locks_are_valid());
  }
  EXPECT_EQ(admitted_of(*open(), 3, request(key, 5, seconds(10))), 2);
}

TEST_F(SharedStoreTest, AnswersANewKeyWithAnErrorRatherThanForgetALiveOne) {
  constexpr std::size_t kKeys = 64;
  const auto store = open(kKeys);
  std::vector<Key> keys;
  for (std::size_t i = 0; i < kKeys; ++i) {
    keys.push_back(test::random_key(rng_));
    ASSERT_EQ(admitted_of(*store, 1, request(keys.back(), 2, seconds(10))), 1);
  }
  EXPECT_TRUE(is_full(store->charge(request(test::random_key(rng_), 2, seconds(10)))));
  for (const Key& key : keys) EXPECT_EQ(admitted_of(*store, 2, request(key, 2, seconds(10))), 1);
  const Time later = kStart + seconds(12);
  for (std::size_t i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(store->charge(request(test::random_key(rng_), 2, seconds(10), later)));
  }
  EXPECT_TRUE(is_full(store->charge(request(test::random_key(rng_), 2, seconds(10), later))));
  EXPECT_EQ(store->keys(), kKeys);
  expect_whole(*store);
}

// Records of the one size must make room for those of the other once they are dead.
TEST_F(SharedStoreTest, GivesTheRoomOfDeadRecordsToRecordsOfAnotherSize) {
  const auto store = open(64);
  Time now = kStart;
  for (const std::int64_t n : {std::int64_t{100}, std::int64_t{5'000'000'000}, std::int64_t{9},
                               std::int64_t{70'000}, std::int64_t{5'000'000'000}}) {
    int kept = 0;
    while (store->charge(request(test::random_key(rng_), n, minutes(1), now))) ++kept;
    EXPECT_GE(kept, 30) << "limit " << n;
    expect_whole(*store);
    now += minutes(3);
  }
}

TEST_F(SharedStoreTest, TellsWhatItHolds) {
  const auto store = open(64);
  const Key live = test::random_key(rng_);
  ASSERT_EQ(admitted_of(*store, 1, request(live, 2, seconds(100))), 1);
  ASSERT_EQ(admitted_of(*store, 1, request(test::random_key(rng_), 2, seconds(1))), 1);
  const auto summary = store->summary(kStart + seconds(50));
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->keys, 2u);
  EXPECT_EQ(summary->live, 1u);
  EXPECT_EQ(summary->max_keys, 64u);
  EXPECT_EQ(summary->bytes, std::filesystem::file_size(path()));
  EXPECT_GT(summary->arena_taken, 0u);
  std::size_t lines = 0;
  ASSERT_TRUE(store->for_each_key([&](const KeyLine& line) {
    ++lines;
    EXPECT_EQ(line.algorithm, Algorithm::exact_window);
  }));
  EXPECT_EQ(lines, 2u);
}

TEST_F(SharedStoreTest, ForgetsOneKeyOrAll) {
  const auto store = open(64);
  std::vector<Key> keys;
  for (int i = 0; i < 40; ++i) {
    keys.push_back(test::random_key(rng_));
    ASSERT_EQ(admitted_of(*store, 1, request(keys.back(), 1, seconds(10))), 1);
  }
  EXPECT_EQ(store->forget(keys[7], seconds(1)), true);
  EXPECT_EQ(store->forget(keys[7], seconds(1)), false);
  EXPECT_EQ(store->keys(), 39u);
  EXPECT_EQ(admitted_of(*store, 1, request(keys[7], 1, seconds(10))), 1);
  EXPECT_EQ(admitted_of(*store, 1, request(keys[8], 1, seconds(10))), 0);
  expect_whole(*store);
  EXPECT_EQ(store->forget_all(), 40u);
  EXPECT_EQ(store->keys(), 0u);
  expect_whole(*store);
}

}  // namespace
}  // namespace weir::store
