#include "conformance/store_kinds.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "conformance/file_store.h"
#include "store/memory/memory_store.h"

namespace weir::test {
namespace {

StoreKind memory_kind() {
  return {.name = "memory",
          .shared = false,
          .requests = 400'000,
          .start = []() -> Result<std::string> { return "this process"; },
          .open = [](const std::string&) -> Result<std::unique_ptr<store::Store>> {
            return store::MemoryStore::create({});
          }};
}

// A fresh file that goes away with the program.
class TemporaryFile {
 public:
  TemporaryFile() {
    path_ = (std::filesystem::temp_directory_path() / "weir-counters-XXXXXX").string();
    const int fd = ::mkstemp(path_.data());
    WEIR_CHECK(fd >= 0);
    ::close(fd);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

StoreKind file_kind() {
  return {.name = "file",
          .shared = true,
          .requests = 2'000,
          .start = []() -> Result<std::string> {
            static const TemporaryFile file;
            return file.path();
          },
          .open = FileStore::open};
}

}  // namespace

const std::vector<StoreKind>& store_kinds() {
  static const std::vector<StoreKind> kinds = {memory_kind(), file_kind()};
  return kinds;
}

}  // namespace weir::test
