// A folder that keeps the reports of scans, one JSON file each, named by time and scan.
//
// Promises: a file is there whole or not at all; at most kMaxKeptReports are kept, the oldest go
// first; other files of the folder are left alone. A file that cannot be read is told and passed
// over. Thread safety: several programs may save into one folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scan/model.h"

namespace weir::cli {

inline constexpr std::size_t kMaxKeptReports = 500;
inline constexpr std::size_t kMaxReadReports = 200;  // the newest

class ScanStore {
 public:
  // Makes the folder if it is not there and `make` says so.
  static Result<ScanStore> open(const std::string& folder, bool make);

  Status save(const scan::Report& report) const;

  // The oldest first, without timelines and the requests of the evidence. What was passed over is
  // in `problems`.
  std::vector<scan::Report> reports(std::vector<Error>& problems) const;

  // The newest of this target; nullopt if there is none that can be read.
  std::optional<scan::Report> newest_of(const std::string& target) const;

 private:
  explicit ScanStore(std::string folder) : folder_(std::move(folder)) {}
  std::vector<std::string> names() const;  // in the order of time

  std::string folder_;
};

}  // namespace weir::cli
