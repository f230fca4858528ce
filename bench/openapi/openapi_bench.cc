// What reading an OpenAPI document costs: processor time (the best of five readings), and the
// memory of the process at its highest after the first one, its text included.
//
//   weir_openapi_bench FILE
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "bench/process_cost.h"
#include "openapi/document.h"

namespace {

constexpr int kRounds = 5;

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
    const double began = weir::bench::cpu_s();
    const auto document = weir::openapi::read_document(text, argv[1]);
    best_ms = std::min(best_ms, (weir::bench::cpu_s() - began) * 1e3);
    if (round == 0) first_peak_mb = weir::bench::peak_mb();
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
