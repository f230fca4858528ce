// One document while it is being read: follows its references, also into other files of its folder,
// bounds the work, collects notes.
//
// Thread safety: one thread at a time.
//
//   Reading reading(text, "openapi.yaml", read_other);
//   const Node* schema = reading.resolve(parameter.find("schema"));  // null: there is none
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openapi/document.h"
#include "openapi/tree.h"

namespace weir::openapi {

// What a document says is quoted in notes and errors, which end up in terminals: everything but
// visible ASCII becomes '?'.
std::string printable(std::string text);

// Where `reference` leads to from the file `from`, both relative to one folder:
// ("paths/users.yaml", "../schemas/user.yaml") -> "schemas/user.yaml". Null if it is not a relative
// path, or leads out of that folder.
std::optional<std::string> path_beside(std::string_view from, std::string_view reference);

class Reading {
 public:
  // Throws ReadError. `read_other` may be empty: then no other file is read.
  Reading(std::string_view text, std::string_view name, const ReadOther& read_other);

  const Node& root() const { return *files_.front().tree.root; }

  // The node itself, or what its $ref leads to. Null for null, and for a reference that leads
  // nowhere, out of the document's folder or around in a circle, each of which is noted.
  const Node* resolve(const Node* node);

  // Counts one visited value; gives the document up past kMaxSteps.
  void step();

  // "openapi.yaml:40: what". Past kMaxNotes the rest is only counted. `there` says in which file.
  void note(const Node& there, int line, std::string_view what);

  // The name of the file that a node stands in.
  const std::string& file_of(const Node& node) const { return files_[node.file].name; }

  std::vector<std::string> take_notes() &&;

 private:
  struct File {
    std::string path;  // relative to the document's folder
    std::string name;  // as notes say it: with the folder
    Tree tree;         // without a root if it could not be read
  };

  const Node* target_of(const Node& reference);
  const Node* follow_pointer(const Node* root, std::string_view pointer);
  const File* other_file(const Node& reference, std::string_view written);
  void read_file(File& file, const Node& reference);
  void add_note(std::string text);

  const ReadOther& read_other_;
  std::string folder_;      // of the document's name, with the '/' at its end
  std::deque<File> files_;  // the document itself first
  std::map<std::string, std::size_t, std::less<>> by_path_;  // in files_
  std::size_t other_bytes_ = 0;
  std::size_t nodes_ = 0;
  std::size_t steps_ = 0;
  // References seen, by the file that they stand in; null if they lead nowhere.
  std::map<std::pair<std::uint16_t, std::string>, const Node*> targets_;
  std::vector<std::string> notes_;
  std::size_t notes_left_out_ = 0;
};

}  // namespace weir::openapi
