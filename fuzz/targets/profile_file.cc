// ~/.aws/credentials and ~/.aws/config, and what is made of them. The input is both, separated by a
// line "--".
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "store/dynamodb/credentials.h"
#include "store/dynamodb/options.h"
#include "store/dynamodb/profile_files.h"

namespace weir::fuzz {
namespace {

// A file in memory, with a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text)
      : descriptor_(::memfd_create("weir-fuzz", MFD_CLOEXEC)) {
    WEIR_CHECK(descriptor_ >= 0);
    WEIR_CHECK(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

void try_input(std::string_view input) {
  const MemoryFile credentials(take_until(input, "\n--\n"));
  const MemoryFile config(input);
  for (const char* name : {"default", "dev"}) {
    const Environment environment = [&](std::string_view variable) -> std::optional<std::string> {
      if (variable == "AWS_PROFILE") return name;
      if (variable == "AWS_SHARED_CREDENTIALS_FILE") return credentials.path();
      if (variable == "AWS_CONFIG_FILE") return config.path();
      return std::nullopt;
    };
    const Result<store::Profile> profile = store::read_profile(environment);
    WEIR_CHECK(profile && (profile->found || profile->settings.empty()));
    for (const auto& [setting, value] : profile->settings) {
      WEIR_CHECK(value.find('\n') == std::string::npos &&
                 profile->get(setting).has_value() != value.empty());
    }
    const auto found = store::profile_credentials(environment)(std::chrono::seconds(1));
    if (found && *found) {
      WEIR_CHECK(!(*found)->access_key_id.empty() && !(*found)->secret_access_key.empty());
    }
    const auto target = store::resolve_target({}, environment);
    if (target) WEIR_CHECK(!target->region.empty() && !target->url.host.empty());
  }
}

}  // namespace weir::fuzz
