// ddb-no-ttl: counters of windows that nothing ever deletes.
#include <fmt/format.h>

#include <map>

#include "tap/rules/catalogue.h"
#include "tap/rules/parts.h"

namespace weir::tap {
namespace {

struct Group {
  std::size_t items = 0;
  std::vector<std::size_t> operations;
};

// The write that holds all of the item: a put, or any, where the window in the key made it new.
const Write* whole(const Ledger& ledger, const History& item) {
  for (const Write& write : item.writes) {
    if (!ledger.operation(write.touch).succeeded()) continue;
    if (write.touch.access->kind == Access::Kind::put) return &write;
    if (key_window(item.key, ledger.operation(write.touch).at)) return &write;
  }
  return nullptr;
}

}  // namespace

std::vector<Finding> find_no_ttl(const Ledger& ledger) {
  std::map<std::string, Group> groups;
  for (const History& item : ledger.items) {
    if (!is_windowed(ledger, item) || expires(ledger, item)) continue;
    const Write* write = whole(ledger, item);
    if (write == nullptr) continue;
    Group& group = groups[shape_of(ledger, write->touch)];
    ++group.items;
    group.operations.push_back(write->touch.operation);
  }
  std::vector<Finding> found;
  for (const auto& [shape, group] : groups) {
    found.push_back(finding(
        scan::Confidence::tentative, shape,
        fmt::format(
            "{} written without a number that says when it ends",
            group.items == 1 ? "a counter was" : fmt::format("{} counters were", group.items)),
        group.operations,
        "write when the counter ends in epoch seconds (SET expires = :end) and make that attribute "
        "the table's TTL; hold it in the condition too, as the deletion may come days late"));
  }
  return found;
}

}  // namespace weir::tap
