// What several rules do alike. Private to src/tap/rules.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <utility>

#include "tap/rules/rule.h"

namespace weir::tap {

// "UpdateItem limits (pk): ADD hits :one"
std::string shape_of(const Ledger& ledger, const Touch& touch);

// A finding that names at most kMaxNamed of these operations.
Finding finding(scan::Confidence confidence, std::string subject, std::string claim,
                std::vector<std::size_t> operations, std::string cure);

// The increment that holds: "UpdateExpression ADD hits :one under ConditionExpression ...". Of a
// list of times: one that appends.
std::string bounded_increment(const std::string& attribute, bool is_list = false);

// The item's count is of a window: its key holds a window's number, or the recording shows it begin
// anew. Counts of other things (page views, sequence numbers) are of none.
bool is_windowed(const Ledger& ledger, const History& item);

// A write of the item, or what is seen of it, holds a time to come.
bool expires(const Ledger& ledger, const History& item);

// A number of the key that is a window's of this moment; nullopt: none.
struct KeyWindow {
  std::string attribute;
  std::int64_t number = 0;
  std::int64_t window_s = 0;
};
std::optional<KeyWindow> key_window(const Item& key, Time at);

}  // namespace weir::tap
