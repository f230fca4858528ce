// The method of a request as rules count it: no spelling of a client's own makes a new counter.
//
// Letter case is folded, because frameworks fold it before they route. HEAD is GET. Every method
// that HTTP does not define is "OTHER". Thread safety: pure function.
#pragma once

#include <string_view>

namespace weir::identity {

// The result lives for ever.
std::string_view counted_method(std::string_view method);

}  // namespace weir::identity
