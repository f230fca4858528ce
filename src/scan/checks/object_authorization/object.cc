#include "scan/checks/object_authorization/object.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "scan/surface/jwt.h"

namespace weir::scan::object_authorization {
namespace {

constexpr std::size_t kMaxIdBytes = 64;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

bool is_parameter_of_document(const Surface& surface) {
  const openapi::Operation* operation = surface.declared();
  return operation != nullptr && operation->path.ends_with('}');
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::optional<ObjectPath> object_of(const Surface& surface) {
  if (surface.base_request().method != "GET") return std::nullopt;
  const std::string path = surface.path();
  const std::size_t slash = path.rfind('/');
  ObjectPath object{path.substr(0, slash), path.substr(slash + 1), false};
  object.is_number = is_number(object.id);
  const bool is_id = object.is_number || is_uuid(object.id) || is_parameter_of_document(surface);
  if (!is_id || object.list.empty() || object.id.empty() || object.id.size() > kMaxIdBytes) {
    return std::nullopt;
  }
  return object;
}

std::optional<std::vector<std::string>> ids_listed(Surface& surface, const ObjectPath& object,
                                                   bool to_other) {
  Variant variant = surface.with_target(object.list);
  if (to_other) variant = surface.as_other(variant.request);
  variant.changed = (to_other ? "the other user's credential, path " : "path ") + object.list;
  const Answer answer = surface.send(variant, "the list");
  const auto leaves = leaves_of(answer.response.body);
  if (!answer.served() || answer.response.truncated || !leaves) return std::nullopt;
  std::set<std::string> ids;
  for (const Leaf& leaf : *leaves) {
    const std::string key = base::lower_case(leaf.key);
    const bool names_an_id = key == "id" || key == "uuid" || key.ends_with("_id");
    if (leaf.shape.find("[]") != std::string::npos && names_an_id && !leaf.text.empty()) {
      ids.insert(leaf.text);
    }
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

std::vector<std::string> names_of_bearer(const std::vector<Header>& headers) {
  Request request;
  request.headers = headers;
  const auto place = find_jwt(request);
  std::vector<std::string> names;
  if (!place) return names;
  for (const char* claim : {"sub", "user_id", "uid", "email", "username", "preferred_username"}) {
    const auto at = place->token.claims.find(claim);
    if (at != place->token.claims.end() && !at->second.empty()) names.push_back(at->second);
  }
  return names;
}

std::vector<Leaf> owners_in(const Answer& answer) {
  std::vector<Leaf> owners = leaves_of(answer.response.body).value_or(std::vector<Leaf>());
  owners.erase(std::remove_if(
                   owners.begin(), owners.end(),
                   [](const Leaf& leaf) { return !names_an_owner(leaf.key) || leaf.text.empty(); }),
               owners.end());
  return owners;
}

std::string why_not_theirs(Surface& surface, const ObjectPath& object, const std::string& id,
                           const Answer& answer, bool reader_is_other) {
  const auto theirs =
      names_of_bearer(reader_is_other ? surface.plan().other : surface.credential_headers());
  const auto others =
      names_of_bearer(reader_is_other ? surface.credential_headers() : surface.plan().other);
  const std::vector<Leaf> owners = owners_in(answer);
  const bool names_reader = std::any_of(
      owners.begin(), owners.end(), [&](const Leaf& leaf) { return contains(theirs, leaf.text); });
  if (names_reader) return {};
  for (const Leaf& leaf : owners) {
    if (!theirs.empty() && contains(others, leaf.text)) {
      return fmt::format("its {} is whom the other credential's token names", leaf.shape);
    }
  }
  // A list of the reader's own has to be there, and not be empty: otherwise it says nothing.
  const auto own = ids_listed(surface, object, reader_is_other);
  if (!own || own->empty() || contains(*own, id)) return {};
  if (surface.has_other()) {
    const auto other = ids_listed(surface, object, !reader_is_other);
    if (other && contains(*other, id)) {
      return fmt::format("{} lists it to its owner, and not to who reads it", object.list);
    }
  }
  return {};
}

}  // namespace weir::scan::object_authorization
