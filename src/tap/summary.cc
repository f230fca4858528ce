#include "tap/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::tap {
namespace {

// Of a batch or a transaction: how many accesses are told one by one.
constexpr std::size_t kMaxTold = 4;

std::string names_of(const Item& item) {
  std::string out;
  for (const auto& [name, value] : item) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string asks(const Operation& operation) {
  std::string out;
  std::size_t told = 0;
  std::string last;
  for (const Access& access : operation.accesses) {
    std::string text = to_string(access);
    if (text == last) continue;  // a batch of many alike
    if (told++ == kMaxTold) return out + "; ...";
    out += (out.empty() ? "" : "; ") + text;
    last = std::move(text);
  }
  return out;
}

}  // namespace

std::string to_string(const Access& access) {
  using Kind = Access::Kind;
  std::string out = access.table;
  if (!access.index.empty()) out += "/" + access.index;
  if (!access.key.empty()) out += fmt::format(" ({})", names_of(access.key));
  out += ": ";
  if (access.update) {
    out += to_string(*access.update);
  } else if (access.kind == Kind::put) {
    out += fmt::format("put {}", names_of(access.item));
  } else {
    out += to_string(access.kind);
  }
  if (access.condition) {
    out += access.kind == Kind::query ? " where " : " IF ";
    out += to_string(*access.condition);
  }
  if (access.unread) out += ", and what is not read";
  if (access.is_read() && access.consistent) out += ", consistent";
  return out;
}

std::vector<Shape> shapes_of(std::span<const Operation> operations) {
  std::map<std::pair<std::string, std::string>, std::pair<Shape, std::vector<Duration>>> by_shape;
  for (const Operation& operation : operations) {
    std::string text = asks(operation);
    auto& [shape, times] = by_shape[{operation.name, text}];
    shape.operation = operation.name;
    shape.asks = std::move(text);
    ++shape.count;
    if (!operation.succeeded()) {
      const bool named = !operation.error.empty();
      ++shape.errors[named ? operation.error : operation.status == 0 ? "no answer" : "an error"];
    }
    shape.capacity += operation.capacity.value_or(0);
    times.push_back(operation.took);
  }
  std::vector<Shape> shapes;
  for (auto& [name, found] : by_shape) {
    auto& [shape, times] = found;
    std::sort(times.begin(), times.end());
    shape.median = times[times.size() / 2];
    shape.slowest = times.back();
    shapes.push_back(std::move(shape));
  }
  std::stable_sort(shapes.begin(), shapes.end(),
                   [](const Shape& a, const Shape& b) { return a.count > b.count; });
  return shapes;
}

}  // namespace weir::tap
