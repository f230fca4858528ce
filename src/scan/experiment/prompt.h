// The text of a request that a language model reads, and the same request with another text.
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scan/probe/message.h"

namespace weir::scan {

// The last turn of `messages`, or a member such as `prompt` or `question`. nullopt: the body is not
// JSON, or carries no such text.
std::optional<std::string> prompt_of(const Request& request);

// Only for a request that has one.
Request with_prompt(const Request& request, std::string_view text);

// With a turn of the role "system" before the others; only where there are turns.
std::optional<Request> with_system_turn(const Request& request, std::string_view text);

}  // namespace weir::scan
