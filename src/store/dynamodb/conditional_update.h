// ConditionalUpdate: one write to one item, as plain data.
//
// It is the part of DynamoDB's UpdateItem that Weir uses, and no more of it:
//   SET a = n, ADD a n, REMOVE a   on top-level number attributes, each named at most once
//   ConditionExpression            (a < n AND b <> m AND ...) OR (...), and whether a attribute
//   exists
// update_body() turns one into the request that DynamoDB is sent; apply_update() says what DynamoDB
// makes of it, for the simulator's table. Expressions see the item as it was before the write.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
//
// Thread safety: plain values and pure functions.
//
//   ConditionalUpdate update{.key = key};
//   update.add = {{"t", 1}, {"v", 1}};
//   update.any_of = {{{"g", Relation::equal, slot}, {"t", Relation::less_or_equal, n - 1}}};
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/key.h"

namespace weir::store {

// 1 to kMaxBytes of a-z and 0-9, so that a name never needs escaping.
class AttributeName {
 public:
  static constexpr std::size_t kMaxBytes = 17;

  // Implicit: names are written as literals where they are used.
  constexpr AttributeName(const char* text) : AttributeName(std::string_view(text)) {}
  constexpr explicit AttributeName(std::string_view text)
      : size_(static_cast<std::uint8_t>(text.size())) {
    WEIR_CHECK(!text.empty() && text.size() <= kMaxBytes);
    for (std::size_t i = 0; i < text.size(); ++i) {
      WEIR_CHECK((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9'));
      bytes_[i] = text[i];
    }
  }

  constexpr std::string_view text() const { return {bytes_.data(), size_}; }

  friend constexpr auto operator<=>(const AttributeName& a, const AttributeName& b) {
    return a.text() <=> b.text();
  }
  friend constexpr bool operator==(const AttributeName& a, const AttributeName& b) {
    return a.text() == b.text();
  }

 private:
  std::array<char, kMaxBytes> bytes_{};
  std::uint8_t size_ = 0;
};

struct Attribute {
  AttributeName name;
  std::int64_t value = 0;

  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// The number attributes of one item, in the order of their names; its key is not among them.
class Item {
 public:
  Item() = default;

  const std::int64_t* find(AttributeName name) const;
  std::int64_t get_or(AttributeName name, std::int64_t otherwise) const {
    const std::int64_t* found = find(name);
    return found == nullptr ? otherwise : *found;
  }
  void set(AttributeName name, std::int64_t value);
  void remove(AttributeName name);

  auto begin() const { return attributes_.begin(); }
  auto end() const { return attributes_.end(); }
  std::size_t size() const { return attributes_.size(); }

  friend bool operator==(const Item&, const Item&) = default;

 private:
  std::vector<Attribute> attributes_;
};

// A relation to an attribute that is absent does not hold, except not_equal and absent.
enum class Relation {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  present,
  absent
};

struct Requirement {
  AttributeName name;
  Relation relation = Relation::equal;
  std::int64_t value = 0;  // present and absent do not look at it

  friend bool operator==(const Requirement&, const Requirement&) = default;
};

// What is absent when there is no item.
inline constexpr Requirement kNoItem{"k", Relation::absent};

struct ConditionalUpdate {
  Key key;
  std::vector<Attribute> set = {};
  std::vector<Attribute> add = {};  // an absent attribute counts as 0
  std::vector<AttributeName> remove = {};
  // The write is done if all requirements of one of these hold. Never empty.
  std::vector<std::vector<Requirement>> any_of = {};
};

// What DynamoDB answers: whether it was done, and the item after it, or, if it was not done, the
// item that was in its way. nullopt: there is none.
struct UpdateResult {
  bool done = false;
  std::optional<Item> item;
};

UpdateResult apply_update(const ConditionalUpdate& update, const std::optional<Item>& old);

}  // namespace weir::store
