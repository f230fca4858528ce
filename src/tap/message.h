// MessageReader: finds where an HTTP/1.1 message ends, and keeps its bytes as they came.
//
// A proxy that promises to change nothing passes on `wire`; what it looks at is the rest. Bounded:
// kMaxHeaderBytes and kMaxBodyBytes. Beast parses; it stays in the .cc file.
//
// Thread safety: one thread at a time.
//
//   MessageReader reader(MessageReader::Side::request);
//   reader.feed({});  // what came together with the message before
//   while (!reader.is_done()) reader.feed(bytes);
//   Message request = reader.take();   // the reader is ready for the next one
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weir::tap {

inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
// A request of DynamoDB's is at most 16 MB (BatchWriteItem), an answer likewise (BatchGetItem).
inline constexpr std::size_t kMaxBodyBytes = 32 * 1024 * 1024;

struct Message {
  std::string wire = {};  // every byte, framing and interim (1xx) responses before it and all
  std::string method = {};
  std::string target = {};
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};  // without its chunks; compressed, if it came so
  bool keep_alive = true;

  // The first field of that name, in any letter case; empty if there is none.
  std::string_view field(std::string_view name) const;
};

class MessageReader {
 public:
  enum class Side { request, response };
  explicit MessageReader(Side side);
  ~MessageReader();
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;

  // The next response answers a HEAD request: it has no body, whatever it says.
  void expect_no_body();
  Status feed(std::string_view bytes);
  // The peer has closed. True if that is what ends a message.
  bool feed_end();

  bool is_done() const;
  bool has_begun() const;       // some bytes of the next message are there
  bool wants_continue() const;  // the client waits for 100 (Continue) before it sends the body
  Message take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The body as text: decompressed if its Content-Encoding is gzip.
Result<std::string> plain_body(const Message& message);

// Whether two names of header fields are the same, in whatever letter case.
bool same_name(std::string_view a, std::string_view b);

}  // namespace weir::tap
