// What a fuzz target is: one function that takes any bytes, gives them to a parser of Weir's and
// holds what comes back to that parser's promises with WEIR_CHECK.
//
// The same function is run by libFuzzer (`make fuzz`) and by replay.cc (`make test`). It must be
// deterministic, must keep nothing from one input to the next that changes what it does, and must
// bear any bytes: a failed check is always a bug.
//
// Thread safety: called from one thread.
//
//   void weir::fuzz::try_input(std::string_view input) {
//     if (const auto url = net::Url::parse(input)) WEIR_CHECK(net::Url::parse(url->to_string()) ==
//     url);
//   }
#pragma once

#include <optional>
#include <string_view>

#include "base/check.h"

namespace weir::fuzz {

// Each target defines it.
void try_input(std::string_view input);

// Takes the first line off `rest`, without its "\n"; nullopt once nothing is left. For inputs of
// several parts: seeds stay readable, and a mutation of one part leaves the others alone.
inline std::optional<std::string_view> take_line(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// Takes what stands before the first `separator` off `rest`, all of it if there is none.
inline std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
  return part;
}

}  // namespace weir::fuzz
