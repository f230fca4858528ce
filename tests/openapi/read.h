// What the tests of this folder share: reading a document that is expected to be readable.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "openapi/document.h"

namespace weir::openapi {

inline Document read(std::string_view text, std::string_view name = "api.yaml") {
  Result<Document> document = read_document(text, name);
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? *std::move(document) : Document{};
}

inline std::string error_of(std::string_view text, std::string_view name = "api.yaml") {
  const Result<Document> document = read_document(text, name);
  EXPECT_FALSE(document);
  return document ? "" : document.error().to_string();
}

// The only operation of a 3.1 document whose path item is `item`, indented by four spaces.
inline Operation only_operation(std::string_view item, std::string_view path = "/a",
                                std::string_view more = "") {
  Document document = read("openapi: 3.1.0\npaths:\n  " + std::string(path) + ":\n" +
                           std::string(item) + std::string(more));
  EXPECT_EQ(document.operations.size(), 1U);
  return document.operations.empty() ? Operation{} : document.operations[0];
}

}  // namespace weir::openapi
