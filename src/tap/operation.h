// Operation: one call of DynamoDB's API as the tap saw it, with what it asks of each item.
//
// Read from the bodies of a request and its answer (JSON 1.0 protocol). The names in expressions
// are resolved. Of attributes' values only what findings need is kept: numbers as they are, texts
// and bytes as they are or, redacted, as marks that say no more than whether two are equal
// (tap/redact.h), collections as their size.
//
// Bounded by kMaxAccesses and by the size of the messages. What is not understood is left out: an
// operation without accesses is still an operation.
//
// Thread safety: plain values and pure functions.
//
//   Operation seen = read_operation("UpdateItem", request_body, 200, answer_body);
//   seen.accesses[0].update->add[0].path.attribute() == "hits"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tap/expression/expression.h"
#include "weir/time.h"

namespace weir::tap {

// BatchGetItem's and TransactWriteItems' most.
inline constexpr std::size_t kMaxAccesses = 100;
inline constexpr std::size_t kMaxAttributes = 200;   // of an item; the rest is not kept
inline constexpr std::size_t kMaxValueBytes = 2048;  // of a text, as of a key; the rest is cut off

struct Value {
  std::string type;  // "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"
  std::string text;  // of S, N and B (base64); of collections: of how many elements they are

  std::optional<double> number() const;  // of N, and the size of a collection
  friend bool operator==(const Value&, const Value&) = default;
};
using Item = std::map<std::string, Value, std::less<>>;

// What an operation does to one item, or to the items that a query finds.
struct Access {
  enum class Kind { get, query, scan, put, update, remove, check };
  Kind kind = Kind::get;
  std::string table = {};
  std::string index = {};
  Item key = {};                             // of get, update, remove and check
  Item item = {};                            // put: what is written
  std::optional<Expression> condition = {};  // also the key condition of a query
  std::optional<UpdateExpression> update = {};
  Item values = {};          // ":limit" and what it stands for
  bool consistent = false;   // ConsistentRead
  bool unread = false;       // there is more to it: Expected, AttributeUpdates, what does not parse
  std::string returns = {};  // ReturnValues
  // From the answer:
  bool found = false;  // there was an item
  Item seen = {};      // the item, or the attributes that the answer shows of it

  bool is_read() const { return kind == Kind::get || kind == Kind::query || kind == Kind::scan; }
  bool is_write() const {
    return kind == Kind::put || kind == Kind::update || kind == Kind::remove;
  }
};

struct Operation {
  std::string name;  // "UpdateItem"
  Time at{};         // when the request was complete
  Duration took{};   // until the answer was
  std::uint64_t connection = 0;
  int status = 0;                  // 0: no answer
  std::string error;               // "ConditionalCheckFailedException"; empty if it succeeded
  std::optional<double> capacity;  // consumed units, as far as the answer says them
  std::string invocation;          // the SDK's id of the call, the same for all its attempts
  int attempt = 1;
  std::string fault;  // what the tap did to it: "throttle"; empty: nothing
  std::vector<Access> accesses;

  Time ended() const { return at + took; }
  bool succeeded() const { return status == 200; }
};

// `name` as the X-Amz-Target header says it after the dot.
Operation read_operation(std::string_view name, std::string_view request, int status,
                         std::string_view answer);

// What a request that has no answer yet asks: what faults are chosen by.
std::vector<Access> read_accesses(std::string_view name, std::string_view request);

const char* to_string(Access::Kind kind);

}  // namespace weir::tap
