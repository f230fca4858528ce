// What a user sees while a scan runs: one line on standard error that is rewritten on a terminal,
// one line an event elsewhere, nothing with --quiet.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "scan/scan.h"
#include "weir/clock.h"

namespace weir::cli {

class ScanProgress final : public scan::Listener {
 public:
  explicit ScanProgress(bool quiet);
  ~ScanProgress() override;

  void operation_began(const std::string& name) override;
  void step(const std::string& what) override;
  void found(const scan::Finding& finding) override;
  void waiting(double seconds, std::string_view why);
  void clear();

 private:
  void line(const std::string& text);
  void show(const std::string& detail);

  bool quiet_;
  bool terminal_;
  std::string step_;
};

// Sleeps until `until` and says why; false as soon as `interrupted` is set.
bool wait_until(Clock& clock, Time until, std::string_view why, ScanProgress& progress,
                const std::atomic<bool>& interrupted);

}  // namespace weir::cli
