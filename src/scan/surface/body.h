// Bodies of answers, as checks look at them: JSON as a flat list of its values, and whether two
// bodies are the same document apart from what differs between any two answers.
//
// Promises: bounded work on any bytes; what is no JSON, or is nested too deep, is just text.
// Thread safety: pure functions, plain values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/probe/message.h"

namespace weir::scan {

inline constexpr std::size_t kMaxLeaves = 20'000;  // of one body; the rest is not looked at
inline constexpr std::size_t kMaxBodyDepth = 64;

struct Leaf {
  std::string path;   // "items[3].owner.email"
  std::string shape;  // "items[].owner.email"
  std::string key;    // "email"; of a list's item the key of the list
  std::string text;   // of a text, number or flag; empty for null and for empty lists and objects
  bool is_text = false;
  bool is_null = false;
};

// Empty if the body is no JSON object or list.
std::optional<std::vector<Leaf>> leaves_of(std::string_view body);

// `a` and `b` are the same document, apart from what differs between `once` and `again`, two
// answers to one and the same request: times, nonces, request ids.
bool same_document(std::string_view a, std::string_view b, std::string_view once,
                   std::string_view again);

// For evidence: the first four and the last two characters of a secret, "AKIA...7Q".
std::string excerpt_of_secret(std::string_view secret);

// Media type without parameters, in lower case: "application/json".
std::string media_type(const Response& response);

// Whether a name is one of these, which are in lower case, whatever its letter case and without the
// joints of its words: "redirect_url" and "redirectURL" are "redirecturl".
bool is_one_of(std::string_view name, std::span<const std::string_view> names);

// A query parameter that carries a credential. Narrower than is_secret_name: "keyword" does not.
bool names_a_credential(std::string_view name);

// Names of an owner or a person, by their words: owner_id, userId, account, email.
bool names_an_owner(std::string_view key);

}  // namespace weir::scan
