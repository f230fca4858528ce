#include "support/dynamodb_wire.h"

#include "base/check.h"

namespace weir::test {
namespace {

// What stands between `before` and the next `after`; empty if `before` is not there.
std::string between(std::string_view text, std::string_view before, char after) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + before.size());
  return std::string(rest.substr(0, rest.find(after)));
}

}  // namespace

WireRequest read_wire_request(std::string_view request) {
  const std::string update = between(request, R"("UpdateExpression":")", '"');
  const bool new_slot = update.find("#g = ") != std::string::npos;
  return {.operation = between(request, "DynamoDB_20120810.", '\r'),
          .table = between(request, R"("TableName":")", '"'),
          .key = between(request, R"("Key":{"k":{"B":")", '"'),
          .gives_back = !new_slot && request.find(R"({"N":"-)") != std::string_view::npos};
}

std::string without_condition(std::string request) {
  constexpr std::string_view kBefore = R"("ConditionExpression":")";
  constexpr std::string_view kAlways = " OR attribute_not_exists(nobodyhasthis)";
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t condition = request.find(kBefore);
  if (condition == std::string::npos) return request;
  request.insert(request.find('"', condition + kBefore.size()), kAlways);
  const std::size_t length = request.find(kLength);
  WEIR_CHECK(length != std::string::npos && length < condition);
  const std::size_t digits = length + kLength.size();
  const std::size_t body = request.find("\r\n\r\n") + 4;
  request.replace(digits, request.find('\r', digits) - digits,
                  std::to_string(request.size() - body));
  return request;
}

}  // namespace weir::test
