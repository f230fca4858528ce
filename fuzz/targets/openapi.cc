// OpenAPI documents, in JSON and YAML.
#include <algorithm>

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

void check(std::string_view input, std::string_view name) {
  const auto document = openapi::read_document(input, name);
  const auto again = openapi::read_document(input, name);
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
