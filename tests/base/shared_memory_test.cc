#include "base/shared_memory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"

namespace weir::base {
namespace {

namespace fs = std::filesystem;

using Counter = std::atomic<std::int64_t>;

Counter& counter_in(const SharedMemory& memory) {
  return *std::launder(reinterpret_cast<Counter*>(memory.data()));
}

class SharedMemoryTest : public testing::Test {
 protected:
  ~SharedMemoryTest() override {
    std::error_code ignored;
    fs::remove_all(path(), ignored);
  }
  fs::path path() const { return "/dev/shm/" + name_; }
  Result<SharedMemory> open(std::size_t bytes = 4096) {
    return SharedMemory::of_machine(name_, bytes, [&](std::byte* memory) {
      ++made_;
      new (memory) Counter(1'000);
    });
  }

  const std::string name_ = "weir-test-" + std::to_string(entropy_seed());
  int made_ = 0;
};

// Runs `body` in a process of its own, which has inherited nothing of what it opens.
template <class Body>
int in_another_process(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SharedMemoryTest, IsMadeOnceAndIsTheSameForAllWhoNameIt) {
  const Result<SharedMemory> first = open();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(counter_in(*first), 1'000);
  EXPECT_EQ(in_another_process([&] {
              const Result<SharedMemory> other = open();
              return other && ++counter_in(*other) == 1'001 && made_ == 1 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(counter_in(*first), 1'001);
  EXPECT_EQ(made_, 1);
}

TEST_F(SharedMemoryTest, IsTakenAwayByTheLastWhoLeavesAndByNoOther) {
  std::optional<SharedMemory> first(*open());
  std::optional<SharedMemory> second(*open());
  first.reset();
  EXPECT_TRUE(fs::exists(path()));
  EXPECT_EQ(in_another_process([&] {
              second.reset();  // a fork's child leaves, not its parent
              return 0;
            }),
            0);
  EXPECT_TRUE(fs::exists(path()));
  second.reset();
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_EQ(counter_in(*open()), 1'000) << "and is made anew";
}

TEST_F(SharedMemoryTest, OutlivesAProcessThatIsKilled) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<SharedMemory> memory = open();
    counter_in(*memory) = 7;
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const Result<SharedMemory> next = open();
  ASSERT_TRUE(next);
  EXPECT_EQ(counter_in(*next), 7);
}

TEST_F(SharedMemoryTest, OfManyWhoOpenAndLeaveAtOnceNoneSeesItHalfMade) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int j = 0; j < 300; ++j) {
        const Result<SharedMemory> memory = open();
        if (!memory || counter_in(*memory) != 1'000) ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(SharedMemoryTest, IsNotWhatOthersMayTouchOrWhatHasAnotherSize) {
  const auto refused = [&] {
    const Result<SharedMemory> memory = open();
    return !memory && memory.error().message.find(name_) != std::string::npos;
  };
  std::ofstream(path()) << std::string(4096, '\0');
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  EXPECT_TRUE(refused());
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  EXPECT_TRUE(open());
  std::ofstream(path()) << "short";
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  EXPECT_TRUE(refused());
  fs::remove(path());
  fs::create_symlink("/etc/passwd", path());
  EXPECT_TRUE(refused());
  fs::remove(path());
  fs::create_directory(path());
  EXPECT_TRUE(refused());
}

}  // namespace
}  // namespace weir::base
