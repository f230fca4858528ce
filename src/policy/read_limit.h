// Reads how much a rule lets pass: the fields that rules about requests and rules about descriptors
// have in common.
//
// Thread safety: one reader belongs to one rule.
//
//   LimitReader limit(fields, rule);
//   fields.read(node, "a rule", limit.list() and others);
//   limit.finish(node);
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "policy/fields.h"
#include "policy/rule.h"

namespace weir::policy {

class LimitReader {
 public:
  LimitReader(FieldReader& fields, Rule& rule) : fields_(fields), rule_(rule) {}

  // limit, algorithm, burst, strict, time_zone, shadow, on_store_failure, local_share.
  std::vector<Field> list();

  // Once all fields are read, wherever they stood: what the limit says depends on the algorithm.
  void finish(const YAML::Node& rule);

  // The reader of a field that is a cost.
  std::function<void(const YAML::Node&)> number_into(std::int64_t& target);
  // Where a field stands that belongs to an algorithm, so that what is wrong is told there.
  void note_place(const YAML::Node& value) { place_.reset(value); }
  // A field that the algorithm needs is itself an error: nothing more is said of the algorithm.
  void note_error() { well_formed_ = false; }
  bool is_well_formed() const { return well_formed_; }
  bool has_limit() const { return limit_.IsDefined() && !limit_.IsNull(); }

 private:
  void read_quota();

  FieldReader& fields_;
  Rule& rule_;
  YAML::Node limit_;
  YAML::Node algorithm_;
  YAML::Node place_;
  bool well_formed_ = true;
};

}  // namespace weir::policy
