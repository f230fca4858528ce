// What a hostile document may cost: every bound at its limit and one past it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "openapi/document.h"
#include "read.h"

namespace weir::openapi {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

const std::string kPaths = "openapi: 3.0.0\npaths: { /a: { get: {} } }\n";

TEST(Bounds, OfBytes) {
  const std::string most = kPaths + std::string(kMaxDocumentBytes - kPaths.size(), '\n');
  EXPECT_EQ(read(most).operations.size(), 1U);
  EXPECT_THAT(error_of(most + "\n"), HasSubstr("The document has 20971521 bytes"));
}

TEST(Bounds, OfDepth) {
  const auto yaml = [](std::size_t depth) {
    return kPaths + "x: " + repeated("[", depth) + repeated("]", depth);
  };
  const auto json = [](std::size_t depth) {
    return R"({"openapi":"3.0.0","x":)" + repeated("[", depth) + repeated("]", depth) + "}";
  };
  const auto most = static_cast<std::size_t>(kMaxDepth);
  (void)read(yaml(most - 1));
  EXPECT_THAT(error_of(yaml(most)), HasSubstr("line 3: The document is nested deeper than 128"));
  (void)read(json(most), "api.json");
  EXPECT_THAT(error_of(json(most + 1), "api.json"), HasSubstr("nested deeper than 128"));
}

TEST(Bounds, OfDepthHoldForEndlessNesting) {
  EXPECT_NE(error_of("openapi: " + std::string(1'000'000, '[')), "");
  EXPECT_THAT(error_of(repeated("- ", 500'000)), HasSubstr("nested deeper"));
  EXPECT_THAT(error_of(repeated("{\"a\":", 300'000), "a.json"), HasSubstr("nested deeper"));
}

TEST(Bounds, OfValues) {
  const auto json = [](std::size_t values) {
    // The map, the version and the list are three values more.
    return R"({"openapi":"3.0.0","x":[0)" + repeated(",0", values - 4) + "]}";
  };
  (void)read(json(kMaxNodes), "api.json");
  EXPECT_THAT(error_of(json(kMaxNodes + 1), "api.json"),
              HasSubstr("The document has more than 1000000 values"));
}

TEST(Bounds, OfOperations) {
  const auto with = [](std::size_t count) {
    std::string text = "{\"openapi\":\"3.0.0\",\"paths\":{\"/0\":{}";
    for (std::size_t i = 1; i <= count; ++i) text += fmt::format(",\"/{}\":{{\"get\":{{}}}}", i);
    return text + "}}";
  };
  const Document most = read(with(kMaxOperations), "api.json");
  EXPECT_EQ(most.operations.size(), kMaxOperations);
  EXPECT_TRUE(most.notes.empty());
  const Document more = read(with(kMaxOperations + 1), "api.json");
  EXPECT_EQ(more.operations.size(), kMaxOperations);
  EXPECT_THAT(more.notes, Contains(HasSubstr("Only the first 10000 operations are read")));
}

TEST(Bounds, OfReferenceHops) {
  const auto chain = [](int hops) {
    std::string text = "openapi: 3.0.0\npaths: { /a: { $ref: '#/x0' } }\n";
    for (int i = 0; i + 1 < hops; ++i) text += fmt::format("x{}: {{ $ref: '#/x{}' }}\n", i, i + 1);
    return text + fmt::format("x{}: {{ get: {{}} }}\n", hops - 1);
  };
  EXPECT_EQ(read(chain(kMaxReferenceHops)).operations.size(), 1U);
  const Document more = read(chain(kMaxReferenceHops + 1));
  EXPECT_TRUE(more.operations.empty());
  EXPECT_THAT(more.notes, Contains(HasSubstr("leads to another reference")));
}

TEST(Bounds, OfParameters) {
  const auto with = [](std::size_t count) {
    std::string text = "openapi: 3.0.0\npaths: { /a: { get: { parameters: [";
    for (std::size_t i = 0; i < count; ++i) text += fmt::format("{{ name: p{}, in: query }},", i);
    return text + "] } } }\n";
  };
  EXPECT_TRUE(read(with(kMaxParameters)).notes.empty());
  const Document more = read(with(kMaxParameters + 1));
  EXPECT_EQ(more.operations[0].parameters.size(), kMaxParameters);
  EXPECT_THAT(more.notes, Contains(HasSubstr("Only the first 200 parameters")));
}

TEST(Bounds, OfNamesPathsAndExamples) {
  const auto with = [](std::size_t path, std::size_t name, std::size_t example) {
    return fmt::format(
        "openapi: 3.0.0\npaths: {{ /{}: {{ get: {{ parameters: [{{ name: {}, in: query, required: "
        "true, example: {} }}] }} }} }}\n",
        std::string(path - 1, 'p'), std::string(name, 'n'), std::string(example, 'e'));
  };
  const Document most = read(with(1000, kMaxNameBytes, kMaxParameterBytes));
  EXPECT_EQ(most.operations[0].query.size(), kMaxNameBytes + 1 + kMaxParameterBytes);
  EXPECT_THAT(read(with(1000, kMaxNameBytes + 1, 1)).notes,
              Contains(HasSubstr("A parameter's name is longer than 256 bytes")));
  EXPECT_THAT(read(with(1000, 1, kMaxParameterBytes + 1)).operations[0].unfilled, Contains("n"));
  const std::string path = std::string(kMaxPathBytes - 1, 'p');
  EXPECT_EQ(read("openapi: 3.0.0\npaths:\n  ? /" + path + "\n  : { get: {} }\n").operations.size(),
            1U);
  EXPECT_EQ(read("openapi: 3.0.0\npaths:\n  ? /p" + path + "\n  : { get: {} }\n").operations.size(),
            0U);
}

TEST(Bounds, OfSamples) {
  const auto with = [](std::size_t bytes) {
    return only_operation(
        fmt::format("    post: {{ requestBody: {{ required: true, content: {{ "
                    "application/json: {{ example: {} }} }} }} }}\n",
                    std::string(bytes, 'x')));
  };
  EXPECT_EQ(with(kMaxSampleBytes - 1).body->text.size(), kMaxSampleBytes + 1) << "with its quotes";
  EXPECT_THAT(with(kMaxSampleBytes).unfilled, Contains("body"));
}

TEST(Bounds, HoldForAliasesThatUnfoldToBillions) {
  std::string text = "openapi: 3.0.0\nx0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string alias = fmt::format("*x{}, ", i - 1);
    text += fmt::format("x{}: &x{} [{}]\n", i, i, repeated(alias, 10));
  }
  text +=
      "paths: { /a: { post: { requestBody: { required: true, content: { application/json: { "
      "example: *x11 } } } } } }\n";
  const Document document = read(text);
  EXPECT_THAT(document.operations.at(0).unfilled, Contains("body"));
}

TEST(Bounds, HoldForSchemasThatUnfoldToBillions) {
  std::string text =
      "openapi: 3.0.0\npaths: { /a: { post: { requestBody: { required: true, content: "
      "{ application/json: { schema: { $ref: '#/s/a0' } } } } } } }\ns:\n";
  for (int i = 0; i < 15; ++i) {
    text += fmt::format("  a{}: {{ type: array, minItems: 60, items: {{ $ref: '#/s/a{}' }} }}\n", i,
                        i + 1);
  }
  text += "  a15: { type: integer }\n";
  EXPECT_THAT(read(text).operations.at(0).unfilled, Contains("body"));

  std::string branches = text.substr(0, text.find("s:\n") + 3);
  for (int i = 0; i < 15; ++i) {
    const std::string reference = fmt::format("{{ $ref: '#/s/a{}' }}, ", i + 1);
    branches += fmt::format("  a{}: {{ allOf: [{}] }}\n", i, repeated(reference, 30));
  }
  EXPECT_EQ(read(branches).operations.size(), 1U);
}

TEST(Bounds, HoldForPathsThatAllShareOneHugeItem) {
  std::string text = "openapi: 3.0.0\nx: &x\n";
  for (int i = 0; i < 5'000; ++i) text += fmt::format("  x-{}: 1\n", i);
  text += "paths:\n";
  for (int i = 0; i < 5'000; ++i) text += fmt::format("  /{}: *x\n", i);
  EXPECT_THAT(error_of(text), HasSubstr("references and aliases unfold to more than"));
}

TEST(Bounds, HoldForParametersThatAreSharedByAll) {
  std::string text = "openapi: 3.0.0\nx: &x { parameters: [";
  for (int i = 0; i < 200; ++i) {
    text += fmt::format("{{ name: p{}, in: query, required: true, example: {} }},", i,
                        std::string(2000, 'x'));
  }
  text += "] }\npaths:\n";
  for (int i = 0; i < 3'000; ++i) text += fmt::format("  /{}: {{ get: *x }}\n", i);
  const Document document = read(text);
  EXPECT_LT(document.operations.size(), 200U);
  EXPECT_THAT(document.notes, Contains(HasSubstr("operations are read")));
}

TEST(Bounds, RefuseAnAliasInsideOfWhatItNames) {
  EXPECT_THAT(error_of("openapi: &a [*a]"), HasSubstr("An alias stands inside of what it names"));
}

TEST(Bounds, RefuseAMapAsAKey) {
  EXPECT_THAT(error_of("? {a: b}\n: 1\n"), HasSubstr("The key of a map must be a text"));
}

TEST(Bounds, OfNotes) {
  std::string text = "openapi: 3.0.0\npaths:\n";
  for (std::size_t i = 0; i < kMaxNotes + 5; ++i) text += fmt::format("  bad{}: {{}}\n", i);
  const Document document = read(text);
  ASSERT_EQ(document.notes.size(), kMaxNotes + 1);
  EXPECT_EQ(document.notes.back(), "api.yaml: 5 more notes of this kind");
}

}  // namespace
}  // namespace weir::openapi
