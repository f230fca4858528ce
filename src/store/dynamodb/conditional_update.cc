#include "store/dynamodb/conditional_update.h"

namespace weir::store {
namespace {

bool holds(const Requirement& requirement, const std::optional<Item>& item) {
  if (requirement.name == "k") {
    return requirement.relation == (item ? Relation::present : Relation::absent);
  }
  const std::int64_t* found = item ? item->find(requirement.name) : nullptr;
  if (found == nullptr) {
    return requirement.relation == Relation::absent || requirement.relation == Relation::not_equal;
  }
  switch (requirement.relation) {
    case Relation::equal:
      return *found == requirement.value;
    case Relation::not_equal:
      return *found != requirement.value;
    case Relation::less:
      return *found < requirement.value;
    case Relation::less_or_equal:
      return *found <= requirement.value;
    case Relation::greater:
      return *found > requirement.value;
    case Relation::greater_or_equal:
      return *found >= requirement.value;
    case Relation::present:
      return true;
    case Relation::absent:
      return false;
  }
  return false;
}

// DynamoDB refuses an expression that names an attribute twice, and one that does nothing.
void check_well_formed(const ConditionalUpdate& update) {
  std::vector<AttributeName> names = update.remove;
  for (const Attribute& attribute : update.set) names.push_back(attribute.name);
  for (const Attribute& attribute : update.add) names.push_back(attribute.name);
  std::sort(names.begin(), names.end());
  WEIR_CHECK(!names.empty() && std::adjacent_find(names.begin(), names.end()) == names.end());
  WEIR_CHECK(std::find(names.begin(), names.end(), "k") == names.end());
  WEIR_CHECK(!update.any_of.empty());
}

}  // namespace

const std::int64_t* Item::find(AttributeName name) const {
  const auto place = std::lower_bound(
      attributes_.begin(), attributes_.end(), name,
      [](const Attribute& attribute, const AttributeName& n) { return attribute.name < n; });
  return place != attributes_.end() && place->name == name ? &place->value : nullptr;
}

void Item::set(AttributeName name, std::int64_t value) {
  const auto place = std::lower_bound(
      attributes_.begin(), attributes_.end(), name,
      [](const Attribute& attribute, const AttributeName& n) { return attribute.name < n; });
  if (place != attributes_.end() && place->name == name) {
    place->value = value;
  } else {
    attributes_.insert(place, {name, value});
  }
}

void Item::remove(AttributeName name) {
  std::erase_if(attributes_, [&](const Attribute& attribute) { return attribute.name == name; });
}

UpdateResult apply_update(const ConditionalUpdate& update, const std::optional<Item>& old) {
  check_well_formed(update);
  const bool done =
      std::any_of(update.any_of.begin(), update.any_of.end(), [&](const auto& all_of) {
        return std::all_of(all_of.begin(), all_of.end(),
                           [&](const Requirement& requirement) { return holds(requirement, old); });
      });
  if (!done) return {false, old};
  Item item = old.value_or(Item());
  for (const Attribute& attribute : update.set) item.set(attribute.name, attribute.value);
  for (const Attribute& attribute : update.add) {
    std::int64_t sum = 0;
    // DynamoDB would count on, to 38 digits; Weir could no longer read it.
    WEIR_CHECK(!__builtin_add_overflow(item.get_or(attribute.name, 0), attribute.value, &sum));
    item.set(attribute.name, sum);
  }
  for (const AttributeName& name : update.remove) item.remove(name);
  return {true, std::move(item)};
}

}  // namespace weir::store
