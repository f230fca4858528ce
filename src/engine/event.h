// Event: a change in what the operator should know, told once a change and never once a request.
//
// Thread safety: plain value. Who gives an OnEvent must bear calls from several threads at once.
#pragma once

#include <functional>
#include <string>

namespace weir::engine {

struct Event {
  enum class Kind {
    store_failing,    // the store could not decide; rules follow their failure policy
    store_recovered,  // it decides again
  };
  Kind kind = Kind::store_failing;
  std::string message;  // one sentence for the log; never holds an identifier
};

using OnEvent = std::function<void(const Event&)>;

}  // namespace weir::engine
