#include "openapi/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/ascii.h"
#include "openapi/percent.h"
#include "openapi/properties.h"
#include "openapi/purpose.h"
#include "openapi/reading.h"
#include "openapi/request.h"
#include "openapi/tree.h"

namespace weir::openapi {
namespace {

constexpr std::size_t kMaxServers = 20;
constexpr std::size_t kMaxListed = 100;  // tags, responses, headers, alternatives of one operation

std::string cut(std::string_view text, std::size_t max = kMaxNameBytes) {
  return std::string(text.substr(0, max));
}

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

// The path of a server's URL without the '/' at its end: "https://a.example/v1/" -> "/v1".
std::string path_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    const std::size_t slash = url.find('/', scheme + 3);
    url = slash == std::string_view::npos ? std::string_view() : url.substr(slash);
  } else if (!begins_with(url, "/")) {
    url = {};  // relative to where the document lies, which is not known here
  }
  url = url.substr(0, url.find_first_of("?#"));
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  return path_encoded(url);
}

std::size_t bytes_of(const Operation& operation) {
  std::size_t bytes = sizeof(Operation) + operation.file.size() + operation.path.size() +
                      operation.base_path.size() + operation.example_path.size() +
                      operation.query.size() + (operation.body ? operation.body->text.size() : 0);
  for (const Parameter& parameter : operation.parameters) {
    bytes += sizeof(Parameter) + parameter.name.size() + parameter.example.size();
  }
  if (operation.answer) {
    for (const Property& property : operation.answer->properties) {
      bytes += sizeof(Property) + property.name.size();
    }
  }
  return bytes;
}

class DocumentReader {
 public:
  DocumentReader(std::string_view text, std::string_view name, const ReadOther& read_other)
      : reading_(text, name, read_other) {}

  Document read() {
    read_version();
    if (const Node* info = reading_.resolve(root().find("info"))) {
      document_.title = cut(info->text_of("title"), kMaxPathBytes);
      document_.version = cut(info->text_of("version"));
    }
    document_.servers = is_swagger_ ? swagger_servers() : servers_of(root());
    if (document_.servers.empty()) document_.servers.emplace_back("/");
    read_security_schemes();
    read_paths();
    document_.notes = std::move(reading_).take_notes();
    return std::move(document_);
  }

 private:
  const Node& root() const { return reading_.root(); }

  void read_version() {
    const std::string_view swagger = root().text_of("swagger");
    const std::string_view openapi = root().text_of("openapi");
    is_swagger_ = openapi.empty();
    document_.openapi = cut(is_swagger_ ? swagger : openapi);
    if (is_swagger_ ? swagger == "2.0" : begins_with(openapi, "3.")) {
      if (!is_swagger_ && !begins_with(openapi, "3.0") && !begins_with(openapi, "3.1")) {
        reading_.note(root(), root().child("openapi")->line,
                      "This version of OpenAPI is newer than 3.1 and is read as if it were 3.1");
      }
      return;
    }
    if (swagger.empty() && openapi.empty()) {
      throw ReadError{{ErrorCode::invalid_input,
                       "This is not an OpenAPI document: it has neither 'openapi' nor 'swagger'",
                       "It should begin with 'openapi: 3.1.0' or 'swagger: \"2.0\"'"}};
    }
    const Child* key = root().child(is_swagger_ ? "swagger" : "openapi");
    throw ReadError{
        {ErrorCode::unsupported,
         fmt::format("line {}: This version of OpenAPI is not one that can be read", key->line),
         "Versions 2.0, 3.0 and 3.1 can"}};
  }

  // ---- servers ----

  std::vector<std::string> swagger_servers() {
    const std::string base = path_of(root().text_of("basePath"));
    const std::string host = cut(root().text_of("host"), kMaxPathBytes);
    if (host.empty()) return {base.empty() ? "/" : base};
    std::vector<std::string> urls;
    if (const Node* schemes = root().find("schemes")) {
      for (const Child& scheme : schemes->children) {
        if (urls.size() == kMaxServers) break;
        urls.push_back(cut(scheme.node->text) + "://" + host + base);
      }
    }
    if (urls.empty()) urls.push_back("https://" + host + base);
    return urls;
  }

  std::vector<std::string> servers_of(const Node& owner) {
    std::vector<std::string> urls;
    const Node* servers = owner.find("servers");
    if (servers == nullptr || servers->kind != NodeKind::list) return urls;
    for (const Child& server : servers->children) {
      if (urls.size() == kMaxServers) break;
      reading_.step();
      std::string url = cut(server.node->text_of("url"), kMaxPathBytes);
      fill_variables(url, server.node->find("variables"));
      if (!url.empty()) urls.push_back(std::move(url));
    }
    return urls;
  }

  void fill_variables(std::string& url, const Node* variables) {
    for (std::size_t open = url.find('{'); open != std::string::npos; open = url.find('{', open)) {
      const std::size_t close = url.find('}', open);
      if (close == std::string::npos) return;
      reading_.step();
      const std::string name = url.substr(open + 1, close - open - 1);
      const Node* variable = variables ? variables->find(name) : nullptr;
      const std::string value = cut(variable ? variable->text_of("default") : std::string_view());
      url.replace(open, close - open + 1, value);
      open += value.size();
      if (url.size() > 2 * kMaxPathBytes) return;
    }
  }

  // ---- security ----

  void read_security_schemes() {
    const Node* schemes = nullptr;
    if (is_swagger_) {
      schemes = root().find("securityDefinitions");
    } else if (const Node* components = reading_.resolve(root().find("components"))) {
      schemes = components->find("securitySchemes");
    }
    if (schemes == nullptr || schemes->kind != NodeKind::map) return;
    for (const Child& child : schemes->children) {
      const Node* node = reading_.resolve(child.node);
      if (node == nullptr || document_.security_schemes.size() == kMaxListed) continue;
      SecurityScheme scheme;
      scheme.name = cut(child.key);
      scheme.type = cut(node->text_of("type"));
      scheme.in = cut(node->text_of("in"));
      scheme.field = cut(node->text_of("name"));
      scheme.scheme = base::lower_case(cut(node->text_of("scheme")));
      if (is_swagger_ && scheme.type == "basic") {
        scheme.type = "http";
        scheme.scheme = "basic";
      }
      document_.security_schemes.push_back(std::move(scheme));
    }
  }

  void read_security(const Node& node, Operation& operation) {
    const Node* security = node.find("security");
    if (security == nullptr) security = root().find("security");
    if (security == nullptr || security->kind != NodeKind::list) return;
    for (const Child& alternative : security->children) {
      if (operation.security.size() == kMaxListed) return;
      reading_.step();
      std::vector<std::string>& names = operation.security.emplace_back();
      for (const Child& scheme : alternative.node->children) {
        if (names.size() < kMaxListed) names.push_back(cut(scheme.key));
      }
    }
  }

  // ---- operations ----

  void read_paths() {
    const Node* paths = reading_.resolve(root().find("paths"));
    if (paths == nullptr || paths->kind != NodeKind::map) {
      reading_.note(root(), root().line, "The document has no paths");
      return;
    }
    for (const Child& path : paths->children) {
      reading_.step();
      if (begins_with(path.key, "x-")) continue;
      if (!begins_with(path.key, "/") || path.key.size() > kMaxPathBytes) {
        reading_.note(*path.node, path.line,
                      fmt::format("A path begins with '/' and has at most {} bytes; "
                                  "this one is left out",
                                  kMaxPathBytes));
        continue;
      }
      if (const Node* item = reading_.resolve(path.node); item && !read_path(path.key, *item))
        return;
    }
  }

  // False once the document has given as much as may be taken.
  bool read_path(const std::string& path, const Node& item) {
    constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
        {"get", "GET"},         {"put", "PUT"},   {"post", "POST"},   {"delete", "DELETE"},
        {"options", "OPTIONS"}, {"head", "HEAD"}, {"patch", "PATCH"}, {"trace", "TRACE"}};
    for (const Child& child : item.children) {
      reading_.step();
      const auto* const method =
          std::find_if(std::begin(kMethods), std::end(kMethods),
                       [&child](const auto& each) { return each.first == child.key; });
      if (method == std::end(kMethods) || child.node->kind != NodeKind::map) continue;
      if (document_.operations.size() == kMaxOperations || model_bytes_ > kMaxModelBytes) {
        reading_.note(
            *child.node, child.line,
            fmt::format("Only the first {} operations are read", document_.operations.size()));
        return false;
      }
      Operation operation;
      operation.method = method->second;
      operation.path = path;
      operation.file = reading_.file_of(*child.node);
      operation.line = child.line;
      read_operation(*child.node, item, operation);
      model_bytes_ += bytes_of(operation);
      document_.operations.push_back(std::move(operation));
    }
    return true;
  }

  void read_operation(const Node& node, const Node& item, Operation& operation) {
    operation.operation_id = cut(node.text_of("operationId"));
    operation.deprecated = node.text_of("deprecated") == "true";
    if (const Node* tags = node.find("tags")) {
      for (const Child& tag : tags->children) {
        if (operation.tags.size() < kMaxListed) operation.tags.push_back(cut(tag.node->text));
      }
    }
    operation.base_path = base_path_of(node, item);
    fill_request({&node, &item, is_swagger_}, reading_, operation);
    read_responses(node, operation);
    read_security(node, operation);
    operation.purpose = purpose_of(operation);
  }

  // The nearest list of servers counts; its first server is the one that is used.
  std::string base_path_of(const Node& operation, const Node& item) {
    if (!is_swagger_) {
      for (const Node* owner : {&operation, &item}) {
        if (const auto servers = servers_of(*owner); !servers.empty()) return path_of(servers[0]);
      }
    }
    return path_of(document_.servers[0]);
  }

  void read_responses(const Node& node, Operation& operation) {
    const Node* responses = reading_.resolve(node.find("responses"));
    if (responses == nullptr || responses->kind != NodeKind::map) return;
    for (const Child& child : responses->children) {
      if (operation.responses.size() == kMaxListed) return;
      operation.responses.push_back(cut(child.key));
      if (child.key == "429") operation.has_429 = true;
      const Node* response = reading_.resolve(child.node);
      const Node* headers = response ? response->find("headers") : nullptr;
      if (headers != nullptr) read_headers(*headers, operation);
      if (response != nullptr && begins_with(child.key, "2")) read_answer(*response, operation);
    }
  }

  void read_answer(const Node& response, Operation& operation) {
    const Node* schema = is_swagger_ ? response.find("schema") : nullptr;
    const Node* content = is_swagger_ ? nullptr : reading_.resolve(response.find("content"));
    if (content != nullptr) {
      for (const Child& media : content->children) {
        reading_.step();
        if (media.key.find("json") != std::string::npos && schema == nullptr) {
          schema = media.node->find("schema");
        }
      }
    }
    if (schema == nullptr) return;
    if (!operation.answer) operation.answer.emplace();
    read_shape(schema, reading_, *operation.answer);
  }

  void read_headers(const Node& headers, Operation& operation) {
    for (const Child& header : headers.children) {
      reading_.step();
      const std::string name = base::lower_case(cut(header.key));
      if (name == "retry-after") operation.declares_retry_after = true;
      const bool is_rate_limit = begins_with(name, "ratelimit") ||
                                 begins_with(name, "x-ratelimit") ||
                                 begins_with(name, "x-rate-limit");
      std::vector<std::string>& known = operation.rate_limit_headers;
      const bool is_new = std::none_of(known.begin(), known.end(), [&](const std::string& each) {
        return base::lower_case(each) == name;
      });
      if (is_rate_limit && is_new && known.size() < kMaxListed) known.push_back(cut(header.key));
    }
  }

  Reading reading_;
  Document document_;
  bool is_swagger_ = false;
  std::size_t model_bytes_ = 0;
};

}  // namespace

std::string Operation::target() const {
  return query.empty() ? example_path : example_path + "?" + query;
}

Result<Document> read_document(std::string_view text, std::string_view name,
                               const ReadOther& read_other) try {
  return DocumentReader(text, name, read_other).read();
} catch (const ReadError& refused) {
  Error error = Error(refused.error).at(name);
  error.message = printable(std::move(error.message));
  return tl::unexpected(std::move(error));
} catch (const std::exception& error) {
  return fail(ErrorCode::internal, fmt::format("{}: {}", name, error.what()));
}

}  // namespace weir::openapi
