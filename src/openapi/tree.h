// A JSON or YAML text as a tree of values that know their line: what the rest of this folder reads.
//
// YAML aliases and merge keys ("<<") are resolved; an aliased value is shared, not copied, so that
// the tree may be a graph (never a cycle) and a walk of it has to be bounded by Budget.
// Thread safety: reading a finished Tree is safe from any thread.
//
//   Tree tree = read_tree(text, "openapi.yaml");     // throws ReadError
//   const Node* title = tree.root->find("info")->find("title");
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::openapi {

// How a document is given up, inside this folder only: read_document makes an Error of it.
struct ReadError {
  Error error;
};

enum class NodeKind : std::uint8_t { null, boolean, number, text, list, map };

struct Node;

struct Child {
  std::string key;  // empty in a list
  const Node* node = nullptr;
  int line = 0;  // of the key, in a list of the value
};

struct Node {
  NodeKind kind = NodeKind::null;
  std::uint16_t file = 0;  // which of the document's files it stands in; the first is 0
  int line = 0;
  std::string text;             // of a boolean, number or text; numbers are as JSON writes them
  std::vector<Child> children;  // of a list or map, in the document's order
  std::vector<std::uint32_t> by_key;  // of a map: indices of children, ordered by key

  // Of a map: the value of `key`, or null. Null for everything else.
  const Child* child(std::string_view key) const;
  const Node* find(std::string_view key) const;

  // The text of the scalar `key` of a map; empty if there is none.
  std::string_view text_of(std::string_view key) const;
};

struct Tree {
  std::deque<Node> nodes;
  const Node* root = nullptr;
  std::vector<std::string> notes;  // keys given twice

  Node& add(NodeKind kind, int line, std::string text = {});

  // Call once all children of a map are there: makes them findable, drops keys given twice.
  void close_map(Node& map, std::string_view name);
};

// Throws unless `text` is a map, as an OpenAPI document is.
Tree read_root(std::string_view text, std::string_view name);

// JSON where the text begins with '{' and `name` does not say YAML, YAML otherwise.
Tree read_tree(std::string_view text, std::string_view name);

Tree read_json(std::string_view text, std::string_view name);
Tree read_yaml(std::string_view text, std::string_view name);

}  // namespace weir::openapi
