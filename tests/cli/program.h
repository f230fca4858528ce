// The weir program, run as its users run it.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace weir::cli {

struct Outcome {
  int exit_code = -1;  // -1: it did not end by itself
  std::string output;  // stdout and stderr
};

// `arguments` are the tests' own words, so a shell may see them. The environment is empty but for
// what is given: nothing of the machine's own AWS settings is used.
inline Outcome weir(const std::string& environment, const std::string& arguments) {
  const std::string command = "exec env -i AWS_EC2_METADATA_DISABLED=true HOME=/nonexistent " +
                              environment + " " + WEIR_PROGRAM + " 2>&1 " + arguments;
  Outcome run;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    run.output.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

}  // namespace weir::cli
