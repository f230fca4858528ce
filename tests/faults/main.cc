// weir_faults_test [--fault-seconds=N] [--fault-seed=N] [GoogleTest's own]
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "faults/options.h"

namespace weir::test {

FaultOptions& fault_options() {
  static FaultOptions options;
  return options;
}

}  // namespace weir::test

namespace {

// "--name=123": false if the argument is another one.
bool read_option(std::string_view argument, std::string_view name, std::uint64_t& value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto [end, error] =
      std::from_chars(argument.data(), argument.data() + argument.size(), value);
  return error == std::errc() && end == argument.data() + argument.size();
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weir::test::FaultOptions& options = weir::test::fault_options();
  for (int i = 1; i < argc; ++i) {
    std::uint64_t seconds = 0;
    if (read_option(argv[i], "--fault-seconds=", seconds) && seconds >= 1 && seconds <= 3600) {
      options.lasting = std::chrono::seconds(seconds);
    } else if (!read_option(argv[i], "--fault-seed=", options.seed)) {
      std::fprintf(stderr, "usage: %s [--fault-seconds=1..3600] [--fault-seed=N]\n", argv[0]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
