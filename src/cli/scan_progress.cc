#include "cli/scan_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/system_clock.h"

namespace weir::cli {

ScanProgress::ScanProgress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

ScanProgress::~ScanProgress() {
  clear();
}

void ScanProgress::operation_began(const std::string& name) {
  line(name);
}

void ScanProgress::step(const std::string& what) {
  step_ = what;
  if (!terminal_) line("  " + what);
  show("");
}

void ScanProgress::found(const scan::Finding& finding) {
  line(fmt::format("  found: {} ({}) {}", finding.id, scan::to_string(finding.severity),
                   finding.title));
}

void ScanProgress::waiting(double seconds, std::string_view why) {
  show(fmt::format("{} ({:.0f} s)", why, seconds));
}

void ScanProgress::clear() {
  if (!quiet_ && terminal_) fmt::print(stderr, "\r\033[K");
}

void ScanProgress::line(const std::string& text) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

void ScanProgress::show(const std::string& detail) {
  if (quiet_ || !terminal_) return;
  const std::string text = detail.empty() ? step_ : detail;
  fmt::print(stderr, "\r\033[K  {}", text.substr(0, 78));
  std::fflush(stderr);
}

bool wait_until(Clock& clock, Time until, std::string_view why, ScanProgress& progress,
                const std::atomic<bool>& interrupted) {
  constexpr Duration kSlice = std::chrono::milliseconds(50);
  Time shown{};
  while (!interrupted) {
    const Time now = clock.now();
    if (now >= until) return true;
    if (now - shown > std::chrono::milliseconds(500)) {
      progress.waiting(std::chrono::duration<double>(until - now).count(), why);
      shown = now;
    }
    base::sleep_for(std::min<Duration>(kSlice, until - now));
  }
  return false;
}

}  // namespace weir::cli
