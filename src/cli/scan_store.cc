#include "cli/scan_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/files.h"
#include "cli/report_output.h"
#include "report/report.h"

namespace weir::cli {
namespace {

constexpr std::string_view kPrefix = "scan-";
constexpr std::string_view kSuffix = ".json";

// "scan-20261125T130000Z-0123456789abcdef.json": names in order are scans in order.
std::string name_of(const scan::Report& report) {
  std::string time = report.started_at;
  std::erase_if(time, [](char letter) { return letter == '-' || letter == ':'; });
  return fmt::format("{}{}-{}{}", kPrefix, time, report.scan_id, kSuffix);
}

void shorten(scan::Report& report) {
  report.timelines.clear();
  for (scan::Finding& finding : report.findings) {
    for (scan::Evidence& evidence : finding.evidence) evidence.exchanges.clear();
  }
}

}  // namespace

Result<ScanStore> ScanStore::open(const std::string& folder, bool make) {
  std::error_code failed;
  if (make) std::filesystem::create_directories(folder, failed);
  if (!std::filesystem::is_directory(folder, failed)) {
    return fail(ErrorCode::not_found, folder + ": is not a folder",
                "Check the path and its rights");
  }
  return ScanStore(folder);
}

Status ScanStore::save(const scan::Report& report) const {
  const auto text = report::render(report, report::Format::json, {});
  if (!text) return tl::unexpected(text.error());
  const Status written =
      replace_file((std::filesystem::path(folder_) / name_of(report)).string(), *text);
  if (!written) return written;
  const std::vector<std::string> all = names();
  for (std::size_t i = 0; i + kMaxKeptReports < all.size(); ++i) {
    std::error_code gone;  // another program may have been quicker
    std::filesystem::remove(std::filesystem::path(folder_) / all[i], gone);
  }
  return {};
}

std::vector<scan::Report> ScanStore::reports(std::vector<Error>& problems) const {
  const std::vector<std::string> all = names();
  std::vector<scan::Report> reports;
  for (std::size_t i = all.size() - std::min(all.size(), kMaxReadReports); i < all.size(); ++i) {
    auto report = read_report((std::filesystem::path(folder_) / all[i]).string());
    if (!report) {
      problems.push_back(report.error());
      continue;
    }
    shorten(*report);
    reports.push_back(*std::move(report));
  }
  return reports;
}

std::optional<scan::Report> ScanStore::newest_of(const std::string& target) const {
  std::vector<Error> problems;
  std::vector<scan::Report> all = reports(problems);
  const auto found = std::find_if(all.rbegin(), all.rend(), [&target](const scan::Report& each) {
    return each.target == target;
  });
  if (found == all.rend()) return std::nullopt;
  return std::move(*found);
}

std::vector<std::string> ScanStore::names() const {
  std::vector<std::string> all;
  std::error_code failed;
  for (auto entry = std::filesystem::directory_iterator(folder_, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) all.push_back(std::move(name));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace weir::cli
