// YAML text as a tree, within bounds.
//
// yaml-cpp builds the tree; before it may, one pass over the events holds the text to the bounds
// below, so that neither depth nor aliases ("billion laughs") nor sheer number of nodes can cost
// more than the text is long. One document a file.
//
// Thread safety: pure function.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/problem.h"

namespace weir::policy {

inline constexpr std::size_t kMaxPolicyBytes = 256 * 1024;
inline constexpr int kMaxDepth = 16;
inline constexpr int kMaxNodes = 20'000;
inline constexpr int kMaxAliases = 64;

Problem problem_at(const YAML::Mark& mark, std::string message, std::string cure = {});

std::variant<YAML::Node, Problem> parse_yaml(std::string_view text);

}  // namespace weir::policy
