// The stores that the conformance suite runs on. A new store is one more entry in store_kinds.cc
// and one line in CMakeLists.txt; nothing else of the suite knows which stores there are.
//
// Thread safety: call start() from one thread; open() from any.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"
#include "weir/clock.h"

namespace weir::test {

struct StoreKind {
  std::string name;  // letters and digits: it becomes part of the tests' names
  // Do stores that were opened at the same address share their counters, also from other processes?
  bool shared = false;
  // Does it keep every algorithm of limit/, or the exact window only?
  bool every_algorithm = false;
  // May a node hold admissions that it has not handed out, up to an eighth of what was left?
  bool leases = false;
  // How many requests a test may send to it within a second or so.
  int requests = 0;
  // Starts what the store needs (an emulator, a fresh file), which lives until the program ends,
  // and answers where it is. Called once in a program.
  std::function<Result<std::string>()> start;
  // Opens the store at an address as one node with that clock would, also one that another process
  // started. The clock outlives the store.
  std::function<Result<std::unique_ptr<store::Store>>(const std::string& address, Clock& clock)>
      open;
};

// How GoogleTest shows it.
inline void PrintTo(const StoreKind& kind, std::ostream* out) {
  *out << kind.name;
}

const std::vector<StoreKind>& store_kinds();

// Those of all stores that have one of these names.
std::vector<StoreKind> kinds(const std::vector<std::string>& names);

}  // namespace weir::test
