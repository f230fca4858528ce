// The object that a request names by its path, and whose it is.
//
// That two users get the same document proves nothing: it may be meant for both. So ownership has
// to be seen: the API itself lists the object to one and not to the other, or the object names the
// user whom the token names.
// Thread safety: as the Surface.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scan/checks/surface_check.h"
#include "scan/surface/body.h"

namespace weir::scan::object_authorization {

struct ObjectPath {
  std::string list;  // "/orders", where the object's siblings are; without a '/' at its end
  std::string id;    // "1001"
  bool is_number = false;
};

// nullopt: the last segment of the path is no id (digits, a UUID, or a parameter of the document).
std::optional<ObjectPath> object_of(const Surface& surface);

// The list, as it is shown to the user or to the other user; the ids in it. nullopt: there is no
// list, or it is no JSON.
std::optional<std::vector<std::string>> ids_listed(Surface& surface, const ObjectPath& object,
                                                   bool to_other);

// How it was seen that the object `id`, whose document is `answer`, is not the reader's; empty: it
// was not. `reader_is_other`: the other user reads it; otherwise the user.
std::string why_not_theirs(Surface& surface, const ObjectPath& object, const std::string& id,
                           const Answer& answer, bool reader_is_other);

// The values by which a JWT in these headers names its bearer (sub, email, user_id, ...).
std::vector<std::string> names_of_bearer(const std::vector<Header>& headers);

// Leaves that name an owner.
std::vector<Leaf> owners_in(const Answer& answer);

}  // namespace weir::scan::object_authorization
