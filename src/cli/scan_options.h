// What `weir scan` was asked for, as it stands on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/report_output.h"

namespace weir::cli {

struct ScanOptions {
  std::string url;
  std::string method;
  std::string body;
  bool allow_writes = false;
  std::string spec;
  std::vector<std::string> operations;
  std::vector<std::string> exclude;
  std::vector<std::string> categories = {"rate-limiting"};  // or "all"
  std::vector<std::string> headers;
  std::vector<std::string> as_other;
  std::string expired_token;
  std::string callback;
  std::string canary;
  int max_requests = 2000;
  double max_wait_s = 65;
  double timeout_s = 10;
  bool authorized = false;
  bool insecure = false;
  std::uint64_t seed = 0;
  bool quiet = false;
  bool plan = false;
  std::string config;
  std::string resume;
  std::string store;
  std::string every;
  std::string webhook;
  ReportOptions output;
};

}  // namespace weir::cli
