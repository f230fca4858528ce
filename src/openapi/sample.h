// Makes a value that a schema admits: the example that the document gives, or one made from it.
//
// The order of preference: example, examples, const, default, the first of enum; else a value by
// type, format and bounds. Of allOf all parts are joined, of oneOf and anyOf the first branch that
// works is taken. Objects get their required properties, all of them where none is called required.
// Recursive schemas end where a property or a list may be left out.
//
// Thread safety: as Reading.
//
//   Sampler sampler(reading);
//   std::optional<Sample> body = sampler.of_schema(media->find("schema"));
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "openapi/reading.h"

namespace weir::openapi {

// How much the document says about a value.
enum class Ground {
  guessed,  // nothing, or a pattern that the value may not match
  derived,  // its type, format and bounds
  bounded,  // the same, with a minimum for a number
  stated,   // the value itself
};

struct Sample {
  boost::json::value value;
  Ground ground = Ground::guessed;
};

class Sampler {
 public:
  explicit Sampler(Reading& reading) : reading_(reading) {}

  // Null if there is no value that could be made within the bounds.
  std::optional<Sample> of_schema(const Node* schema);

  // A value of the document as JSON. Null past kMaxSampleDepth or kMaxSampleBytes.
  std::optional<boost::json::value> of_value(const Node& value);

 private:
  bool spend(std::size_t bytes);  // false once the sample is too big
  std::optional<Sample> made(const Node* schema, int depth);
  std::optional<Sample> stated(const Node& schema, int depth);
  std::optional<Sample> joined(const Node& schema, int depth);
  std::optional<Sample> by_type(const Node& schema, int depth);
  std::optional<Sample> object(const Node& schema, int depth);
  std::optional<Sample> list(const Node& schema, int depth);
  std::optional<boost::json::value> copied(const Node& value, int depth);

  Reading& reading_;
  std::vector<const Node*> open_;  // schemas being made, outermost first
  std::size_t spent_ = 0;          // bytes of the present sample, at least one a value
};

}  // namespace weir::openapi
