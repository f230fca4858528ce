// What reading an OpenAPI document costs: processor time (the best of five readings), and the
// memory of the process at its highest after the first one, its text included.
//
//   weir_openapi_bench FILE
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "openapi/document.h"

namespace {

constexpr int kRounds = 5;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: weir_openapi_bench FILE\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary | std::ios::ate);
  std::string text(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    std::fprintf(stderr, "weir_openapi_bench: %s cannot be read\n", argv[1]);
    return 2;
  }
  double best_ms = 1e9;
  double first_peak_mb = 0;
  std::size_t operations = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double began = cpu_ms();
    const auto document = weir::openapi::read_document(text, argv[1]);
    best_ms = std::min(best_ms, cpu_ms() - began);
    if (round == 0) first_peak_mb = peak_mb();
    if (!document) {
      std::fprintf(stderr, "weir_openapi_bench: %s\n", document.error().to_string().c_str());
      return 1;
    }
    operations = document->operations.size();
  }
  const std::string_view path = argv[1];
  const char* const name = argv[1] + (path.rfind('/') + 1);
  std::printf("| %s | %.1f MB | %zu | %.0f | %.0f |\n", name,
              static_cast<double>(text.size()) / 1e6, operations, best_ms, first_peak_mb);
  return 0;
}
