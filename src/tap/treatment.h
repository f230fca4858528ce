// What the proxy may do to an exchange other than passing it on. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tap/message.h"
#include "weir/time.h"

namespace weir::tap {

// A request as it came.
struct Call {
  std::uint64_t connection = 0;
  std::string_view operation;  // "UpdateItem"; empty: none is named
  const Message* request = nullptr;
};

// What is done to one exchange.
struct Treatment {
  enum class Kind {
    pass,     // passed on and answered
    answer,   // not passed on; `answer` instead
    replace,  // passed on; `answer` instead of its answer
    silent,   // not passed on, not answered, not ended
    cut,      // not passed on; the connection is reset
    lose,     // passed on; the connection is reset instead of the answer
  };
  Kind kind = Kind::pass;
  std::string name = {};    // for the record; empty: nothing was done
  std::string answer = {};  // a whole HTTP response
  Duration delay{};         // before the answer
};

}  // namespace weir::tap
