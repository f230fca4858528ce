// What a recording holds, told by shape: operations that differ in nothing but the values that they
// carry are one line of it.
//
// Thread safety: plain values and pure functions.
//
//   for (const Shape& shape : shapes_of(trace.operations)) print(shape.count, shape.asks)
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tap/operation.h"
#include "weir/time.h"

namespace weir::tap {

struct Shape {
  std::string operation;  // "UpdateItem"
  std::string asks;  // "quotes (pk, sk): ADD hits :one IF hits < :limit"; empty: not understood
  std::size_t count = 0;
  std::map<std::string, std::size_t> errors = {};  // by what DynamoDB calls them; "no answer"
  double capacity = 0;                             // units, as far as the answers said them
  Duration median{};
  Duration slowest{};
};

// The most frequent first.
std::vector<Shape> shapes_of(std::span<const Operation> operations);

// What one access asks, without values: "quotes (pk): get, consistent".
std::string to_string(const Access& access);

}  // namespace weir::tap
