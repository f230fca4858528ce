// Facts about one request, as the front end (Django, daemon) saw them. identity/ turns them into
// who is asking.
//
// Views into memory of the caller, valid for the duration of the call. Nothing in here is believed
// yet.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "weir/time.h"

namespace weir::identity {

// One header field line as it came. Names compare without regard to case.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

enum class KeyStanding {
  unchecked,  // nobody looked whether the credential exists
  known,      // the verify hook says that it does
  unknown,    // the verify hook says that it does not
};

struct Request {
  // The socket's peer address as text, without a port; empty for a Unix socket.
  std::string_view peer = {};
  std::span<const HeaderField> headers = {};
  std::string_view method = {};  // "GET"; HEAD counts as GET
  // The matched route template, "/users/{id}"; never the raw path. Empty: no route matched.
  std::string_view route = {};
  // The authenticated principal of the framework; nullopt: anonymous.
  std::optional<std::string_view> user = {};
  KeyStanding key_standing = KeyStanding::unchecked;
  // The request's own id, if something that is trusted made one: the same id from the same caller
  // is charged once (engine/request_memory.h). Never one that the caller may choose. Empty: none.
  std::string_view request_id = {};
  // How much of a limit it uses up, under the rules that do not say so themselves: 1 to 10^15.
  std::int64_t cost = 1;
  // The cost is an estimate: Limiter::settle() will say what it came to.
  bool cost_is_estimate = false;
  // How long it has waited for its turn in front of the limiter. That much less time is left to ask
  // the store: where none is, the failure policy of each rule decides.
  Duration waited{};
  // False: nobody in particular asks, as about a descriptor. The policy's lists of people say
  // nothing then, and a rule that counts by people finds the request malformed.
  bool has_sender = true;
};

}  // namespace weir::identity
