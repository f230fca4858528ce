// weir_store_recorder KIND ADDRESS PLAN SEED OUTPUT: one process of the crowd, with its threads.
// Ends by the plan, by SIGTERM, or with the process that started it.
#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>
#include <thread>

#include "conformance/recorder.h"
#include "conformance/store_kinds.h"

namespace {

std::atomic<bool> stop{false};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir;
  if (argc != 6) {
    std::fprintf(stderr, "usage: weir_store_recorder KIND ADDRESS PLAN SEED OUTPUT\n");
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGTERM, [](int) { stop = true; });
  for (const test::StoreKind& kind : test::kinds({argv[1]})) {
    const test::RecordingPlan plan = test::RecordingPlan::from_text(argv[3]);
    const std::uint64_t seed = std::stoull(argv[4]);
    test::NodeClock clock(plan, seed);
    auto store = kind.open(argv[2], clock);
    if (!store) {
      std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
      return 1;
    }
    const test::RecordingFile file(argv[5]);
    std::vector<test::Recording> recordings(static_cast<std::size_t>(plan.threads));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < recordings.size(); ++i) {
      threads.emplace_back(
          [&, i] { recordings[i] = test::record(**store, plan, clock, seed + i, stop, &file); });
    }
    for (std::thread& thread : threads) thread.join();
    test::Recording all;
    for (const test::Recording& recording : recordings) all.append(recording);
    file.ended(all);
    return 0;
  }
  std::fprintf(stderr, "no store is called %s\n", argv[1]);
  return 2;
}
