// Properties of answers, by their names.
// Thread safety: pure functions.
#pragma once

#include <string_view>

#include "openapi/document.h"
#include "scan/surface/body.h"

namespace weir::scan::property_authorization {

// No client has a use for it, whoever asks: password_hash, totp_secret, internal_notes.
bool is_internal_name(std::string_view key);

// With a value that tells something: not null, empty, false, 0 or a mask such as "***".
bool has_value(const Leaf& leaf);

bool declares(const openapi::BodyShape& shape, std::string_view name);

}  // namespace weir::scan::property_authorization
