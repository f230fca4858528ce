#include "conformance/store_kinds.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/system_clock.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/dynamodb/table.h"
#include "store/memory/memory_store.h"
#include "store/shared/shared_store.h"
#include "support/emulator.h"

namespace weir::test {
namespace {

StoreKind memory_kind() {
  return {.name = "memory",
          .shared = false,
          .every_algorithm = true,
          .requests = 400'000,
          .start = []() -> Result<std::string> { return "this process"; },
          .open = [](const std::string&, Clock&) -> Result<std::unique_ptr<store::Store>> {
            return store::MemoryStore::create({});
          }};
}

// The name of a file that is not there yet, and goes away with the program.
class TemporaryFile {
 public:
  TemporaryFile() {
    folder_ = (std::filesystem::temp_directory_path() / "weir-counters-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(folder_.data()) != nullptr);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/weir.store"; }

 private:
  std::string folder_;
};

StoreKind shared_kind() {
  return {.name = "shared",
          .shared = true,
          .every_algorithm = true,
          .requests = 400'000,
          .start = []() -> Result<std::string> {
            static const TemporaryFile file;
            return file.path();
          },
          .open = [](const std::string& path, Clock&) -> Result<std::unique_ptr<store::Store>> {
            return store::SharedStore::open({.file = path});
          }};
}

Result<std::string> start_with_table(const std::string& emulator_name) {
  // Ends with the program. The address is its port.
  static std::map<std::string, Emulator> emulators;
  const Emulator& emulator = emulators.try_emplace(emulator_name, emulator_name).first->second;
  base::SystemClock clock;
  const store::DynamoDbOptions options;
  const Environment environment = emulator.environment();
  auto target = store::resolve_target(options, environment);
  auto http = store::make_http_client(options, environment);
  if (!target) return tl::unexpected(target.error());
  if (!http) return tl::unexpected(http.error());
  store::DynamoDbClient client(options, *target, environment, std::move(*http), clock);
  const auto table = store::create_table(client, net::Deadline::in(std::chrono::seconds(30)));
  if (!table) return tl::unexpected(table.error());
  return std::to_string(emulator.port());
}

StoreKind dynamodb_kind(const std::string& name, const std::string& emulator, int requests,
                        bool leases = false) {
  return {.name = name,
          .shared = true,
          // What was leased under a limit stays charged for its slot when the limit changes, which
          // a lone client of changing limits would notice.
          .every_algorithm = !leases,
          .leases = leases,
          .requests = requests,
          .start = [emulator] { return start_with_table(emulator); },
          .open = [leases](const std::string& port,
                           Clock& clock) -> Result<std::unique_ptr<store::Store>> {
            store::DynamoDbOptions options;
            options.leases = leases;
            return store::open_dynamodb_store(
                options, emulator_environment(static_cast<std::uint16_t>(std::stoi(port))), clock,
                base::entropy_seed());
          }};
}

}  // namespace

const std::vector<StoreKind>& store_kinds() {
  static const std::vector<StoreKind> kinds = {
      memory_kind(),
      shared_kind(),
      dynamodb_kind("dynoxide", "dynoxide", 1'200),
      dynamodb_kind("dynoxideleases", "dynoxide", 1'200, true),
      dynamodb_kind("extenddb", "extenddb", 600),
      dynamodb_kind("dynamodblocal", "dynamodb-local", 600)};
  return kinds;
}

std::vector<StoreKind> kinds(const std::vector<std::string>& names) {
  std::vector<StoreKind> found;
  for (const StoreKind& kind : store_kinds()) {
    if (std::find(names.begin(), names.end(), kind.name) != names.end()) found.push_back(kind);
  }
  return found;
}

}  // namespace weir::test
