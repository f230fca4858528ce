#include "tap/rules/ledger.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tap/times.h"

namespace weir::tap {
namespace {

using Kind = Expression::Kind;
// How far back a read is looked for among the accesses to its item.
constexpr std::size_t kMostTouchesBack = 64;

std::string name_of(const std::string& table, const Item& key) {
  std::string name = table;
  for (const auto& [attribute, value] : key) {
    name += '\0' + attribute + '\0' + value.type + '\0' + value.text;
  }
  return name;
}

// The attributes of the keys of each table, as far as the recording shows them.
std::map<std::string, std::set<std::string>> key_attributes(std::span<const Operation> operations) {
  std::map<std::string, std::set<std::string>> keys;
  for (const Operation& operation : operations) {
    for (const Access& access : operation.accesses) {
      if (access.key.empty() || keys.contains(access.table)) continue;
      for (const auto& [attribute, value] : access.key) keys[access.table].insert(attribute);
    }
  }
  return keys;
}

Item key_of(const Access& access, const std::set<std::string>& attributes) {
  if (access.kind != Access::Kind::put) return access.key;
  Item key;
  for (const std::string& attribute : attributes) {
    const auto found = access.item.find(attribute);
    if (found == access.item.end()) return {};
    key.insert(*found);
  }
  return key;
}

const Value* value_of(const Access& access, const Expression& expression) {
  if (expression.kind != Kind::value) return nullptr;
  const auto found = access.values.find(expression.text);
  return found == access.values.end() ? nullptr : &found->second;
}

bool is_attribute(const Expression& expression, const std::string& attribute) {
  return expression.kind == Kind::path && expression.path.steps.size() == 1 &&
         expression.path.attribute() == attribute;
}

// hits, or if_not_exists(hits, :zero)
bool is_attribute_or_default(const Expression& expression, const std::string& attribute) {
  return is_attribute(expression, attribute) ||
         (expression.kind == Kind::call && expression.text == "if_not_exists" &&
          is_attribute(expression.operands.front(), attribute));
}

bool adds_to_itself(const Access& access, const Assignment& one) {
  if (one.path.steps.size() != 1 || one.value.kind != Kind::sum || one.value.text != "+") {
    return false;
  }
  for (const auto& [self, added] : {std::pair(0, 1), std::pair(1, 0)}) {
    const auto& operands = one.value.operands;
    const Value* value = value_of(access, operands[static_cast<std::size_t>(added)]);
    if (value != nullptr && value->number().value_or(0) > 0 &&
        is_attribute_or_default(operands[static_cast<std::size_t>(self)], one.path.attribute())) {
      return true;
    }
  }
  return false;
}

// What the write makes of its attributes, other than by adding: "hits" -> 5.
std::map<std::string, double> assigned(const Access& access) {
  std::map<std::string, double> out;
  for (const auto& [attribute, value] : access.item) {
    if (const auto number = value.number()) out.emplace(attribute, *number);
  }
  if (!access.update) return out;
  for (const Assignment& one : access.update->set) {
    const Value* value = value_of(access, one.value);
    const auto number = value == nullptr ? std::nullopt : value->number();
    if (number && one.path.steps.size() == 1) out.emplace(one.path.attribute(), *number);
  }
  return out;
}

// The read of the item that the write goes by: the latest of its own connection that was answered
// when the write came; where that has none, the latest of any that `shows` what is written.
std::optional<Touch> read_before(std::span<const Operation> operations,
                                 const std::vector<Touch>& touches, std::size_t write,
                                 const auto& shows) {
  const Operation& writing = operations[touches[write].operation];
  const std::size_t from = write - std::min(write, kMostTouchesBack);
  std::optional<Touch> of_another;
  for (std::size_t i = write; i-- > from;) {
    const Operation& operation = operations[touches[i].operation];
    if (operation.at + kReadToWrite < writing.at) break;
    if (touches[i].access->kind != Access::Kind::get || !operation.succeeded()) continue;
    if (operation.ended() > writing.at) continue;
    const bool matches = shows(*touches[i].access);
    if (operation.connection == writing.connection) {
      return matches ? std::optional(touches[i]) : std::nullopt;
    }
    if (matches && !of_another) of_another = touches[i];
  }
  return of_another;
}

// The read that had shown one less, or no item where the value is 1.
std::optional<Touch> read_of_one_less(std::span<const Operation> operations,
                                      const std::vector<Touch>& touches, std::size_t write,
                                      const std::string& attribute, double value) {
  return read_before(operations, touches, write, [&](const Access& read) {
    const auto seen = read.seen.find(attribute);
    if (seen == read.seen.end()) return value == 1;
    return seen->second.number().value_or(-1) == value - 1;
  });
}

}  // namespace

Ledger::Ledger(std::span<const Operation> recorded)
    : operations(recorded), before_(recorded.size(), kNone), after_(recorded.size(), kNone) {
  std::vector<std::size_t> by_time(operations.size());
  for (std::size_t i = 0; i < by_time.size(); ++i) by_time[i] = i;
  std::stable_sort(by_time.begin(), by_time.end(), [this](std::size_t a, std::size_t b) {
    return operations[a].at < operations[b].at;
  });

  const auto keys = key_attributes(operations);
  std::map<std::string, std::size_t> by_name;
  std::map<std::uint64_t, std::size_t> latest;  // of each connection
  for (const std::size_t i : by_time) {
    const auto [last, first] = latest.emplace(operations[i].connection, i);
    if (!first) {
      before_[i] = last->second;
      after_[last->second] = i;
      last->second = i;
    }
    for (const Access& access : operations[i].accesses) {
      const auto attributes = keys.find(access.table);
      if (attributes == keys.end()) continue;
      Item key = key_of(access, attributes->second);
      if (key.empty()) continue;
      const auto [item, is_new] = by_name.emplace(name_of(access.table, key), items.size());
      if (is_new) items.push_back({.table = access.table, .key = std::move(key)});
      items[item->second].touches.push_back({i, &access});
    }
  }

  // Which attributes are counted is known of a table once all its items were looked at.
  std::set<std::pair<std::string, std::string>> counted;
  std::map<std::pair<std::string, std::string>, int> raised;
  for (const bool second_look : {false, true}) {
    for (History& item : items) {
      for (std::size_t i = 0; i < item.touches.size(); ++i) {
        const Access& access = *item.touches[i].access;
        if (!access.is_write() || access.unread) continue;
        for (const std::string& attribute : incremented(access)) {
          if (!second_look) counted.emplace(item.table, attribute);
          if (second_look) {
            item.writes.push_back({.kind = Write::Kind::increment,
                                   .touch = item.touches[i],
                                   .attribute = attribute,
                                   .read = read_before(operations, item.touches, i,
                                                       [](const Access&) { return true; })});
          }
        }
        for (const auto& [attribute, value] : assigned(access)) {
          if (item.key.contains(attribute)) continue;
          if (reads_as_time(value, operation(item.touches[i]).at)) continue;
          const auto read = read_of_one_less(operations, item.touches, i, attribute, value);
          if (!second_look) {
            // One alone may be chance.
            if (read && ++raised[{item.table, attribute}] > 1)
              counted.emplace(item.table, attribute);
            continue;
          }
          if (!counted.contains({item.table, attribute})) continue;
          const auto any =
              read_before(operations, item.touches, i, [](const Access&) { return true; });
          item.writes.push_back({.kind = read ? Write::Kind::derived : Write::Kind::reset,
                                 .touch = item.touches[i],
                                 .attribute = attribute,
                                 .read = read ? read : any,
                                 .value = value});
          if (const auto& from = item.writes.back().read) {
            const auto seen = from->access->seen.find(attribute);
            if (seen != from->access->seen.end()) item.writes.back().shown = seen->second.number();
          }
        }
      }
    }
  }
}

bool Write::begins_anew() const {
  if (kind != Kind::reset || !shown || *shown < 2) return false;
  return value == 1 || (is_list() && value <= *shown);
}

bool Write::is_list() const {
  const auto written = touch.access->item.find(attribute);
  return written != touch.access->item.end() && written->second.type == "L";
}

std::optional<std::size_t> Ledger::before(std::size_t operation) const {
  return before_[operation] == kNone ? std::nullopt : std::optional(before_[operation]);
}

std::optional<std::size_t> Ledger::after(std::size_t operation) const {
  return after_[operation] == kNone ? std::nullopt : std::optional(after_[operation]);
}

std::vector<std::string> incremented(const Access& access) {
  std::vector<std::string> attributes;
  if (!access.update) return attributes;
  for (const Assignment& one : access.update->add) {
    const Value* value = value_of(access, one.value);
    if (value != nullptr && value->type == "N" && value->number().value_or(0) > 0 &&
        one.path.steps.size() == 1) {
      attributes.push_back(one.path.attribute());
    }
  }
  for (const Assignment& one : access.update->set) {
    if (adds_to_itself(access, one)) attributes.push_back(one.path.attribute());
  }
  return attributes;
}

bool compares(const Access& access, Time at) {
  const auto is_a_time = [&](const Expression& one) {
    const Value* value = value_of(access, one);
    return value != nullptr && reads_as_time(value->number().value_or(0), at);
  };
  const auto look = [&](const Expression& one, const auto& self) -> bool {
    if (one.kind == Kind::compare || one.kind == Kind::between || one.kind == Kind::in) {
      return std::none_of(one.operands.begin(), one.operands.end(), is_a_time);
    }
    return std::any_of(one.operands.begin(), one.operands.end(),
                       [&](const Expression& operand) { return self(operand, self); });
  };
  return access.condition && look(*access.condition, look);
}

bool shows_new_value(const Access& access) {
  return access.returns == "UPDATED_NEW" || access.returns == "ALL_NEW";
}

}  // namespace weir::tap
