#include "openapi/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read.h"

namespace weir::openapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kQuotes = R"(openapi: 3.1.0
info: { title: Quotes, version: "1.10" }
servers: [{ url: "https://{host}/v1/", variables: { host: { default: api.example } } }]
security: [{ key: [] }]
paths:
  /quote:
    get:
      operationId: quote
      tags: [reading]
      responses:
        "200": { description: The quote, headers: { X-RateLimit-Limit: {}, x-ratelimit-limit: {} } }
        "429": { description: Too many, headers: { Retry-After: {} } }
    post:
      deprecated: true
      security: [{}, { key: [], bearer: [] }]
      responses: { default: { $ref: "#/components/responses/Any" } }
components:
  responses: { Any: { headers: { RateLimit: {} } } }
  securitySchemes:
    key: { type: apiKey, in: header, name: X-API-Key }
    bearer: { type: http, scheme: Bearer }
)";

TEST(Document, SaysWhatTheApiIsAndWhereItIsServed) {
  const Document document = read(kQuotes);
  EXPECT_EQ(document.openapi, "3.1.0");
  EXPECT_EQ(document.title, "Quotes");
  EXPECT_EQ(document.version, "1.10");
  EXPECT_THAT(document.servers, ElementsAre("https://api.example/v1/"));
  EXPECT_THAT(document.notes, IsEmpty());
}

TEST(Document, ListsOperationsInOrderWithTheirLines) {
  const Document document = read(kQuotes);
  ASSERT_EQ(document.operations.size(), 2U);
  EXPECT_EQ(document.operations[0].method, "GET");
  EXPECT_EQ(document.operations[0].path, "/quote");
  EXPECT_EQ(document.operations[0].example_path, "/v1/quote");
  EXPECT_EQ(document.operations[0].operation_id, "quote");
  EXPECT_THAT(document.operations[0].tags, ElementsAre("reading"));
  EXPECT_EQ(document.operations[0].line, 7);
  EXPECT_FALSE(document.operations[0].deprecated);
  EXPECT_EQ(document.operations[1].method, "POST");
  EXPECT_EQ(document.operations[1].line, 13);
  EXPECT_TRUE(document.operations[1].deprecated);
}

TEST(Document, SaysWhichLimitsAreDeclared) {
  const Document document = read(kQuotes);
  EXPECT_THAT(document.operations[0].responses, ElementsAre("200", "429"));
  EXPECT_TRUE(document.operations[0].has_429);
  EXPECT_TRUE(document.operations[0].declares_retry_after);
  EXPECT_THAT(document.operations[0].rate_limit_headers, ElementsAre("X-RateLimit-Limit"));
  EXPECT_FALSE(document.operations[1].has_429);
  EXPECT_THAT(document.operations[1].rate_limit_headers, ElementsAre("RateLimit"));
}

TEST(Document, SaysWhichCredentialsAreAskedFor) {
  const Document document = read(kQuotes);
  EXPECT_THAT(document.security_schemes,
              ElementsAre(SecurityScheme{"key", "apiKey", "header", "X-API-Key", ""},
                          SecurityScheme{"bearer", "http", "", "", "bearer"}));
  EXPECT_THAT(document.operations[0].security, ElementsAre(ElementsAre("key")));
  EXPECT_THAT(document.operations[1].security,
              ElementsAre(IsEmpty(), ElementsAre("key", "bearer")));
}

TEST(Document, ReadsVersionTwo) {
  const Document document = read(R"(swagger: "2.0"
info: { title: Sign-in, version: "1" }
host: api.example
basePath: /auth
schemes: [https, http]
consumes: [application/xml, application/json]
securityDefinitions: { user: { type: basic } }
paths:
  /login:
    post:
      parameters:
        - in: body
          name: credentials
          required: true
          schema: { type: object, example: { email: ada@example.com, password: correct horse } }
      responses: { "429": { description: Too many } }
)");
  EXPECT_THAT(document.servers, ElementsAre("https://api.example/auth", "http://api.example/auth"));
  EXPECT_THAT(document.security_schemes,
              ElementsAre(SecurityScheme{"user", "http", "", "", "basic"}));
  ASSERT_EQ(document.operations.size(), 1U);
  const Operation& login = document.operations[0];
  EXPECT_EQ(login.example_path, "/auth/login");
  ASSERT_TRUE(login.body);
  EXPECT_EQ(login.body->content_type, "application/json");
  EXPECT_EQ(login.body->text, R"({"email":"ada@example.com","password":"correct horse"})");
  EXPECT_THAT(login.unfilled, IsEmpty());
  EXPECT_EQ(login.purpose, Purpose::login);
}

TEST(Document, ReadsJsonWithItsLines) {
  const Document document = read(
      "\xEF\xBB\xBF{\n  \"openapi\": \"3.0.3\",\n  \"paths\": {\n"
      "    \"/emoji\": {\n      \"get\": {\"summary\": \"\\ud83d\\ude00\"}\n"
      "    }\n  }\n}\n",
      "api.json");
  ASSERT_EQ(document.operations.size(), 1U);
  EXPECT_EQ(document.operations[0].line, 5);
}

TEST(Document, ReadsYamlWrittenOnBraces) {
  EXPECT_EQ(read("{ openapi: 3.0.0, paths: { /a: { get: {} } } }", "api.yaml").operations.size(),
            1U);
}

TEST(Document, FollowsReferencesToPathItemsAlsoByEncodedPointers) {
  const Document document = read(R"(openapi: 3.0.0
paths:
  /a: { $ref: "#/paths/~1b~1%7Bid%7D" }
  /b/{id}: { get: { parameters: [{ name: id, in: path, schema: { enum: [7] } }] } }
)");
  ASSERT_EQ(document.operations.size(), 2U);
  EXPECT_EQ(document.operations[1].example_path, "/b/7");
}

TEST(Document, TakesTheNearestServers) {
  const Document document = read(R"(openapi: 3.0.0
servers: [{ url: /root }]
paths:
  /a:
    servers: [{ url: "https://other.example/item" }]
    get: {}
    post: { servers: [{ url: /operation }, { url: /second }] }
  /b: { get: {} }
)");
  EXPECT_EQ(document.operations[0].example_path, "/item/a");
  EXPECT_EQ(document.operations[1].example_path, "/operation/a");
  EXPECT_EQ(document.operations[2].example_path, "/root/b");
}

TEST(Document, MergesYamlMapsAndSharesAliases) {
  const Document document = read(R"(openapi: 3.0.0
x-common: &common { responses: { "429": { description: Too many } }, deprecated: true }
paths:
  /a: { get: { <<: *common, deprecated: false } }
  /b: { get: *common }
)");
  EXPECT_TRUE(document.operations[0].has_429);
  EXPECT_FALSE(document.operations[0].deprecated);
  EXPECT_TRUE(document.operations[1].has_429);
  EXPECT_TRUE(document.operations[1].deprecated);
}

TEST(Document, NotesWhatItLeavesOut) {
  const Document document = read(R"(openapi: 3.2.0
paths:
  no-slash: { get: {} }
  x-ignored: 1
  /a: { $ref: "other.yaml#/a" }
  /b: { get: { parameters: [{ $ref: "#/nowhere" }, { name: q, in: nowhere }] } }
  /b: { post: {} }
)");
  ASSERT_EQ(document.operations.size(), 1U);
  EXPECT_THAT(
      document.notes,
      ElementsAre(
          "api.yaml:7: A key is given twice in one map; the first one counts",
          "api.yaml:1: This version of OpenAPI is newer than 3.1 and is read as if it were 3.1",
          HasSubstr("api.yaml:3: A path begins with '/'"),
          "api.yaml:5: 'other.yaml#/a' is another document, which is not read: "
          "the document was given alone",
          "api.yaml:6: '#/nowhere' is not in the document",
          HasSubstr("api.yaml:6: The parameter 'q' is in no place that there is")));
}

TEST(Document, NotesThatThereAreNoPaths) {
  EXPECT_THAT(read("openapi: 3.1.0\nwebhooks: {}").notes,
              ElementsAre("api.yaml:1: The document has no paths"));
}

TEST(Document, SaysWhereYamlIsBroken) {
  EXPECT_THAT(error_of("openapi: 3.0.0\npaths: [1, 2\n"),
              testing::StartsWith("api.yaml: line 3, column 1: This is not valid YAML: "));
}

TEST(Document, SaysWhereJsonIsBroken) {
  EXPECT_THAT(error_of("{\"openapi\": \"3.0.0\",\n\"paths\": {\"/a\" 1}}", "api.json"),
              testing::StartsWith("api.json: line 2: This is not valid JSON: "));
  EXPECT_THAT(error_of("{\"openapi\": \"3.0.0\"", "api.json"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("{\"openapi\": \"3.0.0\"} x", "api.json"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("{\"openapi\": \"\xff\"}", "api.json"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("{\"openapi\": nul}", "api.json"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("{\"openapi\": 1e}", "api.json"), HasSubstr("not valid JSON"));
}

TEST(Document, SaysThatSomethingElseIsNoOpenApiDocument) {
  EXPECT_THAT(error_of(""), HasSubstr("This is not an OpenAPI document: it is not a map"));
  EXPECT_THAT(error_of("[]"), HasSubstr("it is not a map"));
  EXPECT_THAT(error_of("<!DOCTYPE html><html></html>"), HasSubstr("it is not a map"));
  EXPECT_THAT(error_of("a: 1"), HasSubstr("it has neither 'openapi' nor 'swagger'"));
  EXPECT_THAT(error_of("swagger: \"1.2\""),
              HasSubstr("line 1: This version of OpenAPI is not one that can be read"));
  EXPECT_THAT(error_of("openapi: 4.0.0"), HasSubstr("Versions 2.0, 3.0 and 3.1 can"));
}

TEST(Document, LetsNoTerminalEscapeIntoNotesAndErrors) {
  const Document document =
      read("openapi: 3.0.0\npaths: { /a: { $ref: \"#/\\e[31m\\n\u202e\" } }\n");
  const std::string unseen(4, '?');  // a line end, and three bytes of text direction
  EXPECT_THAT(document.notes,
              ElementsAre("api.yaml:2: '#/?[31m" + unseen + "' is not in the document"));
  EXPECT_THAT(error_of("a: 1", "\x1b[31m.yaml"), testing::StartsWith("?[31m.yaml: "));
}

TEST(Document, ReadsAnythingOfTheWrongShapeWithoutFuss) {
  // Every known key with every kind of value: nothing may crash, and nothing is an operation.
  for (const std::string_view value : {"1", "text", "null", "true", "[]", "[1, [2], {a: b}]", "{}",
                                       "{a: {b: 1}}", "{$ref: 1}", "{$ref: '#'}", "{$ref: ''}"}) {
    for (const std::string_view key :
         {"info", "servers", "security", "components", "paths", "tags"}) {
      (void)read("openapi: 3.0.0\n" + std::string(key) + ": " + std::string(value) + "\n");
    }
    for (const std::string_view key :
         {"parameters", "requestBody", "responses", "security", "tags", "servers", "operationId"}) {
      (void)read("openapi: 3.0.0\npaths: { /a: { get: { " + std::string(key) + ": " +
                 std::string(value) + " } } }\n");
      (void)read("swagger: '2.0'\npaths: { /a: { get: { " + std::string(key) + ": " +
                 std::string(value) + " } } }\n");
    }
    for (const std::string_view key : {"schema", "content", "example", "examples", "name", "in"}) {
      (void)read(
          "openapi: 3.0.0\npaths: { /a: { get: { parameters: [{ name: q, in: query, "
          "required: true, " +
          std::string(key) + ": " + std::string(value) + " }] } } }\n");
    }
  }
}

}  // namespace
}  // namespace weir::openapi
