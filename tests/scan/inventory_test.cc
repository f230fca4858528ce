// The checks of the category inventory, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::asks_with;
using test::finding;
using test::has;
using test::ids;
using test::path_of;
using test::Reply;
using test::verdict;

constexpr const char* kItems = R"({"items":[{"id":1,"name":"ada"}],"next":null})";

// Serves the paths of `served`, and nothing else.
ApiScan serving(std::map<std::string, Reply> served) {
  return ApiScan("inventory", [served](const Request& request) {
    const auto at = served.find(path_of(request));
    return at == served.end() ? Reply{404, R"({"error":"none"})"} : at->second;
  });
}

TEST(Inventory, FindsNothingInASoundApi) {
  const Report report = serving({{"/items", {200, kItems}}}).run();
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_EQ(verdict(report, "debug-endpoint-exposed"), CheckVerdict::protected_);
}

TEST(Inventory, FindsNothingBehindAPageForEverything) {
  const Report report = ApiScan("inventory", [](const Request& request) {
                          if (path_of(request) == "/items") return Reply{200, kItems};
                          return Reply{200,
                                       "<h1>Shop</h1> # HELP # TYPE SECRET=1 openapi paths",
                                       {{"Content-Type", "text/html"}}};
                        }).run();
  EXPECT_TRUE(report.findings.empty()) << ids(report);
}

TEST(ServerFingerprint, IsAVersionInAHeader) {
  const auto with = [](const char* server) {
    ApiScan scan("inventory", [server](const Request&) {
      return Reply{404, "{}", {{"Server", server}}};
    });
    return has(scan.run(), "server-fingerprint");
  };
  EXPECT_TRUE(with("nginx/1.18.0"));
  EXPECT_FALSE(with("nginx"));
  EXPECT_FALSE(with("cloudflare"));
}

constexpr const char* kDocument = R"(openapi: 3.0.3
info: {title: t, version: "1"}
servers: [{url: /v2}]
paths:
  /items: {get: {deprecated: true, responses: {"200": {description: ok}}}}
  /items/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer, example: 7}}],
    responses: {"200": {description: ok}}}}
)";

ApiScan documented(std::map<std::string, Reply> served, const std::string& target = "/v2/items") {
  ApiScan scan = serving(std::move(served));
  scan.request().target = target;
  scan.declare(kDocument);
  return scan;
}

TEST(DocumentedButGone, IsFoundWhereTheOperationIsNot) {
  EXPECT_TRUE(has(documented({{"/v2/items", {410, "{}"}}}).run(), "documented-but-gone"));
  EXPECT_FALSE(has(documented({{"/v2/items", {200, kItems}}}).run(), "documented-but-gone"));
  EXPECT_EQ(verdict(documented({}, "/v2/items/7").run(), "documented-but-gone"),
            CheckVerdict::not_applicable)
      << "that there is no thing of this id says nothing of the operation";
}

TEST(DeprecatedWithoutSunset, IsFoundWhereItServesWithoutAWord) {
  Reply told{200, kItems};
  told.headers.push_back({"Sunset", "Sat, 31 Dec 2027 23:59:59 GMT"});
  EXPECT_TRUE(has(documented({{"/v2/items", {200, kItems}}}).run(), "deprecated-without-sunset"));
  EXPECT_FALSE(has(documented({{"/v2/items", told}}).run(), "deprecated-without-sunset"));
}

TEST(OldVersionLive, NeedsADocumentOfTheSameKind) {
  const auto with = [](const char* older, bool any_version = false) {
    ApiScan scan("inventory", [=](const Request& request) {
      const std::string path = path_of(request);
      if (path == "/v2/items") return Reply{200, kItems};
      if (path == "/v1/items" || (any_version && path.ends_with("/items"))) {
        return Reply{200, older};
      }
      return Reply{404, "{}"};
    });
    scan.request().target = "/v2/items";
    return scan.run();
  };
  const Report report = with(R"({"items":[{"id":1,"name":"ada","ssn":"x"}]})");
  ASSERT_TRUE(has(report, "old-version-live")) << ids(report);
  EXPECT_FALSE(has(with(R"({"moved":"to v2"})"), "old-version-live"));
  EXPECT_FALSE(has(with(kItems, true), "old-version-live")) << "the number means nothing";
}

TEST(OldVersionLive, IsNoFindingWhereItIsDeclaredOrSaidToEnd) {
  Reply told{200, kItems};
  told.headers.push_back({"Deprecation", "@1735689600"});
  EXPECT_FALSE(has(documented({{"/v2/items", {200, kItems}}, {"/v1/items", told}}).run(),
                   "old-version-live"));
}

TEST(UndocumentedOperation, IsFoundBesideThoseOfTheDocument) {
  const Report report =
      documented({{"/v2/items", {200, kItems}}, {"/v2/export", {200, kItems}}}).run();
  ASSERT_TRUE(has(report, "undocumented-operation")) << ids(report);
  EXPECT_NE(finding(report, "undocumented-operation")->evidence.at(0).claim.find("/v2/export"),
            std::string::npos);
  EXPECT_FALSE(has(documented({{"/v2/items", {200, kItems}}}).run(), "undocumented-operation"));
}

TEST(UndocumentedOperation, IsNoneWhereAnyNameIsServedThere) {
  ApiScan scan("inventory", [](const Request& request) {
    return Reply{request.target.starts_with("/v2/") ? 200 : 404, kItems};
  });
  scan.request().target = "/v2/items";
  scan.declare(kDocument);
  EXPECT_FALSE(has(scan.run(), "undocumented-operation"));
}

TEST(DebugEndpointExposed, NeedsWhatOnlyTheProductSays) {
  const auto with = [](const char* path, const char* body) {
    return serving(
               {{"/items", {200, kItems}}, {path, {200, body, {{"Content-Type", "text/plain"}}}}})
        .run();
  };
  EXPECT_TRUE(
      has(with("/debug/vars", R"({"cmdline":["api"],"memstats":{}})"), "debug-endpoint-exposed"));
  EXPECT_TRUE(has(with("/.env", "SECRET_KEY=abc\nDB=1"), "debug-endpoint-exposed"));
  EXPECT_FALSE(has(with("/debug/vars", R"({"hello":"world"})"), "debug-endpoint-exposed"));
  const Report metrics = with("/metrics", "# HELP up 1 if up\n# TYPE up gauge\nup 1\n");
  EXPECT_TRUE(has(metrics, "metrics-exposed"));
  EXPECT_FALSE(has(metrics, "debug-endpoint-exposed"));
}

TEST(DebugEndpointExposed, MayServeThoseWhoHaveACredential) {
  ApiScan scan("inventory", [](const Request& request) {
    if (!asks_with(request, "X-API-Key", "key-1")) return Reply{401, "{}"};
    return Reply{200, R"({"cmdline":["api"],"memstats":{}})"};
  });
  scan.request().set_header("X-API-Key", "key-1");
  EXPECT_FALSE(has(scan.run(), "debug-endpoint-exposed"));
}

TEST(SpecExposed, IsAMatterOfApisThatWantACredential) {
  const auto with = [](bool key) {
    ApiScan scan = serving({{"/items", {200, kItems}},
                            {"/openapi.json", {200, R"({"openapi":"3.1.0","paths":{"/a":{}}})"}}});
    if (key) scan.request().set_header("X-API-Key", "key-1");
    return scan.run();
  };
  EXPECT_TRUE(has(with(true), "spec-exposed"));
  EXPECT_EQ(verdict(with(false), "spec-exposed"), CheckVerdict::not_applicable);
}

}  // namespace
}  // namespace weir::scan
