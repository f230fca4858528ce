// The tap's recording: what it makes of any request and answer is a line that reads back as itself,
// and what it reads of any file it writes as it reads it.
#include <string>

#include "fuzz/target.h"
#include "tap/redact.h"
#include "tap/summary.h"
#include "tap/trace.h"

namespace weir::fuzz {
namespace {

void writes_what_it_reads(std::string_view text) {
  const auto trace = tap::read_trace(text);
  if (!trace) {
    WEIR_CHECK(!trace.error().message.empty());
    return;
  }
  const auto write = [](const tap::Trace& one) {
    std::string out = tap::head_line(one.head);
    for (const auto& operation : one.operations) out += tap::operation_line(operation, one.head);
    return out;
  };
  const std::string once = write(*trace);
  const auto again = tap::read_trace(once);
  WEIR_CHECK(again && write(*again) == once);
  static_cast<void>(tap::shapes_of(trace->operations));
}

}  // namespace

// An operation's name, its request and its answer, a line each; and all of it as a recording.
void try_input(std::string_view input) {
  writes_what_it_reads(input);
  std::string_view rest = input;
  const std::string_view name = take_line(rest).value_or("");
  const std::string_view request = take_line(rest).value_or("");
  tap::Operation operation = tap::read_operation(name, request, 200, rest);
  const tap::TraceHead head{.upstream = "http://127.0.0.1:8000", .started = {}};
  const std::string plain = tap::head_line(head) + tap::operation_line(operation, head);
  WEIR_CHECK(tap::read_trace(plain).has_value());
  writes_what_it_reads(plain);
  tap::Redactor("salt").redact(operation);
  writes_what_it_reads(tap::head_line(head) + tap::operation_line(operation, head));
}

}  // namespace weir::fuzz
