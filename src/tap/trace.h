// A recording of the tap as a file: JSON Lines, version "weir-tap/1". docs/tap.md has the format,
// field by field.
//
// Bounded: kMaxLineBytes a line (an operation whose accesses need more is written without them),
// kMaxOperations in all. A line that is not one is an error with its
// number, but for the last, which a tap that was killed may have left unfinished.
//
// Thread safety: plain values and pure functions.
//
//   file << head_line(head) << operation_line(operation, head);
//   Result<Trace> trace = read_trace(text);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tap/operation.h"

namespace weir::tap {

inline constexpr std::size_t kMaxLineBytes = 1024 * 1024;
inline constexpr std::size_t kMaxOperations = 1'000'000;

struct TraceHead {
  std::string upstream;  // "http://127.0.0.1:8000"
  Time started{};
  bool values = false;  // texts are there as they were
};

struct Trace {
  TraceHead head;
  std::vector<Operation> operations;
};

std::string head_line(const TraceHead& head);
std::string operation_line(const Operation& operation, const TraceHead& head);
Result<Trace> read_trace(std::string_view text);

}  // namespace weir::tap
