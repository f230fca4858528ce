// An imported configuration answers every descriptor as the one it was made of: against a model of
// how envoyproxy/ratelimit looks for a limit, over configurations drawn at random.
#include "policy/import.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/borrowed_store.h"
#include "policy/read.h"
#include "serve/rls/descriptor_table.h"
#include "store/memory/memory_store.h"
#include "support/manual_clock.h"

namespace weir::serve::rls {
namespace {

// A configuration as a tree; `limit` is the name of what answers.
struct Tree {
  std::string key;
  std::string value;  // empty: any; "x*": a prefix
  std::string limit;
  std::vector<Tree> below;
};

bool fits(const Tree& tree, const Entry& entry) {
  if (tree.key != entry.key) return false;
  if (tree.value.ends_with('*'))
    return entry.value.starts_with(tree.value.substr(0, tree.value.size() - 1));
  return tree.value.empty() || tree.value == entry.value;
}

// Step by step the value, else the first wildcard that fits, else the key; no step is taken back.
std::string limit_of(const std::vector<Tree>& level, std::span<const Entry> entries) {
  const Tree* next = nullptr;
  const auto rank = [](const Tree& tree) {
    return tree.value.empty() ? 2 : tree.value.ends_with('*') ? 1 : 0;
  };
  for (const Tree& tree : level) {
    if (fits(tree, entries.front()) && (next == nullptr || rank(tree) < rank(*next))) next = &tree;
  }
  if (next == nullptr) return "";
  return entries.size() == 1 ? next->limit : limit_of(next->below, entries.subspan(1));
}

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}

  std::vector<Tree> level(int depth) {
    std::vector<Tree> trees;
    for (const char* const key : {"a", "b"}) {
      // Not both wildcards: there their order in the file would decide.
      for (const char* const value :
           {"", this->below(2) == 0 ? "1*" : "11*", "1", "11", "12", "2"}) {
        if (below(3) != 0) continue;
        Tree tree{key, value, "", {}};
        if (below(3) != 0) tree.limit = "limit-" + std::to_string(++limits_);
        if (depth > 1) tree.below = level(depth - 1);
        trees.push_back(std::move(tree));
      }
    }
    std::shuffle(trees.begin(), trees.end(), random_);
    return trees;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::mt19937 random_;
  int limits_ = 0;
};

void write(std::string& yaml, const std::vector<Tree>& level, const std::string& indent) {
  yaml += indent + "descriptors:\n";
  for (const auto& [key, value, limit, below] : level) {
    yaml += indent + "- key: " + key + "\n";
    if (!value.empty()) yaml += indent + "  value: '" + value + "'\n";
    if (!limit.empty()) {
      yaml += indent + "  rate_limit: {name: " + limit + ", unit: day, requests_per_unit: 9}\n";
    }
    if (!below.empty()) write(yaml, below, indent + "  ");
  }
}

std::string found(const DescriptorTable& table, std::span<const Entry> entries) {
  const auto rules = table.find("d", entries);
  if (rules.empty() || rules.front().always) return "";
  EXPECT_EQ(rules.size(), 1u);
  return rules.front().id;
}

TEST(Import, AnswersEveryDescriptorByTheLimitThatAnsweredItBefore) {
  const char* const values[] = {"1", "11", "12", "111", "2", "3"};
  int limited = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    Draw draw(seed);
    const std::vector<Tree> before = draw.level(3);
    std::string yaml = "domain: d\n";
    write(yaml, before, "");
    const policy::Import made = policy::import_policy({{"limits.yaml", yaml}});
    for (const auto& [file, error] : made.errors) FAIL() << error.message << "\n" << yaml;
    policy::Reading reading =
        policy::read_policy(made.policy, [](std::string_view) { return std::nullopt; });
    const std::vector<policy::DescriptorRule> rules = reading.policy->descriptors;
    test::ManualClock clock{Time(std::chrono::seconds(1'800'000'000))};
    const auto limiter = *engine::Limiter::make(
        *std::move(reading.policy), {.clock = clock, .store = *store::MemoryStore::create({})});
    const auto table = *DescriptorTable::make(rules, *limiter);
    for (int i = 0; i < 300; ++i) {
      std::vector<Entry> entries(1 + draw.below(4));
      std::string asked;
      for (Entry& entry : entries) {
        entry.key = draw.below(2) == 0 ? "a" : "b";
        entry.value = values[draw.below(6)];
        asked += std::string(entry.key) + "=" + std::string(entry.value) + " ";
      }
      const std::string expected = limit_of(before, entries);
      ASSERT_EQ(found(*table, entries), expected) << "seed " << seed << ": " << asked << "\n"
                                                  << yaml << made.policy;
      if (!expected.empty()) ++limited;
    }
  }
  EXPECT_GT(limited, 2000);
}

}  // namespace
}  // namespace weir::serve::rls
