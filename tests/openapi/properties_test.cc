// What is declared of the answers' bodies.
#include "openapi/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read.h"

namespace weir::openapi {
namespace {

using testing::ElementsAre;

// The only operation of a document whose 200 has this schema, in one line.
Operation answering(const std::string& schema, const std::string& more = "") {
  return only_operation(
      "    get:\n      responses: { '200': { description: ok, content: { application/json: { "
      "schema: " +
          schema + " } } } }\n",
      "/a", more);
}

std::vector<std::string> names(const Operation& operation) {
  std::vector<std::string> all;
  if (!operation.answer) return all;
  for (const Property& property : operation.answer->properties) all.push_back(property.name);
  return all;
}

TEST(Properties, AreThoseAtAnyDepthAndOfAllParts) {
  const Operation operation = answering(
      "{ type: array, items: { allOf: [{ $ref: '#/components/schemas/A' }, { properties: { b: { "
      "properties: { c: { type: integer } } } } }] } }",
      "components: { schemas: { A: { properties: { a: { type: string } } } } }\n");
  EXPECT_THAT(names(operation), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(operation.answer->open);
}

TEST(Properties, OfARecursiveSchemaAreReadOnce) {
  const Operation operation = answering(
      "{ $ref: '#/components/schemas/Node' }",
      "components: { schemas: { Node: { properties: { next: { $ref: '#/components/schemas/Node' }, "
      "value: { type: integer } } } } }\n");
  EXPECT_THAT(names(operation), ElementsAre("next", "value"));
  EXPECT_FALSE(operation.answer->open);
}

TEST(Properties, AreOpenWhereAnythingMayStand) {
  EXPECT_TRUE(answering("{ type: object }").answer->open);
  EXPECT_TRUE(answering("{ properties: { a: {} } }").answer->open);
  EXPECT_TRUE(answering("{ properties: { a: { type: string } }, additionalProperties: true }")
                  .answer->open);
  EXPECT_TRUE(answering("{ $ref: '#/components/schemas/None' }").answer->open);
  EXPECT_FALSE(answering("{ properties: { a: { type: string } }, additionalProperties: false }")
                   .answer->open);
  EXPECT_FALSE(answering("{ properties: { a: { type: string, enum: [x] } } }").answer->open);
}

TEST(Properties, AreWriteOnlyWhereEveryDeclarationSaysSo) {
  const auto write_only = [](const char* second) {
    const Operation operation =
        answering(std::string("{ properties: { p: { type: string, writeOnly: true }, o: { "
                              "properties: { p: { type: string, writeOnly: ") +
                  second + " } } } } }");
    return operation.answer->properties.at(0).write_only;
  };
  EXPECT_TRUE(write_only("true"));
  EXPECT_FALSE(write_only("false"));
}

TEST(Properties, OfSwagger2StandAtTheResponseItself) {
  const Document document = read(
      "swagger: '2.0'\npaths: { /a: { get: { responses: { 200: { schema: { properties: { a: { "
      "type: string } } } } } } } }\n");
  EXPECT_THAT(names(document.operations.at(0)), ElementsAre("a"));
}

TEST(Properties, OfOtherMediaTypesAreNotRead) {
  EXPECT_FALSE(
      only_operation("    get:\n      responses: { '200': { content: { text/csv: { schema: "
                     "{ type: string } } } } }\n")
          .answer);
}

TEST(Properties, AreBoundedInNumber) {
  std::string many;
  for (std::size_t i = 0; i <= kMaxProperties; ++i) {
    many += "p" + std::to_string(i) + ": { type: string }, ";
  }
  const Operation operation = answering("{ properties: { " + many + " } }");
  EXPECT_EQ(operation.answer->properties.size(), kMaxProperties);
  EXPECT_TRUE(operation.answer->open);
}

}  // namespace
}  // namespace weir::openapi
