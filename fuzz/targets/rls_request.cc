// What a proxy asks about by descriptors: written again, it reads as before.
#include "fuzz/target.h"
#include "serve/bounds.h"
#include "serve/rls/messages.h"

namespace weir::fuzz {

void try_input(std::string_view input) {
  static_cast<void>(serve::rls::parse_health_request(input));
  const auto request = serve::rls::parse_request(input);
  if (!request) return;
  WEIR_CHECK(request->descriptors.size() <= serve::kMaxDescriptors);
  const std::string written = serve::rls::write_request(*request);
  const auto again = serve::rls::parse_request(written);
  WEIR_CHECK(again && *again == *request);
}

}  // namespace weir::fuzz
