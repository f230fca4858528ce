// DescriptorTable: the rules about descriptors of one policy, ready to be found and asked.
//
// What fits a descriptor, and which of it answers, is said in policy/descriptor.h.
// Thread safety: const once made; may be used from any thread.
//
//   const auto table = DescriptorTable::make(policy.descriptors, limiter);
//   for (const DescriptorTable::Rule& rule : table->find("edge", entries)) ...
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/limiter.h"
#include "policy/descriptor.h"
#include "serve/rls/messages.h"

namespace weir::serve::rls {

class DescriptorTable {
 public:
  struct Rule {
    std::string id;
    std::optional<engine::RuleHandle> handle;  // nullopt: `always` says the answer
    std::optional<policy::Always> always;
    policy::Algorithm algorithm = policy::Algorithm::exact;
    bool shadow = false;
    std::vector<std::size_t> counted_apart;
    std::vector<std::string> replaces;
  };

  // The id of the rule behind for_overrides(); no other may have it.
  static constexpr std::string_view kOverrideId = "descriptor-limit-override";

  // Adds the rules to `limiter`.
  static Result<std::unique_ptr<DescriptorTable>> make(
      const std::vector<policy::DescriptorRule>& rules, engine::Limiter& limiter);

  // The rules that answer; none: the descriptor is not limited.
  std::span<const Rule> find(std::string_view domain, std::span<const Entry> entries) const;

  // Counts what has a limit of its own (LimitOverride) and no rule.
  const engine::RuleHandle& for_overrides() const { return *for_overrides_; }

  std::size_t size() const { return size_; }

  // Which counter of a rule the descriptor is: the values that are counted apart, each behind its
  // length. Longer than the engine takes: their SHA-256. Different values, different subjects.
  static std::string subject_of(const Rule& rule, std::span<const Entry> entries);
  // The same for for_overrides(): all of the descriptor.
  static std::string subject_of(std::string_view domain, std::span<const Entry> entries);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  // A step of the tree: what may follow the entries so far.
  struct Node {
    struct OfKey {
      ByText<std::unique_ptr<Node>> exact;
      std::vector<std::pair<std::string, std::unique_ptr<Node>>> prefixes;  // the longest first
      std::unique_ptr<Node> any;
    };
    ByText<OfKey> keys;
    std::vector<Rule> rules;  // that end here
  };

  DescriptorTable() = default;
  static Node& child(Node& node, const policy::DescriptorEntry& entry);
  static const Node* find(const Node& node, std::span<const Entry> entries);

  ByText<Node> domains_;
  std::optional<engine::RuleHandle> for_overrides_;
  std::size_t size_ = 0;
};

}  // namespace weir::serve::rls
