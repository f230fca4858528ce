// What a store must do for many threads and many processes at once. Their admissions are recorded
// and go through the judge of support/window_checker.h.
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "conformance/conformance.h"
#include "conformance/recorder.h"

extern char** environ;

namespace weir::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ConcurrencyTest : public ConformanceTest {
 protected:
  RecordingPlan plan(int threads) {
    const Duration started = base::monotonic_now();
    RecordingPlan plan;
    plan.key_hex = to_hex(key_);
    plan.n = 40;
    plan.window = milliseconds(500);
    plan.skew = milliseconds(40);
    plan.patience = milliseconds(120);
    plan.until = started + milliseconds(2500);
    plan.epoch = base::SystemClock().now().time_since_epoch() - started;
    plan.threads = threads;
    return plan;
  }

  // The promise, for the instants of asking and for those of answering; and that the limit was put
  // to the test at all.
  static void judge(const Recording& recording, const RecordingPlan& plan) {
    EXPECT_LE(fullest_window(recording.asked, plan.window).admitted, plan.n);
    EXPECT_LE(fullest_window(recording.answered, plan.window).admitted, plan.n);
    EXPECT_GE(fullest_window(recording.asked, seconds(60)).admitted, plan.n / 2)
        << recording.errors << " errors, " << recording.late
        << " late; the last error: " << recording.last_error;
    EXPECT_GT(recording.refused, 0);
  }
};

// Everybody asks at one instant, so exactly N may be admitted whatever the order.
TEST_P(ConcurrencyTest, AdmitsExactlyNToManyThreadsAtOneInstant) {
  constexpr int kThreads = 6;
  const int requests = GetParam().requests;
  const limit::WindowLimit limit = limit_of(requests / 3, seconds(60));
  const Time now = start_of_slot(limit.geometry);
  std::atomic<int> admitted = 0, errors = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, node = another_node()] {
      for (int j = 0; j < requests / kThreads; ++j) {
        const auto outcome = node->charge(request(key_, limit, now));
        if (!outcome) {
          ++errors;
        } else if (outcome->charge.admitted) {
          ++admitted;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // A charge that ended in an error may be lost, never used.
  EXPECT_LE(admitted, limit.n);
  // Nor is what a node still holds that does not ask any more.
  EXPECT_GE(admitted + errors, GetParam().leases ? limit.n / 2 : limit.n);
}

TEST_P(ConcurrencyTest, AdmitsExactlyNForEachOfManyKeys) {
  constexpr int kThreads = 4;
  constexpr std::int64_t kLimit = 4;
  const auto keys = static_cast<std::size_t>(std::clamp(GetParam().requests / 16, 10, 5000));
  const limit::WindowLimit limit = limit_of(kLimit, seconds(1));
  const Time now = start_of_slot(limit.geometry);
  std::vector<Key> names;
  for (std::size_t i = 0; i < keys; ++i) names.push_back(new_key());
  std::vector<std::atomic<std::int64_t>> admitted(keys), errors(keys);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, node = another_node(), first = rng_()] {
      for (std::size_t j = 0; j < 2 * keys; ++j) {
        const std::size_t at = (first + j) % keys;
        const auto outcome = node->charge(request(names[at], limit, now));
        if (!outcome) {
          ++errors[at];
        } else if (outcome->charge.admitted) {
          ++admitted[at];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < keys; ++i) {
    ASSERT_LE(admitted[i], kLimit);
    ASSERT_GE(admitted[i] + errors[i], kLimit);
  }
}

TEST_P(ConcurrencyTest, HoldsInRealTimeForThreadsWithSkewedClocks) {
  const RecordingPlan crowd = plan(4);
  const std::atomic<bool> stop{false};  // the plan says when
  std::vector<Recording> recordings(static_cast<std::size_t>(crowd.threads));
  std::vector<std::thread> threads;
  for (Recording& recording : recordings) {
    threads.emplace_back([&, node = another_node(),
                          clock = std::make_shared<NodeClock>(crowd, rng_()),
                          seed = rng_()] { recording = record(*node, crowd, *clock, seed, stop); });
  }
  for (std::thread& thread : threads) thread.join();
  Recording all;
  for (const Recording& recording : recordings) all.append(recording);
  judge(all, crowd);
}

INSTANTIATE_TEST_SUITE_P(Stores, ConcurrencyTest, testing::ValuesIn(store_kinds()), kind_name);

class ProcessTest : public ConcurrencyTest {};

TEST_P(ProcessTest, HoldsInRealTimeForProcessesWithSkewedClocks) {
  constexpr int kProcesses = 4;
  const RecordingPlan crowd = plan(2);
  const std::string text = crowd.to_text();
  struct Child {
    pid_t pid = -1;
    std::string output;
  };
  std::vector<Child> children;
  for (int i = 0; i < kProcesses; ++i) {
    Child child;
    child.output = (std::filesystem::temp_directory_path() /
                    ("weir-recording-" + crowd.key_hex + "-" + std::to_string(i)))
                       .string();
    std::vector<std::string> words = {WEIR_STORE_RECORDER,    GetParam().name,
                                      address_of(GetParam()), text,
                                      std::to_string(rng_()), child.output};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ASSERT_EQ(posix_spawn(&child.pid, argv[0], nullptr, nullptr, argv.data(), environ), 0);
    children.push_back(child);
  }
  Recording all;
  for (const Child& child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child.pid, &status, 0), child.pid);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    all.append(read_recording(child.output));
    std::filesystem::remove(child.output);
  }
  judge(all, crowd);
}

std::vector<StoreKind> shared_kinds() {
  std::vector<StoreKind> shared;
  for (const StoreKind& kind : store_kinds()) {
    if (kind.shared) shared.push_back(kind);
  }
  return shared;
}

INSTANTIATE_TEST_SUITE_P(Stores, ProcessTest, testing::ValuesIn(shared_kinds()), kind_name);

}  // namespace
}  // namespace weir::test
