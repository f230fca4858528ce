// The tap's HTTP messages: where one ends does not depend on how its bytes came, and what is passed
// on are those bytes.
#include <algorithm>
#include <string>

#include "fuzz/target.h"
#include "tap/message.h"

namespace weir::fuzz {
namespace {

struct Found {
  std::string wires;
  int messages = 0;
  friend bool operator==(const Found&, const Found&) = default;
};

Found read(tap::MessageReader::Side side, std::string_view input, std::size_t piece) {
  tap::MessageReader reader(side);
  Found found;
  bool refused = false;  // sooner or later, as the bytes come
  while (!refused && !input.empty()) {
    refused = !reader.feed(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
    while (!refused && reader.is_done()) {
      const tap::Message message = reader.take();
      static_cast<void>(tap::plain_body(message));
      found.wires += message.wire;
      ++found.messages;
      refused = !reader.feed({});
    }
  }
  return found;
}

}  // namespace

void try_input(std::string_view input) {
  for (const auto side : {tap::MessageReader::Side::request, tap::MessageReader::Side::response}) {
    const Found whole = read(side, input, input.size());
    WEIR_CHECK(input.starts_with(whole.wires));
    WEIR_CHECK(read(side, input, 1) == whole);
    WEIR_CHECK(read(side, input, 7) == whole);
  }
}

}  // namespace weir::fuzz
