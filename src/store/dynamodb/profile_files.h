// The shared AWS files, ~/.aws/credentials and ~/.aws/config, as far as Weir reads them.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
//
// Thread safety: pure functions over the files.
//
//   Result<Profile> profile = read_profile(environment);
//   profile->get("region")
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace weir::store {

// A variable that is set and not empty.
std::optional<std::string> read_variable(const Environment& environment, std::string_view name);

// Larger files are refused.
inline constexpr std::size_t kMaxProfileFileBytes = 1024 * 1024;

struct Profile {
  std::string name;
  std::map<std::string, std::string, std::less<>> settings;  // both files, credentials first
  std::string places;   // the files that were looked at, for messages
  bool found = false;   // a section of that name exists
  bool chosen = false;  // AWS_PROFILE names it: it must exist

  std::optional<std::string> get(std::string_view setting) const;
};

// The profile that AWS_PROFILE (else "default") names, from AWS_SHARED_CREDENTIALS_FILE and
// AWS_CONFIG_FILE (else those in HOME). Absent files are empty.
Result<Profile> read_profile(const Environment& environment);

}  // namespace weir::store
