#include "openapi/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read.h"

namespace weir::openapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The body made from `schema`, one line of YAML; `more` may hold components.
Operation with_body(std::string_view schema, std::string_view more = "") {
  return only_operation(
      "    post: { requestBody: { required: true, content: { application/json: { "
      "schema: " +
          std::string(schema) + " } } } }\n",
      "/a", more);
}

std::string body(std::string_view schema, std::string_view more = "") {
  return with_body(schema, more).body.value_or(Body{}).text;
}

TEST(Sample, PrefersWhatTheDocumentStates) {
  EXPECT_EQ(body("{ type: integer, example: 7, default: 8 }"), "7");
  EXPECT_EQ(body("{ type: integer, examples: [6, 5] }"), "6");
  EXPECT_EQ(body("{ const: fixed }"), R"("fixed")");
  EXPECT_EQ(body("{ type: integer, default: 8, enum: [9] }"), "8");
  EXPECT_EQ(body("{ enum: [a, b] }"), R"("a")");
}

TEST(Sample, KeepsTheTypesThatYamlGives) {
  EXPECT_EQ(body("{ example: { a: 1, b: '1', c: true, d: 'true', e: null, f: 01, g: [1.5] } }"),
            R"({"a":1,"b":"1","c":true,"d":"true","e":null,"f":"01","g":[1.5E0]})");
}

TEST(Sample, MakesNumbersWithinTheirBounds) {
  EXPECT_EQ(body("{ type: integer }"), "1");
  EXPECT_EQ(body("{ type: integer, minimum: 10 }"), "10");
  EXPECT_EQ(body("{ type: integer, minimum: 10, exclusiveMinimum: true }"), "11");
  EXPECT_EQ(body("{ type: integer, exclusiveMinimum: 10 }"), "11");
  EXPECT_EQ(body("{ type: integer, minimum: 10, multipleOf: 7 }"), "14");
  EXPECT_EQ(body("{ type: integer, maximum: -3 }"), "-3");
  EXPECT_EQ(body("{ type: number, exclusiveMinimum: 0 }"), "5E-1");
}

TEST(Sample, MakesTextByFormatAndLength) {
  EXPECT_EQ(body("{ type: string }"), R"("example")");
  EXPECT_EQ(body("{ type: string, format: email }"), R"("user@example.com")");
  EXPECT_EQ(body("{ type: string, minLength: 9 }"), R"("examplexx")");
  EXPECT_EQ(body("{ type: string, maxLength: 2 }"), R"("ex")");
  EXPECT_EQ(body("{ type: [null, string] }"), R"("example")");
}

TEST(Sample, NamesABodyWhosePatternItCannotMeet) {
  EXPECT_THAT(with_body("{ type: string, pattern: '^[0-9]{6}$' }").unfilled, ElementsAre("body"));
  EXPECT_THAT(with_body("{ type: string, pattern: '^[0-9]{6}$', example: '123456' }").unfilled,
              IsEmpty());
}

TEST(Sample, GivesObjectsTheirRequiredPropertiesOrAll) {
  EXPECT_EQ(body("{ required: [b], properties: { a: { type: integer }, b: { type: boolean } } }"),
            R"({"b":true})");
  EXPECT_EQ(body("{ properties: { a: { type: integer }, id: { readOnly: true, type: integer } } }"),
            R"({"a":1})");
}

TEST(Sample, GivesListsAsManyItemsAsTheyNeed) {
  EXPECT_EQ(body("{ type: array, items: { type: integer } }"), "[1]");
  EXPECT_EQ(body("{ type: array, minItems: 3, items: { type: integer } }"), "[1,1,1]");
  EXPECT_EQ(body("{ type: array }"), "[]");
}

TEST(Sample, JoinsAllOfAndTakesTheFirstBranchThatWorks) {
  EXPECT_EQ(
      body("{ allOf: [{ $ref: '#/components/schemas/A' }, { properties: { b: { const: 2 } } }],"
           " properties: { c: { const: 3 } } }",
           "components: { schemas: { A: { properties: { a: { const: 1 } } } } }\n"),
      R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(body("{ oneOf: [{ $ref: '#/nowhere' }, { type: 'null' }, { const: x }] }"), R"("x")");
  EXPECT_EQ(body("{ anyOf: [{ const: 1 }, { const: 2 }] }"), "1");
}

TEST(Sample, EndsARecursionWhereSomethingMayBeLeftOut) {
  const std::string_view tree =
      "components: { schemas: { Node: { required: [children], properties: { parent: { $ref: "
      "'#/components/schemas/Node' }, children: { type: array, items: { $ref: "
      "'#/components/schemas/Node' } } } } } }\n";
  EXPECT_EQ(body("{ $ref: '#/components/schemas/Node' }", tree), R"({"children":[]})");
}

TEST(Sample, GivesUpARecursionThatHasNoEnd) {
  const Operation operation =
      with_body("{ $ref: '#/components/schemas/Node' }",
                "components: { schemas: { Node: { required: [next], properties: { next: { $ref: "
                "'#/components/schemas/Node' } } } } }\n");
  EXPECT_EQ(operation.body->text, "");
  EXPECT_THAT(operation.unfilled, ElementsAre("body"));
}

TEST(Sample, NotesAReferenceThatOnlyLeadsToItself) {
  const Document document = read(
      "openapi: 3.0.0\npaths: { /a: { post: { requestBody: { $ref: '#/x' } } } }\n"
      "x: { $ref: '#/y' }\n'y': { $ref: '#/x' }\n");
  EXPECT_THAT(document.notes, ElementsAre(HasSubstr("leads to another reference, and so on")));
}

}  // namespace
}  // namespace weir::openapi
