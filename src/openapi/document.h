// Reads an OpenAPI document (2.0, 3.0 or 3.1; YAML or JSON) into one model of operations: what
// requests the API takes, filled in so that they can be sent, and what it declares about its
// limits.
//
// Promises:
// - Any bytes may come in. A document that cannot be read gives one error that names the place
//   ("openapi.yaml:12:3: ..."); what can be read although something in it is odd gives a note.
// - Time and memory are bounded by the constants below: size, depth, number of nodes, the steps
//   taken in following references and YAML aliases, and the number of operations.
// - References are followed inside the document, and into other files of its folder if the caller
//   gives a way to read them. This folder opens no file itself and fetches nothing.
// - Deterministic: operations come in the document's order, made-up values are always the same.
//
// Thread safety: a pure function but for `read_other`; the results are plain values.
//
//   Result<openapi::Document> document = openapi::read_document(text, "openapi.yaml");
//   for (const openapi::Operation& operation : document->operations)
//     send(operation.method, operation.target(), operation.headers, operation.body);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::openapi {

inline constexpr std::size_t kMaxDocumentBytes = 20 * 1024 * 1024;
inline constexpr std::size_t kMaxFiles = 1000;  // that references lead into, all together ...
inline constexpr std::size_t kMaxOtherBytes = kMaxDocumentBytes;  // ... of so many bytes
inline constexpr int kMaxDepth = 128;                             // nesting of lists and maps
inline constexpr std::size_t kMaxNodes = 1'000'000;               // values in the document
inline constexpr std::size_t kMaxSteps = 20'000'000;  // values visited, references included
inline constexpr std::size_t kMaxOperations = 10'000;
inline constexpr std::size_t kMaxModelBytes = 64 * 1024 * 1024;  // of all operations together
inline constexpr std::size_t kMaxPathBytes = 2048;               // of a path template
inline constexpr std::size_t kMaxNameBytes = 256;   // of a name; longer ones are cut or left out
inline constexpr std::size_t kMaxParameters = 200;  // of one operation
inline constexpr std::size_t kMaxParameterBytes =
    2048;                                     // of an example value; longer ones are not used
inline constexpr int kMaxReferenceHops = 32;  // a $ref to a $ref to a $ref ...
inline constexpr int kMaxSampleDepth = 16;    // nesting of a made-up body, and of a body's shape
inline constexpr std::size_t kMaxProperties = 1000;  // of one body
inline constexpr std::size_t kMaxSampleBytes = 64 * 1024;
inline constexpr std::size_t kMaxNotes = 50;

// What an operation is for, guessed from its path, operationId and tags. Only operations that
// change something (POST, PUT, PATCH, DELETE) are anything but `other`.
enum class Purpose { other, login, one_time_code, password, sign_up, llm };

std::string_view to_string(Purpose purpose);  // "other", "login", "one-time-code", ...

struct NameValue {
  std::string name;
  std::string value;
  friend bool operator==(const NameValue&, const NameValue&) = default;
};

// A parameter as declared. `in` is "path", "query", "header" or "cookie".
struct Parameter {
  std::string name;
  std::string in;
  bool required = false;
  std::string example;            // the value that a request may carry; empty if none could be made
  bool guessed = false;           // `example` is made up: the document says nothing about it
  std::optional<double> minimum;  // of a number, as declared
  std::optional<double> maximum;
  std::string type;     // "integer", "string"; empty if the document does not say
  std::string format;   // "uuid", "uri"
  bool listed = false;  // only the values of an enum
};

struct Body {
  std::string content_type;  // "application/json"
  std::string text;          // as sent
  bool required = false;
};

// A property of a body, by its name alone: at any depth.
struct Property {
  std::string name;
  bool read_only = false;
  bool write_only = false;
};

struct BodyShape {
  std::vector<Property> properties;
  bool open = false;  // some part of it may hold what is not declared
};

struct SecurityScheme {
  std::string name;    // the document's name for it
  std::string type;    // "apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"
  std::string in;      // apiKey: "header", "query" or "cookie"
  std::string field;   // apiKey: the header's, parameter's or cookie's name
  std::string scheme;  // http: "bearer", "basic", ...
  friend bool operator==(const SecurityScheme&, const SecurityScheme&) = default;
};

struct Operation {
  std::string method;              // "GET"
  std::string base_path;           // path of the operation's first server, "" or "/v1"
  std::string path;                // the template: "/users/{id}"
  std::string example_path;        // base_path and path, parameters filled in and percent-encoded
  std::string query;               // required query parameters: "limit=10&q=a%20b", without '?'
  std::vector<NameValue> headers;  // required header and cookie parameters, never a Content-Type
  std::optional<Body> body;
  std::vector<Parameter> parameters;  // all that are declared, optional ones too

  // Required parameters, or "body", whose value is a guess or could not be made at all: the request
  // may well be answered with 400 or 404.
  std::vector<std::string> unfilled;

  std::vector<std::string> responses;  // the status codes declared: "200", "4XX", "default"
  std::optional<BodyShape> answer;     // of JSON answers with 2xx; empty if no schema says
  bool has_429 = false;
  bool declares_retry_after = false;
  std::vector<std::string> rate_limit_headers;  // as spelled: "X-RateLimit-Limit", "RateLimit"

  // Alternatives: every scheme of any one list is enough. Empty: no credential is asked for. An
  // empty list among others: a credential is optional.
  std::vector<std::vector<std::string>> security;

  std::string operation_id;
  std::vector<std::string> tags;
  bool deprecated = false;
  Purpose purpose = Purpose::other;
  std::string file;  // that declares it: the document's name, or that of a file beside it
  int line = 0;      // in that file, from 1

  // example_path and query as a request line carries them.
  std::string target() const;
};

struct Document {
  std::string openapi;  // "2.0", "3.0.3", "3.1.0", as written
  std::string title;
  std::string version;               // of the API
  std::vector<std::string> servers;  // variables filled in; absolute URLs or paths ("/v1")
  std::vector<SecurityScheme> security_schemes;
  std::vector<Operation> operations;
  std::vector<std::string> notes;  // "openapi.yaml:40: ...": what was left out, and why
};

// Gives the text of another file of the document. `path` is relative to the document's folder and
// does not lead out of it: "schemas/item.yaml".
using ReadOther = std::function<Result<std::string>(const std::string& path)>;

// `name` stands in errors and notes: the file or URL that the text came from.
Result<Document> read_document(std::string_view text, std::string_view name,
                               const ReadOther& read_other = {});

}  // namespace weir::openapi
