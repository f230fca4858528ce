#include "policy/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace weir::policy {
namespace {

constexpr std::size_t kMaxExcerpt = 64;  // longer than any address, network, rate or name

// Levenshtein's distance, one row at a time. Both texts are short: one is a field name of Weir, the
// other is cut to kMaxExcerpt.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string excerpt(std::string_view text) {
  std::string result(text.substr(0, kMaxExcerpt));
  for (char& c : result) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  if (text.size() > kMaxExcerpt) result += "...";
  return result;
}

std::string suggest(std::string_view text, std::span<const std::string_view> names) {
  const std::string_view written = text.substr(0, kMaxExcerpt);
  std::string_view nearest;
  std::size_t best = 3;  // two mistakes at most, and not most of the word
  for (const std::string_view name : names) {
    const std::size_t d = distance(written, name);
    if (d < best && 2 * d <= name.size()) {
      best = d;
      nearest = name;
    }
  }
  if (!nearest.empty()) return "Did you mean '" + std::string(nearest) + "'?";
  std::string list = "Use one of ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
    list += names[i];
  }
  return list;
}

}  // namespace weir::policy
