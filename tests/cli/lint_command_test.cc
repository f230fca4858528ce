// weir lint, as a program, where there is nothing to run it with. python/tests/test_lint.py has
// what it finds.
#include <gtest/gtest.h>

#include "cli/program.h"

namespace weir::cli {
namespace {

TEST(LintCommand, SaysThatThereIsNoPython) {
  const Outcome run = weir("PATH=/nonexistent", "lint .");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.output,
            "weir lint: python3 cannot be run: No such file or directory. Install Python 3.10 or "
            "later\n");
}

TEST(LintCommand, SaysThatThePackageIsNotThere) {
  // The distribution's own interpreter, which the tests install nothing for.
  const Outcome run = weir("PATH=/usr/bin:/bin PYTHONNOUSERSITE=1", "lint .");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_NE(run.output.find("has no module weir. Install the Python package of Weir"),
            std::string::npos)
      << run.output;
}

}  // namespace
}  // namespace weir::cli
