// GrpcMessageReader: the one message of a unary call, out of the bytes of its HTTP/2 stream.
//
// On the stream a message is: one byte (1: compressed), its length (4 bytes, big endian), the
// message. Pieces may end anywhere. What a message says is nobody's business here.
//
// Promises: never holds more than max_bytes of a message; after an error, what follows is dropped.
// Thread safety: one thread at a time.
//
//   GrpcMessageReader reader(64 * 1024);
//   if (const auto failed = reader.feed(bytes)) answer(*failed);
//   at the end of the stream: if (reader.is_whole()) use(reader.take());
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/time.h"

namespace weir::net {

// The codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html that are used here.
enum class GrpcCode {
  ok = 0,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
};

struct GrpcStatus {
  GrpcCode code = GrpcCode::ok;
  std::string message = {};
  friend bool operator==(const GrpcStatus&, const GrpcStatus&) = default;
};

class GrpcMessageReader {
 public:
  explicit GrpcMessageReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // What is wrong with the bytes so far, if anything is; said once.
  std::optional<GrpcStatus> feed(std::string_view bytes);

  // One message, and nothing of a second one.
  bool is_whole() const { return !failed_ && prefixed_ == kPrefix && message_.size() == length_; }
  std::string take() { return std::move(message_); }

 private:
  static constexpr std::size_t kPrefix = 5;

  std::optional<GrpcStatus> fail(GrpcCode code, std::string message);

  const std::size_t max_bytes_;
  std::array<unsigned char, kPrefix> prefix_{};
  std::size_t prefixed_ = 0;  // bytes of the prefix that have come
  std::size_t length_ = 0;
  std::string message_;
  bool failed_ = false;
};

// The value of grpc-timeout: at most 8 digits and a unit, "20m" is 20 ms. nullopt: it is none.
std::optional<Duration> parse_grpc_timeout(std::string_view text);

// Percent-encoded as grpc-message wants it: visible ASCII and space stay, except '%'.
std::string encode_grpc_message(std::string_view text);

}  // namespace weir::net
