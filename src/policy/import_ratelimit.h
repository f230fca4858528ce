// Reads configuration files of envoyproxy/ratelimit as rules about descriptors.
//
// There a descriptor is looked for in a tree, entry by entry, the most exact first, and what is
// found first is followed to its end, whether or not it ends in a limit. Here the most exact of all
// rules that fit answers. Where the two differ, rules with `always: admit` stand for the branches
// that end in nothing.
//
// Thread safety: one reader belongs to one import.
//
//   RatelimitReader reader(import);
//   reader.read("limits.yaml", node);
//   const std::vector<DescriptorRule> rules = reader.rules();
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "policy/descriptor.h"
#include "policy/fields.h"
#include "policy/import.h"

namespace weir::policy {

// What stands in the files, as a tree.
namespace ratelimit {

struct Limit {
  std::int64_t count = 0;
  Duration window{};  // none: the answer is `admit` whatever was asked
  bool shadow = false;
  std::string name = {};
  std::vector<std::pair<std::string, int>> replaces = {};  // names, and their lines
};

struct Branch {
  DescriptorEntry entry = {};
  bool shared = false;  // all values of the entry are counted together
  std::optional<Limit> limit = {};
  std::vector<std::unique_ptr<Branch>> branches = {};  // in the order of the file
  std::string file = {};
  int line = 0;  // 0: made here, not read
};

}  // namespace ratelimit

class RatelimitReader {
 public:
  explicit RatelimitReader(Import& import) : import_(import) {}

  // One file. Several may be about one domain.
  void read(const std::string& file, const YAML::Node& root);

  // Of all files, once they are read without an error. May find that they are too many.
  std::vector<DescriptorRule> rules();

 private:
  using Limit = ratelimit::Limit;
  using Branch = ratelimit::Branch;

  void read_descriptors(const YAML::Node& list, Branch& parent);
  void read_descriptor(const YAML::Node& node, Branch& parent);
  void read_limit(const YAML::Node& node, Limit& limit);
  void read_replaces(const YAML::Node& list, Limit& limit);
  void note(const YAML::Node& at, std::string message, std::string cure = {});
  void note(const Branch& at, std::string message, std::string cure = {});

  static bool is_wider(const DescriptorEntry& entry, const DescriptorEntry& than);
  void shade(Branch& branch, const Branch& wider);
  void complete(Branch& branch);
  void gather(const std::string& domain, const Branch& branch, std::vector<const Branch*>& path);
  void resolve_replaced();
  std::string new_id(const std::vector<const Branch*>& path);

  Import& import_;
  FieldReader fields_;
  std::string file_;
  std::vector<std::pair<std::string, Branch>> domains_;
  struct Gathered {
    DescriptorRule rule;
    const Branch* branch;
  };
  std::vector<Gathered> gathered_;
  std::unordered_set<std::string> ids_;
  std::size_t made_ = 0;  // branches that were not read
};

}  // namespace weir::policy
