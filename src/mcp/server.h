// A server of the Model Context Protocol that offers tools: JSON-RPC 2.0, one message a line.
//
// It speaks both eras at once. A request that carries its protocol version in _meta is served by
// itself (revision 2026-07-28: server/discover, no handshake); `initialize` opens a session of the
// revisions up to 2025-11-25.
//
// Promises:
// - Any bytes may come in; what is no request gets an error, never a crash, and nothing is answered
//   to notifications. Depth and size are bounded by the constants below.
// - A result is structured, follows the tool's output schema, and stands as JSON in the text as
// well,
//   so that whatever a target said reaches a model inside a quoted string only.
//
// A tool answers at once: long work is started by one tool and looked at by another. So there is
// never a request under way that notifications/cancelled could mean.
//
// Thread safety: one thread at a time.
//
//   Server server({"weir", "0.1.0", "How to use the tools"}, tools);
//   while (std::getline(in, line)) if (auto answer = server.answer(line)) out << *answer << '\n';
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::mcp {

inline constexpr std::size_t kMaxLineBytes = 1024 * 1024;
inline constexpr std::size_t kMaxDepth = 32;

struct Tool {
  std::string name;
  std::string title;
  std::string description;
  boost::json::object input_schema;
  boost::json::object output_schema;
  boost::json::object annotations;
  // An Error becomes a result with isError, which a model can read and act on.
  std::function<Result<boost::json::object>(const boost::json::object& arguments)> call;
};

struct About {
  std::string name;
  std::string version;
  std::string instructions;
};

class Server {
 public:
  Server(About about, std::vector<Tool> tools);

  // The line that answers `line`, without a line end; nullopt for notifications.
  std::optional<std::string> answer(std::string_view line);

 private:
  struct Request;
  boost::json::object result_of(const Request& request);
  boost::json::object initialize(const Request& request);
  boost::json::object discover() const;
  boost::json::object list_tools(const Request& request) const;
  boost::json::object call_tool(const Request& request) const;

  About about_;
  std::vector<Tool> tools_;
  bool initialized_ = false;
};

}  // namespace weir::mcp
