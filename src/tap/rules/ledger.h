// Ledger: what a recording says of each item, in order, and which of its attributes are counted.
//
// An attribute is counted if writes raise it: an update that adds to it, or a write of one more
// than a read of the same item had just shown (of a list, map or set: one more element). Times are
// not counts. What the recording could not read (legacy parameters, PartiQL) is not in it.
//
// Thread safety: immutable once made; it points into the operations, which must outlive it.
//
//   const Ledger ledger(trace.operations);
//   for (const History& item : ledger.items) for (const Write& write : item.writes) ...
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tap/operation.h"

namespace weir::tap {

// A read belongs to a write that follows within this time.
inline constexpr Duration kReadToWrite = std::chrono::seconds(5);

// One access to an item, by its place in the recording.
struct Touch {
  std::size_t operation = 0;
  const Access* access = nullptr;
};

// A write of a counted attribute.
struct Write {
  enum class Kind {
    increment,  // the update itself adds: ADD hits :one, SET hits = hits + :one
    derived,    // one more than `read` had shown, or the first where it had shown none
    reset,      // any other value, after `read`: the count begins anew
  };
  Kind kind = Kind::increment;
  Touch touch;
  std::string attribute;           // hits
  std::optional<Touch> read = {};  // of the same item, before it
  double value = 0;                // of derived and reset: what is written, or of how many elements
  std::optional<double> shown = {};  // what `read` showed; nullopt: nothing

  // The count that the read showed is over: 1 again, or of a list, no longer all that was in it.
  bool begins_anew() const;
  bool is_list() const;
};

struct History {
  std::string table;
  Item key;
  std::vector<Touch> touches = {};  // in the order of their requests
  std::vector<Write> writes = {};   // of counted attributes; also those whose condition failed
};

struct Ledger {
  explicit Ledger(std::span<const Operation> recorded);

  const Operation& operation(const Touch& touch) const { return operations[touch.operation]; }
  // What the same connection did right before; nullopt: nothing that is known.
  std::optional<std::size_t> before(std::size_t operation) const;
  std::optional<std::size_t> after(std::size_t operation) const;

  std::span<const Operation> operations;
  std::vector<History> items;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> before_;
  std::vector<std::size_t> after_;
};

// The attributes that the update adds a positive number to, by itself.
std::vector<std::string> incremented(const Access& access);

// Whether the condition of the write, made at that time, holds anything against anything, other
// than times: "expires > :now" bounds no count, and attribute_exists() and the like compare
// nothing.
bool compares(const Access& access, Time at);

// Whether the answer to the update shows the new value.
bool shows_new_value(const Access& access);

}  // namespace weir::tap
