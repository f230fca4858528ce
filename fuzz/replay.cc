// A target without libFuzzer: its corpus, then a fixed number of mutations of it from a fixed seed.
// The same inputs at every run and with every compiler, so that `make test` may hold it.
//
//   weir_fuzz_NAME FOLDER|FILE [MUTATIONS]
//
// An input that fails is kept in the present folder as fuzz-failure-NAME; given as FILE it fails
// again.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "fuzz/target.h"

// A sanitizer's verdict ends as a failed check does: by SIGABRT.
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";
}
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1:print_stacktrace=1";
}

namespace {

constexpr std::uint64_t kSeed = 20261125;
constexpr std::size_t kMaxInput = 16 * 1024;

std::string failure_path;        // where to
std::string_view present_input;  // what is being tried

// Only calls that are safe in a signal handler.
void keep_input(int signal_number) {
  const int file = ::open(failure_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool kept = ::write(file, present_input.data(), present_input.size()) >= 0;
  constexpr std::string_view kWords = "the input that failed is kept as ";
  if (kept && ::write(STDERR_FILENO, kWords.data(), kWords.size()) > 0 &&
      ::write(STDERR_FILENO, failure_path.data(), failure_path.size()) > 0) {
    static_cast<void>(!::write(STDERR_FILENO, "\n", 1));
  }
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void run(const std::string& input) {
  // A copy of exactly that size on the heap, so that AddressSanitizer sees a read past its end.
  const std::unique_ptr<char[]> bytes(new char[input.size()]);
  std::copy(input.begin(), input.end(), bytes.get());
  present_input = {bytes.get(), input.size()};
  weir::fuzz::try_input(present_input);
  present_input = {};
}

std::vector<std::string> read_corpus(const std::filesystem::path& place) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(place)) {
    for (const auto& entry : std::filesystem::directory_iterator(place)) files.push_back(entry);
    std::sort(files.begin(), files.end());  // the same order everywhere
  } else {
    files.push_back(place);
  }
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

// One small change of a random kind at a random place.
void mutate(std::string& input, const std::vector<std::string>& corpus, weir::Rng& rng) {
  constexpr std::array<std::string_view, 12> kOdd = {"0",
                                                     "-1",
                                                     "9223372036854775807",
                                                     "9223372036854775808",
                                                     "1e308",
                                                     "\xff",
                                                     "\n",
                                                     "\r\n",
                                                     "\"",
                                                     "\\",
                                                     ",",
                                                     std::string_view("\0", 1)};
  const std::size_t at = rng.below(input.size() + 1);
  const std::size_t length = rng.below(std::min<std::size_t>(input.size() - at, 16) + 1);
  switch (rng.below(6)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << rng.below(8)));
      break;
    case 1:
      input.erase(at, length);
      break;
    case 2:
      input.insert(at, input.substr(at, length));
      break;
    case 3:
      input.replace(at, length, kOdd.at(rng.below(kOdd.size())));
      break;
    case 4: {
      const std::string& other = corpus[rng.below(corpus.size())];
      const std::size_t from = rng.below(other.size() + 1);
      input.replace(at, length, other.substr(from, rng.below(64)));
      break;
    }
    default:
      input.insert(at, 1, static_cast<char>(rng.below(256)));
  }
  if (input.size() > kMaxInput) input.resize(kMaxInput);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER|FILE [MUTATIONS]\n", argv[0]);
    return 2;
  }
  const std::filesystem::path place = argv[1];
  const std::size_t mutations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  failure_path = "fuzz-failure-" + std::filesystem::path(argv[0]).filename().string();
  for (const int fatal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) ::signal(fatal, keep_input);

  const std::vector<std::string> corpus = read_corpus(place);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s holds no input\n", argv[1]);
    return 2;
  }
  for (const std::string& input : corpus) run(input);
  weir::Rng rng(kSeed);
  for (std::size_t i = 0; i < mutations; ++i) {
    std::string input = corpus[rng.below(corpus.size())];
    for (std::uint64_t left = 1 + rng.below(8); left > 0; --left) mutate(input, corpus, rng);
    run(input);
  }
  std::printf("%zu inputs and %zu mutations of them\n", corpus.size(), mutations);
  return 0;
}
