// What tests of the shared store start from: a folder that goes away, a file in it, and processes
// that are ended with the test.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "base/rng.h"
#include "store/shared/shared_store.h"
#include "support/keys.h"

namespace weir::store {

inline constexpr Time kStart{std::chrono::seconds(1'800'000'000)};

class SharedFixture : public testing::Test {
 protected:
  SharedFixture() {
    folder_ = (std::filesystem::temp_directory_path() / "weir-shared-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(folder_.data()) != nullptr);
  }
  ~SharedFixture() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name = "weir.store") const { return folder_ + "/" + name; }

  std::unique_ptr<SharedStore> open(std::size_t max_keys = 64) const {
    return open_at(path(), max_keys);
  }
  static std::unique_ptr<SharedStore> open_at(const std::string& file, std::size_t max_keys = 64) {
    auto store = SharedStore::open({.file = file, .max_keys = max_keys});
    if (!store) {
      ADD_FAILURE() << store.error().to_string();
      std::abort();
    }
    return std::move(*store);
  }

  static ChargeRequest request(const Key& key, std::int64_t n, Duration window, Time now = kStart,
                               std::int64_t cost = 1) {
    return {.key = key,
            .limit = limit::WindowLimit{n, limit::Geometry::for_window(window)},
            .cost = cost,
            .now = now,
            .budget = std::chrono::seconds(20)};
  }

  // How many of `tries` are admitted, each of which must be decided.
  static std::int64_t admitted_of(SharedStore& store, int tries, const ChargeRequest& request) {
    std::int64_t admitted = 0;
    for (int i = 0; i < tries; ++i) {
      const auto outcome = store.charge(request);
      EXPECT_TRUE(outcome.has_value()) << outcome.error().to_string();
      if (outcome && outcome->charge.admitted) ++admitted;
    }
    return admitted;
  }

  static void expect_whole(SharedStore& store) {
    const auto flaws = store.flaws();
    ASSERT_TRUE(flaws.has_value()) << flaws.error().to_string();
    for (const std::string& flaw : *flaws) ADD_FAILURE() << flaw;
  }

  // A child that does this and exits. Nothing of gtest may be used in it.
  static pid_t in_a_child(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    return child;
  }
  static bool ended_well(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  Rng rng_{1};
  std::string folder_;
};

}  // namespace weir::store
