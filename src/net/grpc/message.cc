#include "net/grpc/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/duration.h"

namespace weir::net {

std::optional<GrpcStatus> GrpcMessageReader::fail(GrpcCode code, std::string message) {
  failed_ = true;
  message_.clear();
  return GrpcStatus{code, std::move(message)};
}

std::optional<GrpcStatus> GrpcMessageReader::feed(std::string_view bytes) {
  if (failed_) return std::nullopt;
  while (prefixed_ < kPrefix && !bytes.empty()) {
    prefix_[prefixed_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (prefixed_ < kPrefix) continue;
    if (prefix_[0] != 0) {
      return prefix_[0] == 1
                 ? fail(GrpcCode::unimplemented, "messages cannot be compressed here")
                 : fail(GrpcCode::internal, "the message's first byte is neither 0 nor 1");
    }
    for (std::size_t i = 1; i < kPrefix; ++i) length_ = length_ << 8 | prefix_[i];
    if (length_ > max_bytes_) {
      return fail(GrpcCode::resource_exhausted,
                  fmt::format("the message has {} bytes, {} are the most", length_, max_bytes_));
    }
    message_.reserve(length_);
  }
  const std::size_t missing = length_ - message_.size();
  if (prefixed_ == kPrefix && bytes.size() > missing)
    return fail(GrpcCode::internal, "the call has more than one message");
  message_.append(bytes);
  return std::nullopt;
}

std::optional<Duration> parse_grpc_timeout(std::string_view text) {
  constexpr std::size_t kMostDigits = 8;
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  std::int64_t value = 0;
  const char* const unit = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit, value);
  if (error != std::errc() || end != unit || text.front() == '-') return std::nullopt;
  using namespace std::chrono;
  switch (*unit) {
    case 'H':
      // Longer than anybody waits, and the most that does not overflow is not far.
      return hours(std::min<std::int64_t>(value, kMaxDuration / hours(1)));
    case 'M':
      return minutes(value);
    case 'S':
      return seconds(value);
    case 'm':
      return milliseconds(value);
    case 'u':
      return microseconds(value);
    case 'n':
      return nanoseconds(value);
    default:
      return std::nullopt;
  }
}

std::string encode_grpc_message(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace weir::net
