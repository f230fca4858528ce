// The message of a gRPC call, out of its HTTP/2 stream: it means the same whole and in pieces.
#include "fuzz/target.h"
#include "net/grpc/message.h"

namespace weir::fuzz {
namespace {

constexpr std::size_t kMost = 64;  // small, so that small inputs reach it

std::optional<std::string> read(std::string_view bytes, std::size_t piece) {
  net::GrpcMessageReader reader(kMost);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (reader.feed(bytes.substr(at, piece))) return std::nullopt;
  }
  if (!reader.is_whole()) return std::nullopt;
  return reader.take();
}

}  // namespace

void try_input(std::string_view input) {
  const auto whole = read(input, input.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}})
    WEIR_CHECK(read(input, piece) == whole);
  WEIR_CHECK(!whole || (whole->size() <= kMost && whole->size() + 5 == input.size()));
  const auto timeout = net::parse_grpc_timeout(input);
  WEIR_CHECK(!timeout || *timeout >= Duration::zero());
  for (const char c : net::encode_grpc_message(input)) WEIR_CHECK(c >= ' ' && c <= '~');
}

}  // namespace weir::fuzz
