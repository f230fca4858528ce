// Messages to the MCP server.
#include <boost/json.hpp>

#include "fuzz/target.h"
#include "mcp/server.h"

namespace weir::fuzz {

void try_input(std::string_view input) {
  namespace json = boost::json;
  mcp::Server server({"weir", "0", "-"},
                     {{"echo", "Echo", "-", {}, {}, {}, [](const json::object& given) {
                         return Result<json::object>(json::object{{"given", given}});
                       }}});
  const auto answer = server.answer(input);
  if (answer) {
    WEIR_CHECK(answer->find('\n') == std::string::npos);
    const json::object message = json::parse(*answer).as_object();
    WEIR_CHECK(message.contains("result") != message.contains("error"));
  }
  const auto next = server.answer(
      R"({"jsonrpc":"2.0","id":1,"method":"server/discover",)"
      R"("params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})");
  WEIR_CHECK(next && next->find("supportedVersions") != std::string::npos);
}

}  // namespace weir::fuzz
