// Reads the fields of YAML mappings by a table of names, and gathers what is wrong with them.
//
// Thread safety: one reader belongs to one reading.
//
//   fields.read(node, "a store", {{"kind", [&](const YAML::Node& value) { ... }},
//                                 {"table", [&](const YAML::Node& value) { ... }}});
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/problem.h"
#include "weir/time.h"

namespace weir::policy {

struct Field {
  std::string_view name;
  std::function<void(const YAML::Node& value)> read;
};

class FieldReader {
 public:
  // Calls the reader of every field of the mapping. A node that is no mapping, an unknown field, a
  // repeated one and one without a value are errors. False if the node is no mapping.
  bool read(const YAML::Node& node, std::string_view what, const std::vector<Field>& fields);

  // The value as text, number or truth; reports what it is not.
  std::optional<std::string> text(const YAML::Node& value);
  std::optional<std::int64_t> whole_number(const YAML::Node& value);
  std::optional<double> number(const YAML::Node& value);
  std::optional<bool> truth(const YAML::Node& value);
  // One of `names`, as its index.
  std::optional<std::size_t> one_of(const YAML::Node& value,
                                    const std::vector<std::string_view>& names);

  // At most `longest`.
  std::optional<Duration> duration(const YAML::Node& value, Duration longest);
  // A text that `fits`, stored into `target`; otherwise it "is not `what`".
  void text_into(const YAML::Node& value, std::string& target, std::string_view what,
                 const std::function<bool(const std::string&)>& fits, std::string_view cure);

  // A list, or one text that stands for a list of itself; calls `read` for each entry.
  void each(const YAML::Node& value, std::size_t most,
            const std::function<void(const YAML::Node& entry)>& read);

  // The value of a result, or its error reported at `value`.
  template <class T>
  std::optional<T> take(const YAML::Node& value, Result<T> result) {
    if (result) return *std::move(result);
    error(value, result.error());
    return std::nullopt;
  }
  bool check(const YAML::Node& value, const Status& status) {
    if (!status) error(value, status.error());
    return status.has_value();
  }

  void error(const YAML::Node& at, std::string message, std::string cure = {});
  void error(const YAML::Node& at, const Error& error);

  std::vector<Problem>& errors() { return errors_; }

 private:
  std::vector<Problem> errors_;
};

// Letters, digits and `others`, `least` to `most` of them.
bool consists_of(std::string_view text, std::string_view others, std::size_t least,
                 std::size_t most);

}  // namespace weir::policy
