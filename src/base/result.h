// Result<T>: a value or an Error. How everything that depends on input, network or configuration
// reports failure in Weir.
//
// An Error says what went wrong, where, and how to mend it, and whether trying again may help.
// Exceptions never cross a folder. Thread safety: plain values.
//
//   Result<Rate> rate = parse_rate("100/m");
//   if (!rate) return tl::unexpected(rate.error());
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

enum class ErrorCode {
  invalid_input,   // a caller, a file or a document says something that cannot be
  not_found,       // a file, table or name that should be there is not
  unauthorized,    // credentials are missing, wrong or expired
  unavailable,     // the other side cannot be reached or failed
  timeout,         // no answer before the deadline
  throttled,       // the other side asked for fewer requests; nothing was applied
  unsupported,     // well formed, but not something that Weir can do
  limit_exceeded,  // one of Weir's own bounds (size, depth, count) was reached
  internal,        // should not happen; the message says what did
};

// A stable word for the code, such as "invalid_input", for logs and JSON.
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;     // what and where, one sentence without a final full stop
  std::string cure = {};   // how to mend it; empty if nothing useful can be said
  bool transient = false;  // the same call may succeed later

  // "message. cure" on one line.
  std::string to_string() const;

  // The same error, with the place put before the message: "weir.yaml:3:5: message".
  Error at(std::string_view place) &&;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

// For calls that only succeed or fail.
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string cure = {}) {
  const bool transient =
      code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::throttled;
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(cure), transient});
}

}  // namespace weir
