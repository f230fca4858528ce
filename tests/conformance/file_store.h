// FileStore: the simplest store that can be right, as a yardstick for the conformance suite itself.
//
// One file under an exclusive lock, every key a full-size record, found by a linear search. Shared
// between processes, so that the suite's own parts that start processes are tried without a server.
// Thread safety: every member may be called from any thread.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace weir::test {

class FileStore final : public store::Store {
 public:
  static Result<std::unique_ptr<store::Store>> open(const std::string& path);
  explicit FileStore(std::string path) : path_(std::move(path)) {}

  Result<store::ChargeOutcome> charge(const store::ChargeRequest& request) override;
  Status give_back(const store::ChargeRequest& request, std::int64_t slot) override;
  std::string_view name() const override { return "file"; }

 private:
  std::string path_;
};

}  // namespace weir::test
