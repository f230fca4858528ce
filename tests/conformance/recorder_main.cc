// weir_store_recorder KIND ADDRESS PLAN SEED OUTPUT: one process of the crowd, with its threads.
#include <cstdio>
#include <thread>

#include "conformance/recorder.h"
#include "conformance/store_kinds.h"

int main(int argc, char** argv) {
  using namespace weir;
  if (argc != 6) {
    std::fprintf(stderr, "usage: weir_store_recorder KIND ADDRESS PLAN SEED OUTPUT\n");
    return 2;
  }
  for (const test::StoreKind& kind : test::store_kinds()) {
    if (kind.name != argv[1]) continue;
    auto store = kind.open(argv[2]);
    if (!store) {
      std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
      return 1;
    }
    const test::RecordingPlan plan = test::RecordingPlan::from_text(argv[3]);
    const std::uint64_t seed = std::stoull(argv[4]);
    std::vector<test::Recording> recordings(static_cast<std::size_t>(plan.threads));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < recordings.size(); ++i) {
      threads.emplace_back([&, i] { recordings[i] = test::record(**store, plan, seed + i); });
    }
    for (std::thread& thread : threads) thread.join();
    test::Recording all;
    for (const test::Recording& recording : recordings) all.append(recording);
    test::write_recording(all, argv[5]);
    return 0;
  }
  std::fprintf(stderr, "no store is called %s\n", argv[1]);
  return 2;
}
