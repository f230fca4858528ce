// OpenAPI documents, in JSON and YAML, also in several files: "\n=== a/b.yaml\n" begins the next
// one.
#include <algorithm>
#include <map>
#include <string>

#include "fuzz/target.h"
#include "net/url.h"
#include "openapi/document.h"

namespace weir::fuzz {
namespace {

// Goes to terminals.
void check_shown(std::string_view text) {
  WEIR_CHECK(!text.empty());
  WEIR_CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
}

struct Folder {
  std::string_view document;  // the first file
  std::map<std::string, std::string_view, std::less<>> others;

  explicit Folder(std::string_view input) {
    constexpr std::string_view kMark = "\n=== ";
    std::size_t mark = input.find(kMark);
    document = input.substr(0, mark);
    while (mark != std::string_view::npos) {
      input.remove_prefix(mark + kMark.size());
      mark = input.find(kMark);
      const std::string_view file = input.substr(0, mark);
      const std::size_t line = std::min(file.find('\n'), file.size());
      others.emplace(file.substr(0, line), file.substr(std::min(line + 1, file.size())));
    }
  }

  Result<std::string> read(const std::string& path) const {
    // What is asked for does not lead out of the folder.
    WEIR_CHECK(!path.empty() && path.front() != '/' && !path.starts_with("../"));
    WEIR_CHECK(path.find("/../") == std::string::npos && path.find('\0') == std::string::npos);
    const auto found = others.find(path);
    if (found == others.end()) return fail(ErrorCode::not_found, "not there");
    return std::string(found->second);
  }
};

void check(std::string_view input, std::string_view name) {
  const Folder folder(input);
  const auto read_other = [&folder](const std::string& path) { return folder.read(path); };
  const auto document = openapi::read_document(folder.document, name, read_other);
  const auto again = openapi::read_document(folder.document, name, read_other);
  WEIR_CHECK(document.has_value() == again.has_value());
  if (!document) {
    check_shown(document.error().to_string());
    return;
  }
  WEIR_CHECK(document->operations.size() <= openapi::kMaxOperations);
  WEIR_CHECK(document->operations.size() == again->operations.size());
  WEIR_CHECK(document->notes.size() <= openapi::kMaxNotes + 1 && document->notes == again->notes);
  for (const std::string& note : document->notes) check_shown(note);
  const auto lines = 1 + std::count(input.begin(), input.end(), '\n') +
                     std::count(input.begin(), input.end(), '\r');
  for (std::size_t i = 0; i < document->operations.size(); ++i) {
    const openapi::Operation& operation = document->operations[i];
    WEIR_CHECK(operation.line >= 1 && operation.line <= lines);
    WEIR_CHECK(operation.target() == again->operations[i].target());
    WEIR_CHECK(operation.parameters.size() <= openapi::kMaxParameters);
    // It can be asked for.
    const auto url = net::Url::parse("http://127.0.0.1" + operation.target());
    WEIR_CHECK(url || url.error().code == ErrorCode::limit_exceeded);
    for (const openapi::NameValue& header : operation.headers) {
      WEIR_CHECK(header.name.find_first_of(std::string_view("\r\n:\0", 4)) == std::string::npos);
      WEIR_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
    if (operation.body) WEIR_CHECK(operation.body->text.size() <= 8 * openapi::kMaxSampleBytes);
  }
}

}  // namespace

void try_input(std::string_view input) {
  check(input, "document");
  if (input.starts_with('{')) check(input, "document.yaml");
}

}  // namespace weir::fuzz
