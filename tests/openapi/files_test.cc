// References into other files of the document's folder.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "openapi/document.h"
#include "openapi/reading.h"
#include "read.h"

namespace weir::openapi {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;

// A folder in memory that knows which of its files were asked for.
struct Folder {
  std::map<std::string, std::string> files;
  std::vector<std::string> asked = {};

  Document read(std::string_view name = "specs/api.yaml") {
    const std::string_view root = name.substr(name.rfind('/') + 1);
    const Result<Document> document = read_document(
        files.at(std::string(root)), name, [this](const std::string& path) -> Result<std::string> {
          asked.push_back(path);
          const auto file = files.find(path);
          if (file == files.end()) return fail(ErrorCode::not_found, "not there");
          return file->second;
        });
    EXPECT_TRUE(document) << document.error().to_string();
    return document ? *document : Document{};
  }
};

TEST(Files, PathsAndSchemasMayStandInFilesOfTheirOwn) {
  Folder folder{
      {{"api.yaml",
        "openapi: 3.0.3\npaths:\n  /users/{id}: { $ref: paths/user.yaml }\n"
        "  /orders: { $ref: './paths/orders.json#/~1orders' }\n"},
       {"paths/user.yaml",
        "get:\n  parameters: [{ $ref: '../parameters.yaml#/Id' }]\n"
        "  responses: { '429': { $ref: '../parameters.yaml#/Slow' } }\n"},
       {"paths/orders.json",
        "{\"/orders\": {\n \"post\": {\"requestBody\": {\"required\": true, \"content\":\n"
        "{\"application/json\": {\"schema\": {\"$ref\": \"order.yaml\"}}}}}}}"},
       {"paths/order.yaml", "{ type: object, properties: { item: { const: tea } } }"},
       {"parameters.yaml",
        "Id: { name: id, in: path, schema: { type: integer, example: 7 } }\n"
        "Slow: { headers: { Retry-After: {} } }\n"}}};
  const Document document = folder.read();
  EXPECT_THAT(document.notes, IsEmpty());
  ASSERT_EQ(document.operations.size(), 2U);
  EXPECT_EQ(document.operations[0].target(), "/users/7");
  EXPECT_TRUE(document.operations[0].declares_retry_after);
  EXPECT_EQ(document.operations[1].body->text, R"({"item":"tea"})");
  EXPECT_THAT(folder.asked, ElementsAre("paths/user.yaml", "parameters.yaml", "paths/orders.json",
                                        "paths/order.yaml"))
      << "each once";
}

TEST(Files, AnOperationSaysWhichFileDeclaresIt) {
  Folder folder{
      {{"api.yaml", "openapi: 3.0.3\npaths:\n  /a: { $ref: a.yaml }\n  /b:\n    get: {}\n"},
       {"a.yaml", "# the first\nget: {}\n"}}};
  const Document document = folder.read();
  EXPECT_EQ(document.operations.at(0).file, "specs/a.yaml");
  EXPECT_EQ(document.operations.at(0).line, 2);
  EXPECT_EQ(document.operations.at(1).file, "specs/api.yaml");
  EXPECT_EQ(document.operations.at(1).line, 5);
}

TEST(Files, AReferenceBackIntoTheDocumentReadsItNotAgain) {
  Folder folder{{{"api.yaml",
                  "openapi: 3.0.3\npaths:\n  /a: { $ref: paths/a.yaml }\n"
                  "x: { name: q, in: query, required: true, example: 1 }\n"},
                 {"paths/a.yaml", "get: { parameters: [{ $ref: '../api.yaml#/x' }] }\n"}}};
  EXPECT_EQ(folder.read().operations.at(0).query, "q=1");
  EXPECT_THAT(folder.asked, ElementsAre("paths/a.yaml"));
}

TEST(Files, AHashAloneMeansTheFileThatItStandsIn) {
  Folder folder{
      {{"api.yaml", "openapi: 3.0.3\npaths:\n  /a: { $ref: a.yaml#/item }\nx: { example: root }\n"},
       {"a.yaml",
        "item: { get: { parameters: [{ name: q, in: query, required: true,\n"
        "  schema: { $ref: '#/x' } }] } }\nx: { example: own }\n"}}};
  EXPECT_EQ(folder.read().operations.at(0).query, "q=own");
}

TEST(Files, CirclesThroughFilesEnd) {
  Folder folder{
      {{"api.yaml",
        "openapi: 3.0.3\npaths:\n  /a: { $ref: b.yaml }\n  /t: { post: { requestBody: { content: "
        "{ application/json: { schema: { $ref: tree.yaml } } } } } }\n"},
       {"b.yaml", "$ref: c.yaml\n"},
       {"c.yaml", "$ref: b.yaml\n"},
       {"tree.yaml",
        "type: object\nproperties: { name: { const: x }, left: { $ref: node.yaml } }\n"},
       {"node.yaml", "$ref: tree.yaml\n"}}};
  const Document document = folder.read();
  ASSERT_EQ(document.operations.size(), 1U);
  EXPECT_EQ(document.operations[0].body->text, R"({"name":"x"})");
  EXPECT_THAT(document.notes, ElementsAre(HasSubstr("leads to another reference, and so on")));
}

TEST(Files, NothingOutsideOfTheFolderIsAskedFor) {
  Folder folder{{{"api.yaml",
                  "openapi: 3.0.3\npaths:\n"
                  "  /a: { $ref: ../secret.yaml }\n  /b: { $ref: /etc/passwd }\n"
                  "  /c: { $ref: 'http://127.0.0.1/c.yaml' }\n  /d: { $ref: 'a/../../e.yaml' }\n"
                  "  /e: { $ref: '%2e%2e/secret.yaml' }\n  /f: { $ref: 'file:secret.yaml' }\n"
                  "  /g: { $ref: \"a\\0b.yaml\" }\n  /h: { $ref: '//host/h.yaml' }\n"
                  "  /i: { $ref: '..\\secret.yaml' }\n"}}};
  const Document document = folder.read();
  EXPECT_THAT(document.operations, IsEmpty());
  EXPECT_THAT(folder.asked, IsEmpty());
  ASSERT_EQ(document.notes.size(), 9U);
  for (const std::string& note : document.notes) {
    EXPECT_THAT(note, HasSubstr("only files of the document's own folder are"));
  }
}

TEST(Files, WhatCannotBeReadIsNotedAndTheRestIsRead) {
  Folder folder{{{"api.yaml",
                  "openapi: 3.0.3\npaths:\n  /a: { $ref: gone.yaml }\n  /b: { $ref: bad.json }\n"
                  "  /c: { $ref: 'c.yaml#/not/there' }\n  /d: { get: {} }\n"},
                 {"bad.json", "{\"get\":"},
                 {"c.yaml", "get: {}\n"}}};
  const Document document = folder.read();
  EXPECT_EQ(document.operations.size(), 1U);
  EXPECT_THAT(
      document.notes,
      ElementsAre(Eq("specs/api.yaml:3: 'gone.yaml' is not read: not there"),
                  HasSubstr("specs/api.yaml:4: 'bad.json' is not read: line 1: This is not"),
                  Eq("specs/api.yaml:5: 'c.yaml#/not/there' is not in that file")));
}

TEST(Files, NotesNameTheFileThatTheyAreAbout) {
  Folder folder{{{"api.yaml", "openapi: 3.0.3\npaths:\n  /a: { $ref: a.yaml }\n"},
                 {"a.yaml", "get:\n  parameters:\n    - { name: '', in: query }\n"}}};
  EXPECT_THAT(folder.read().notes,
              ElementsAre("specs/a.yaml:3: A parameter has a name that cannot be sent; it is left "
                          "out"));
}

TEST(Files, AreBoundedInNumber) {
  Folder folder;
  std::string& text = folder.files["api.yaml"];
  text = "openapi: 3.0.3\npaths:\n";
  for (std::size_t i = 0; i <= kMaxFiles; ++i) {
    text += fmt::format("  /{0}: {{ $ref: {0}.yaml }}\n", i);
    folder.files[fmt::format("{}.yaml", i)] = "get: {}";
  }
  const Document document = folder.read();
  EXPECT_EQ(document.operations.size(), kMaxFiles);
  EXPECT_THAT(document.notes, ElementsAre(HasSubstr("no more than 1000 are")));
}

TEST(Files, AreBoundedInBytesAndValuesTogether) {
  Folder folder{
      {{"api.json",
        R"({"openapi": "3.0.3", "paths": {"/a": {"$ref": "a.json"}, "/b": {"$ref": "b.json"},
                  "/c": {"$ref": "c.json"}}})"},
       {"a.json", "{\"get\":{}}" + std::string(kMaxOtherBytes - 10, ' ')},
       {"b.json", "{\"get\":{}}"}}};
  const Document bytes = folder.read("api.json");
  EXPECT_EQ(bytes.operations.size(), 1U);
  EXPECT_THAT(bytes.notes, Contains(HasSubstr("the files have more than 20971520 bytes together")));

  const auto many = [](std::size_t values) {
    std::string text = "{\"get\":{},\"x-\":[0";
    for (std::size_t i = 4; i < values; ++i) text += ",0";
    return text + "]}";
  };
  folder.files["a.json"] = many(600'000);
  folder.files["b.json"] = many(600'000);
  folder.files["c.json"] = "{\"get\":{}}";
  const Document values = folder.read("api.json");
  EXPECT_EQ(values.operations.size(), 1U) << "once it is too much, it stays too much";
  EXPECT_THAT(values.notes, Contains(HasSubstr("more than 1000000 values together")));
}

TEST(Files, ARelativePathIsFollowedAsFoldersAre) {
  EXPECT_EQ(path_beside("api.yaml", "a.yaml"), "a.yaml");
  EXPECT_EQ(path_beside("x/y.yaml", "a.yaml"), "x/a.yaml");
  EXPECT_EQ(path_beside("x/y/z.yaml", "../../a/./b.yaml"), "a/b.yaml");
  EXPECT_EQ(path_beside("x/y.yaml", "..//a.yaml"), "a.yaml");
  for (const char* bad : {"", "..", "../", "../a", ".", "a/", "/a", "a/..", "a/../../b", "c:a"}) {
    EXPECT_EQ(path_beside("api.yaml", bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace weir::openapi
