#include "store/dynamodb/plan.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace weir::store {
namespace {

// An item that holds nothing live any more is kept this much longer, so that TTL never deletes what
// a clock within the hard bound still counts.
constexpr Duration kKeepAfterExpiry = std::chrono::minutes(5);

using limit::Geometry;
using limit::WindowState;

std::string base64(const Key& key) {
  std::string text(4 * ((key.bytes.size() + 2) / 3) + 1, '\0');  // and the NUL that it ends with
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(key.bytes.data()),
                  static_cast<int>(key.bytes.size()));
  text.pop_back();
  return text;
}

std::string slot_attribute(std::size_t place) {
  return fmt::format("s{}", place);
}

std::int64_t expiry_seconds(const Geometry& geometry, std::int64_t newest) {
  const Time end = geometry.slot_start(newest + geometry.slots() + 1);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
  return (seconds + std::chrono::ceil<std::chrono::seconds>(kKeepAfterExpiry)).count();
}

// One UpdateItem, put together from the clauses of its expression. Names and values are made here
// and nowhere else, out of numbers and fixed words, so nothing needs escaping.
class Update {
 public:
  void set(std::string_view attribute, std::int64_t value) {
    add(set_, ", ", fmt::format("{} = {}", name(attribute), this->value(value)));
  }
  void add(std::string_view attribute, std::int64_t value) {
    add(add_, ", ", fmt::format("{} {}", name(attribute), this->value(value)));
  }
  void remove(std::string_view attribute) { add(remove_, ", ", name(attribute)); }
  void require(std::string_view attribute, std::string_view comparison, std::int64_t value) {
    add(condition_, " AND ",
        fmt::format("{} {} {}", name(attribute), comparison, this->value(value)));
  }
  // Or: the item does not exist.
  void or_absent() {
    condition_ = fmt::format("attribute_not_exists({}) OR ({})", name("k"), condition_);
  }

  std::string body(const Key& key, std::string_view table) const {
    std::string expression;
    for (const auto& [word, clause] :
         {std::pair("SET ", &set_), std::pair("ADD ", &add_), std::pair("REMOVE ", &remove_)}) {
      if (clause->empty()) continue;
      if (!expression.empty()) expression += ' ';
      expression += word;
      expression += *clause;
    }
    return fmt::format(
        R"({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"UpdateExpression":"{}",)"
        R"("ConditionExpression":"{}","ExpressionAttributeNames":{{{}}},)"
        R"("ExpressionAttributeValues":{{{}}},"ReturnValues":"ALL_NEW",)"
        R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD","ReturnConsumedCapacity":"TOTAL"}})",
        table, base64(key), expression, condition_, names_, values_);
  }

 private:
  static void add(std::string& clause, std::string_view separator, std::string_view text) {
    if (!clause.empty()) clause += separator;
    clause += text;
  }

  // Every attribute under a '#' name: DynamoDB reserves several hundred words.
  std::string name(std::string_view attribute) {
    std::string result = fmt::format("#{}", attribute);
    const std::string entry = fmt::format(R"("{}":"{}")", result, attribute);
    if (names_.find(entry) == std::string::npos) add(names_, ",", entry);
    return result;
  }
  std::string value(std::int64_t number) {
    std::string result = fmt::format(":{}", value_count_++);
    add(values_, ",", fmt::format(R"("{}":{{"N":"{}"}})", result, number));
    return result;
  }

  std::string set_;
  std::string add_;
  std::string remove_;
  std::string condition_;
  std::string names_;
  std::string values_;
  int value_count_ = 0;
};

// Everything that an item holds, except its version, and nothing left of another state in the
// places 0 ... `places` - 1.
void set_whole(Update& update, const StoredState& state, std::size_t places) {
  update.set("g", state.window.newest);
  update.set("w", state.geometry.packed());
  update.set("t", state.window.total);
  update.set("exp", expiry_seconds(state.geometry, state.window.newest));
  for (std::size_t place = 0; place < places; ++place) {
    const std::int64_t count = state.window.counts[place];
    if (count > 0) {
      update.set(slot_attribute(place), count);
    } else {
      update.remove(slot_attribute(place));
    }
  }
}

std::size_t ring_size(const Geometry& geometry) {
  return static_cast<std::size_t>(geometry.slots()) + 1;
}

std::string roll_body(const StoredState& seen, const ChargeRequest& request, std::int64_t slot,
                      std::string_view table) {
  const Geometry& geometry = window_of(request).geometry;
  Update update;
  std::int64_t expired = 0;
  const std::size_t new_place = geometry.ring_index(slot);
  for (std::int64_t old = seen.window.newest - geometry.slots(); old < slot - geometry.slots();
       ++old) {
    const std::size_t place = geometry.ring_index(old);
    const std::int64_t count = seen.window.counts[place];
    if (count == 0) continue;
    expired += count;
    update.require(slot_attribute(place), "=", count);
    if (place != new_place) update.remove(slot_attribute(place));
  }
  update.set("g", slot);
  update.set("exp", expiry_seconds(geometry, slot));
  update.set(slot_attribute(new_place), request.cost);
  update.add("t", request.cost - expired);
  update.add("v", 1);
  update.require("g", "=", seen.window.newest);
  update.require("w", "=", geometry.packed());
  update.require("t", "<=", window_of(request).n - request.cost + expired);
  return update.body(request.key, table);
}

}  // namespace

Plan plan_charge(const std::optional<StoredState>& seen, const ChargeRequest& request) {
  const Geometry& geometry = window_of(request).geometry;
  Plan plan;
  plan.after.geometry = geometry;
  if (!seen) {
    const limit::Charge first = limit::charge(plan.after.window.ref(geometry), window_of(request),
                                              request.now, request.cost);
    if (!first.admitted) {
      plan.kind = Plan::Kind::refuse;  // more than N at once
      plan.refusal = first;
    }
    return plan;
  }
  const bool same = seen->geometry == geometry;
  plan.after.window =
      same ? seen->window : limit::migrate(seen->window, seen->geometry, geometry, request.now);
  const limit::Charge charge =
      limit::charge(plan.after.window.ref(geometry), window_of(request), request.now, request.cost);
  if (!charge.admitted) {
    plan.kind = Plan::Kind::refuse;
    plan.refusal = charge;
    if (charge.room_at == Time::max() && request.cost <= window_of(request).n) {
      // An item whose counts do not add up: room appears at the latest when all of it has ended.
      plan.refusal.room_at = geometry.slot_start(plan.after.window.newest + geometry.slots() + 1);
    }
  } else if (!same) {
    plan.kind = Plan::Kind::migrate;
  } else if (charge.slot == seen->window.newest) {
    plan.kind = Plan::Kind::charge;
  } else if (charge.slot - geometry.slots() > seen->window.newest) {
    plan.kind = Plan::Kind::open;
  } else {
    plan.kind = Plan::Kind::roll;
  }
  return plan;
}

std::string write_body(const Plan& plan, const std::optional<StoredState>& seen,
                       const ChargeRequest& request, std::string_view table) {
  const Geometry& geometry = window_of(request).geometry;
  const std::int64_t slot = plan.after.window.newest;
  Update update;
  switch (plan.kind) {
    case Plan::Kind::open:
      set_whole(update, plan.after, ring_size(geometry));
      update.set("v", geometry.slot_start(slot).time_since_epoch().count());
      update.require("w", "=", geometry.packed());  // g counts slots of w
      update.require("g", "<", slot - geometry.slots());
      update.or_absent();
      break;
    case Plan::Kind::charge:
      update.add("t", request.cost);
      update.add(slot_attribute(geometry.ring_index(slot)), request.cost);
      update.add("v", 1);
      update.require("g", "=", slot);
      update.require("w", "=", geometry.packed());
      update.require("t", "<=", window_of(request).n - request.cost);
      break;
    case Plan::Kind::roll:
      return roll_body(*seen, request, slot, table);
    case Plan::Kind::migrate:
      set_whole(update, plan.after, std::max(ring_size(geometry), ring_size(seen->geometry)));
      update.add("v", 1);
      update.require("v", "=", seen->version);
      update.require("w", "=", seen->geometry.packed());
      break;
    case Plan::Kind::refuse:
      WEIR_CHECK(false);
  }
  return update.body(request.key, table);
}

std::string give_back_body(const ChargeRequest& request, std::int64_t slot,
                           std::string_view table) {
  const Geometry& geometry = window_of(request).geometry;
  const std::string attribute = slot_attribute(geometry.ring_index(slot));
  Update update;
  update.add("t", -request.cost);
  update.add(attribute, -request.cost);
  update.add("v", 1);
  update.require("w", "=", geometry.packed());
  update.require("g", ">=", slot);
  update.require("g", "<=", slot + geometry.slots());
  update.require(attribute, ">=", request.cost);
  return update.body(request.key, table);
}

std::string read_body(const Key& key, std::string_view table) {
  return fmt::format(R"({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"ConsistentRead":true,)"
                     R"("ReturnConsumedCapacity":"TOTAL"}})",
                     table, base64(key));
}

std::string check_body(std::string_view table) {
  // No key of Weir's is all zeros, other than by a chance of 2^-256.
  return fmt::format(
      R"json({{"TableName":"{}","Key":{{"k":{{"B":"{}"}}}},"UpdateExpression":"SET #v = :0",)json"
      R"json("ConditionExpression":"attribute_exists(#v) AND attribute_not_exists(#v)",)json"
      R"json("ExpressionAttributeNames":{{"#v":"v"}},)json"
      R"json("ExpressionAttributeValues":{{":0":{{"N":"0"}}}}}})json",
      table, base64(Key{}));
}

limit::Charge describe_admission(const StoredState& state, const ChargeRequest& request) {
  StoredState copy = state;
  limit::Charge result =
      limit::peek(copy.window.ref(copy.geometry), window_of(request), request.now, 1);
  // Asked about one more, it says what would remain after that one.
  result.remaining = result.admitted ? result.remaining + 1 : 0;
  result.admitted = true;
  result.slot = state.window.newest;
  return result;
}

}  // namespace weir::store
