// An expression's tree as JSON, and back: what a recording keeps of it. Names are those of the
// attributes, which the grammar's text could not always hold.
//
//   hits < :limit AND attribute_exists(m[0])
//   {"op":"AND","of":[{"op":"<","of":[["hits"],":limit"]},
//                     {"call":"attribute_exists","of":[["m",0]]}]}
//
// A path is an array, a value its placeholder. An update is {"set":[[path, value]],
// "remove":[path], "add":[[path, value]], "delete":[[path, value]]}; what is empty is left out.
//
// Reading gives nothing for what is no such tree. Thread safety: pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "tap/expression/expression.h"

namespace weir::tap {

boost::json::value to_json(const Expression& expression);
boost::json::value to_json(const UpdateExpression& update);

std::optional<Expression> expression_from(const boost::json::value& json);
std::optional<UpdateExpression> update_from(const boost::json::value& json);

}  // namespace weir::tap
