// The tools of `weir mcp`: scans that run in the background, and what is known of them.
//
// What a scan may do is the operator's to say, on the command line of `weir mcp`: which hosts
// beside this machine, with which headers. A model can neither allow a host nor a write, nor name a
// file.
//
// Thread safety: the tools are called by one thread. One scan runs at a time, in a thread of its
// own; the destructor interrupts it and waits for its end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mcp/server.h"

namespace weir::cli {

inline constexpr std::size_t kMaxKeptScans = 20;  // the oldest are forgotten

struct McpOptions {
  std::vector<std::string> hosts;
  std::vector<std::string> headers;
};

class ScanTools {
 public:
  explicit ScanTools(McpOptions options);
  ~ScanTools();
  ScanTools(const ScanTools&) = delete;
  ScanTools& operator=(const ScanTools&) = delete;

  // Valid as long as this.
  std::vector<mcp::Tool> all();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::cli
