#include "openapi/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read.h"

namespace weir::openapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Request, FillsPathParametersFromWhatTheDocumentStates) {
  const Operation operation = only_operation(R"(    parameters:
      - { name: a, in: path, required: true, example: x/y }
      - { name: b, in: path, required: true, schema: { type: string, default: d } }
      - { name: c, in: path, required: true, schema: { enum: [e, f] } }
      - { name: d, in: path, required: true, schema: { type: integer, minimum: 5 } }
      - { name: e, in: path, required: true, examples: { one: { value: "g h" } } }
    get: {}
)",
                                             "/{a}/{b}/{c}/{d}/{e}");
  EXPECT_EQ(operation.example_path, "/x%2Fy/d/e/5/g%20h");
  EXPECT_THAT(operation.unfilled, IsEmpty());
}

TEST(Request, NamesPathParametersThatItHadToGuess) {
  const Operation operation = only_operation(R"(    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: slug, in: path, required: true, schema: { type: string } }
)",
                                             "/{id}/{slug}/{undeclared}");
  EXPECT_EQ(operation.example_path, "/1/example/1");
  EXPECT_THAT(operation.unfilled, ElementsAre("id", "slug", "undeclared"));
}

TEST(Request, SendsRequiredParametersOnly) {
  const Operation operation = only_operation(R"(    get:
      parameters:
        - { name: q, in: query, required: true, schema: { type: string, example: a b&c } }
        - { name: tag, in: query, required: true, schema: { type: array, example: [x, y] } }
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 50, default: 10 } }
        - { name: X-Tenant, in: header, required: true, schema: { enum: [acme] } }
        - { name: session, in: cookie, required: true, example: s1 }
        - { name: theme, in: cookie, required: true, example: dark }
)");
  EXPECT_EQ(operation.query, "q=a%20b%26c&tag=x&tag=y");
  EXPECT_EQ(operation.target(), "/a?q=a%20b%26c&tag=x&tag=y");
  EXPECT_THAT(operation.headers, ElementsAre(NameValue{"X-Tenant", "acme"},
                                             NameValue{"Cookie", "session=s1; theme=dark"}));
  ASSERT_EQ(operation.parameters.size(), 6U);
  EXPECT_EQ(operation.parameters[2].name, "limit");
  EXPECT_FALSE(operation.parameters[2].required);
  EXPECT_EQ(operation.parameters[2].example, "10");
  EXPECT_EQ(operation.parameters[2].minimum, 1);
  EXPECT_EQ(operation.parameters[2].maximum, 50);
}

TEST(Request, LetsAnOperationsParameterStandInForItsPaths) {
  const Operation operation =
      only_operation(R"(    parameters: [{ name: id, in: path, required: true, example: 1 }]
    get: { parameters: [{ name: id, in: path, required: true, example: 2 }] }
)",
                     "/{id}");
  EXPECT_EQ(operation.example_path, "/2");
  EXPECT_EQ(operation.parameters.size(), 1U);
}

TEST(Request, LeavesOutHeadersThatOpenApiHasOtherPlacesFor) {
  const Operation operation = only_operation(R"(    get:
      parameters:
        - { name: Authorization, in: header, required: true, example: Bearer x }
        - { name: content-type, in: header, required: true, example: text/plain }
)");
  EXPECT_THAT(operation.headers, IsEmpty());
}

TEST(Request, LetsNoLineEndIntoARequest) {
  const Document document = read(
      "openapi: 3.0.0\npaths:\n  \"/a\\r\\nX: y\":\n    get:\n      parameters:\n"
      "        - { name: \"X-A\\r\\nX-B\", in: header, required: true, example: 1 }\n"
      "        - { name: X-C, in: header, required: true, example: \"v\\r\\nX-D: w\" }\n"
      "        - { name: \"q\\r\\n\", in: query, required: true, example: \"v\\r\\n\" }\n");
  ASSERT_EQ(document.operations.size(), 1U);
  const Operation& operation = document.operations[0];
  EXPECT_EQ(operation.target(), "/a%0D%0AX:%20y?q%0D%0A=v%0D%0A");
  EXPECT_THAT(operation.headers, ElementsAre(NameValue{"X-C", ""}));
  EXPECT_THAT(operation.unfilled, ElementsAre("X-C"));
}

TEST(Request, PrefersAJsonBody) {
  const Operation operation = only_operation(R"(    post:
      requestBody:
        required: true
        content:
          application/xml: { schema: { type: string } }
          application/json: { example: { messages: [{ role: user, content: hello }] } }
)");
  ASSERT_TRUE(operation.body);
  EXPECT_EQ(operation.body->content_type, "application/json");
  EXPECT_EQ(operation.body->text, R"({"messages":[{"role":"user","content":"hello"}]})");
  EXPECT_TRUE(operation.body->required);
  EXPECT_EQ(operation.purpose, Purpose::llm);
}

TEST(Request, EncodesAForm) {
  const Operation operation = only_operation(R"(    post:
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: { properties: { name: { example: Ada L }, age: { type: integer, minimum: 18 } } }
)");
  ASSERT_TRUE(operation.body);
  EXPECT_EQ(operation.body->text, "name=Ada%20L&age=18");
  EXPECT_FALSE(operation.body->required);
}

TEST(Request, SaysThatAMultipartBodyCouldNotBeMade) {
  const Operation operation = only_operation(R"(    post:
      requestBody:
        required: true
        content: { multipart/form-data: { schema: { type: object } } }
)");
  EXPECT_EQ(operation.body->text, "");
  EXPECT_THAT(operation.unfilled, ElementsAre("body"));
}

TEST(Request, MakesAFormOfVersionTwosFields) {
  const Document document = read(R"(swagger: "2.0"
paths:
  /a:
    post:
      parameters:
        - { name: code, in: formData, required: true, type: string, x-example: "123456" }
        - { name: file, in: formData, type: file }
        - { name: ids, in: query, required: true, type: array, default: [1, 2] }
)");
  ASSERT_EQ(document.operations.size(), 1U);
  EXPECT_EQ(document.operations[0].body->content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(document.operations[0].body->text, "code=123456");
  EXPECT_EQ(document.operations[0].query, "ids=1%2C2");
}

TEST(Request, WritesAParameterWithContentAsJson) {
  const Operation operation = only_operation(R"(    get:
      parameters:
        - { name: filter, in: query, required: true, content: { application/json: { example: { a: 1 } } } }
)");
  EXPECT_EQ(operation.query, "filter=%7B%22a%22%3A1%7D");
}

}  // namespace
}  // namespace weir::openapi
