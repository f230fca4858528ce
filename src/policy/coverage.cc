#include "policy/coverage.h"

#include <algorithm>

namespace weir::policy {
namespace {

bool route_covers(const std::string& wide, const std::string& narrow) {
  if (!wide.ends_with('*')) return wide == narrow;
  return narrow.starts_with(std::string_view(wide).substr(0, wide.size() - 1));
}

}  // namespace

bool counts_by(const Rule& rule, KeyPart part) {
  return std::find(rule.key.begin(), rule.key.end(), part) != rule.key.end();
}

bool covers(const Match& wide, const Match& narrow) {
  const auto all_in = [](const auto& narrow_list, const auto& wide_list, auto entry_covers) {
    if (wide_list.empty()) return true;
    return !narrow_list.empty() &&
           std::all_of(narrow_list.begin(), narrow_list.end(), [&](const std::string& narrow_one) {
             return std::any_of(wide_list.begin(), wide_list.end(), [&](const std::string& one) {
               return entry_covers(one, narrow_one);
             });
           });
  };
  return all_in(narrow.methods, wide.methods,
                [](const std::string& a, const std::string& b) { return a == b; }) &&
         all_in(narrow.routes, wide.routes, route_covers);
}

bool holds_anybody(const Rule& rule) {
  return !rule.shadow && rule.algorithm != Algorithm::distinct &&
         !counts_by(rule, KeyPart::api_key) && !counts_by(rule, KeyPart::user);
}

}  // namespace weir::policy
