#include "serve/rls/descriptor_table.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "identity/bounds.h"

namespace weir::serve::rls {
namespace {

void append(std::string& subject, std::string_view text) {
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    subject += static_cast<char>(text.size() >> shift & 0xFFU);
  subject += text;
}

// The first byte tells the two forms apart.
std::string bounded(std::string subject) {
  if (subject.size() <= identity::kMaxSubjectLength) return subject;
  const Sha256 digest = sha256(subject);
  std::string short_form = "\1";
  for (const std::byte byte : digest) short_form += static_cast<char>(byte);
  return short_form;
}

std::string beginning() {
  return std::string(1, '\0');
}

}  // namespace

Result<std::unique_ptr<DescriptorTable>> DescriptorTable::make(
    const std::vector<policy::DescriptorRule>& rules, engine::Limiter& limiter) {
  std::unique_ptr<DescriptorTable> table(new DescriptorTable);
  const Result<engine::RuleHandle> overrides =
      limiter.add_rule({.id = std::string(kOverrideId), .limit = {1, std::chrono::seconds(1)}});
  if (!overrides) return tl::unexpected(overrides.error());
  table->for_overrides_ = *overrides;
  for (const policy::DescriptorRule& rule : rules) {
    Rule made{.id = rule.rule.id,
              .handle = {},
              .always = rule.always,
              .algorithm = rule.rule.algorithm,
              .shadow = rule.rule.shadow,
              .counted_apart = rule.counted_apart,
              .replaces = rule.replaces};
    if (!rule.always) {
      const Result<engine::RuleHandle> handle = limiter.add_rule(rule.rule);
      if (!handle) return tl::unexpected(handle.error());
      made.handle = *handle;
    }
    Node* node = &table->domains_[rule.domain];
    for (const policy::DescriptorEntry& entry : rule.entries) node = &child(*node, entry);
    node->rules.push_back(std::move(made));
    ++table->size_;
  }
  return table;
}

DescriptorTable::Node& DescriptorTable::child(Node& node, const policy::DescriptorEntry& entry) {
  Node::OfKey& of_key = node.keys[entry.key];
  std::unique_ptr<Node>* place = &of_key.any;
  if (entry.kind == policy::DescriptorEntry::Value::exact) {
    place = &of_key.exact[entry.value];
  } else if (entry.kind == policy::DescriptorEntry::Value::prefix) {
    auto& prefixes = of_key.prefixes;
    auto found = std::find_if(prefixes.begin(), prefixes.end(),
                              [&](const auto& one) { return one.first == entry.value; });
    if (found == prefixes.end()) {
      found = std::find_if(prefixes.begin(), prefixes.end(),
                           [&](const auto& one) { return one.first.size() < entry.value.size(); });
      found = prefixes.emplace(found, entry.value, nullptr);
    }
    place = &found->second;
  }
  if (*place == nullptr) *place = std::make_unique<Node>();
  return **place;
}

std::span<const DescriptorTable::Rule> DescriptorTable::find(std::string_view domain,
                                                             std::span<const Entry> entries) const {
  const auto root = domains_.find(domain);
  if (root == domains_.end() || entries.empty()) return {};
  const Node* const node = find(root->second, entries);
  if (node == nullptr) return {};
  return node->rules;
}

// The most exact first. Looks at each node of the tree once at most.
const DescriptorTable::Node* DescriptorTable::find(const Node& node,
                                                   std::span<const Entry> entries) {
  if (entries.empty()) return node.rules.empty() ? nullptr : &node;
  const auto of_key = node.keys.find(entries.front().key);
  if (of_key == node.keys.end()) return nullptr;
  const auto& [exact, prefixes, any] = of_key->second;
  const std::span<const Entry> rest = entries.subspan(1);
  if (const auto next = exact.find(entries.front().value); next != exact.end()) {
    if (const Node* const found = find(*next->second, rest)) return found;
  }
  for (const auto& [prefix, next] : prefixes) {
    if (!entries.front().value.starts_with(prefix)) continue;
    if (const Node* const found = find(*next, rest)) return found;
  }
  return any == nullptr ? nullptr : find(*any, rest);
}

std::string DescriptorTable::subject_of(const Rule& rule, std::span<const Entry> entries) {
  if (rule.counted_apart.empty()) return {};
  std::string subject = beginning();
  for (const std::size_t place : rule.counted_apart) append(subject, entries[place].value);
  return bounded(std::move(subject));
}

std::string DescriptorTable::subject_of(std::string_view domain, std::span<const Entry> entries) {
  std::string subject = beginning();
  append(subject, domain);
  for (const auto& [key, value] : entries) {
    append(subject, key);
    append(subject, value);
  }
  return bounded(std::move(subject));
}

}  // namespace weir::serve::rls
