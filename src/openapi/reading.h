// One document while it is being read: follows its references, bounds the work, collects notes.
//
// Thread safety: one thread at a time.
//
//   Reading reading(tree, "openapi.yaml");
//   const Node* schema = reading.resolve(parameter.find("schema"));  // null: there is none
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "openapi/tree.h"

namespace weir::openapi {

// What a document says is quoted in notes and errors, which end up in terminals: everything but
// visible ASCII becomes '?'.
std::string printable(std::string text);

class Reading {
 public:
  Reading(const Tree& tree, std::string_view name);

  const Node& root() const { return *tree_.root; }

  // The node itself, or what its $ref leads to. Null for null, and for a reference that leads
  // nowhere, out of the document or around in a circle, each of which is noted.
  const Node* resolve(const Node* node);

  // Counts one visited value; gives the document up past kMaxSteps.
  void step();

  // "openapi.yaml:40: what". Past kMaxNotes the rest is only counted.
  void note(int line, std::string_view what);

  std::vector<std::string> take_notes() &&;

 private:
  const Node* target_of(const std::string& reference, int line);
  const Node* follow_pointer(std::string_view pointer);

  const Tree& tree_;
  std::string name_;
  std::size_t steps_ = 0;
  std::unordered_map<std::string, const Node*> targets_;  // references seen, null if they fail
  std::vector<std::string> notes_;
  std::size_t notes_left_out_ = 0;
};

}  // namespace weir::openapi
