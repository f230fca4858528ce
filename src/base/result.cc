#include "base/result.h"

namespace weir {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_input:
      return "invalid_input";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::unauthorized:
      return "unauthorized";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::throttled:
      return "throttled";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

std::string Error::to_string() const {
  return cure.empty() ? message : message + ". " + cure;
}

Error Error::at(std::string_view place) && {
  message.insert(0, ": ");
  message.insert(0, place);
  return std::move(*this);
}

}  // namespace weir
