// The checks of the categories object-authorization and function-authorization, each on a target
// with the flaw and on one without. Ada is who scans, Bob the other user.
#include <gtest/gtest.h>

#include "scan/surface/jwt.h"
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

constexpr const char* kAda = "key-of-ada-0123";
constexpr const char* kBob = "key-of-bob-0123";

std::string who(const Request& request) {
  if (asks_with(request, "X-API-Key", kAda)) return "ada";
  if (asks_with(request, "X-API-Key", kBob)) return "bob";
  return {};
}

ApiScan two_users(const char* category, const std::string& target, test::Api api) {
  ApiScan scan(category, std::move(api));
  scan.request().target = target;
  scan.request().set_header("X-API-Key", kAda);
  scan.plan.other = {{"X-API-Key", kBob}};
  return scan;
}

// Orders 1000 to 1003: the even ones are Ada's, the odd ones Bob's.
struct Shop {
  bool checks_owner = false;  // of one order
  bool filters_list = true;
  bool shows_owner = true;
  int denial = 404;

  Reply operator()(const Request& request) const {
    const std::string user = who(request);
    if (user.empty()) return {401, "{}"};
    const std::string path = path_of(request);
    if (path == "/orders") {
      std::string body = "[";
      for (int id = 1000; id < 1004; ++id) {
        if (filters_list && owner(id) != user) continue;
        body += (body.size() > 1 ? "," : "") + order(id);
      }
      return {200, body + "]"};
    }
    if (!path.starts_with("/orders/")) return {404, "{}"};
    const int id = std::atoi(path.c_str() + 8);
    if (id < 1000 || id > 1003) return {404, "{}"};
    if (checks_owner && owner(id) != user) return {denial, R"({"error":"no"})"};
    return {200, order(id)};
  }

  static std::string owner(int id) { return id % 2 == 0 ? "ada" : "bob"; }
  std::string order(int id) const {
    return R"({"id":)" + std::to_string(id) +
           (shows_owner ? R"(,"owner":")" + owner(id) + "\"" : "") + R"(,"total":12})";
  }
};

Report of_orders(const Shop& shop, bool with_other = true) {
  ApiScan scan = two_users("object-authorization", "/orders/1000", shop);
  if (!with_other) scan.plan.other.clear();
  return scan.run();
}

TEST(ObjectAuthorization, FindsNothingWhereOwnersAreChecked) {
  const Report report = of_orders({.checks_owner = true});
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  for (const char* id : {"bola-cross-identity-read", "bola-adjacent-id"}) {
    EXPECT_EQ(verdict(report, id), CheckVerdict::protected_) << id;
  }
}

TEST(BolaCrossIdentityRead, IsFoundWhereTheListKnowsBetter) {
  EXPECT_EQ(finding(of_orders({.shows_owner = false}), "bola-cross-identity-read")->confidence,
            Confidence::firm)
      << "nobody says that there is an owner";
  const Report report = of_orders({});
  ASSERT_TRUE(has(report, "bola-cross-identity-read")) << ids(report);
  EXPECT_EQ(finding(report, "bola-cross-identity-read")->confidence, Confidence::confirmed);
  const Evidence& evidence = finding(report, "bola-cross-identity-read")->evidence.at(0);
  EXPECT_EQ(evidence.curl.find(kBob), std::string::npos) << "the other's key stays out of reports";
  EXPECT_NE(evidence.curl.find("$X_API_KEY"), std::string::npos);
  EXPECT_NE(evidence.curl.find("# with the other user's credential"), std::string::npos);
  EXPECT_NE(evidence.claim.find("/orders lists it to its owner"), std::string::npos);
}

TEST(BolaCrossIdentityRead, IsNotClaimedOfWhatIsMeantForBoth) {
  EXPECT_EQ(verdict(of_orders({.filters_list = false}), "bola-cross-identity-read"),
            CheckVerdict::inconclusive)
      << "a list that shows the order to both";
  ApiScan quotes = two_users("object-authorization", "/quotes/17", [](const Request& request) {
    return Reply{who(request).empty()               ? 401
                 : path_of(request) == "/quotes/17" ? 200
                                                    : 404,
                 R"({"id":17,"bid":"1.08"})"};
  });
  EXPECT_EQ(verdict(quotes.run(), "bola-cross-identity-read"), CheckVerdict::inconclusive);
  ApiScan open = two_users("object-authorization", "/orders/1000", [](const Request&) {
    return Reply{200, R"({"id":1000})"};
  });
  EXPECT_EQ(verdict(open.run(), "bola-cross-identity-read"), CheckVerdict::not_applicable);
  EXPECT_EQ(verdict(of_orders({}, false), "bola-cross-identity-read"),
            CheckVerdict::not_applicable);
}

std::string bearer(const std::string& name) {
  return "Bearer " + base64url_encoded(R"({"alg":"HS256"})") + "." +
         base64url_encoded(R"({"sub":")" + name + "\"}") + ".c2lnbmF0dXJlLW9m";
}

ApiScan two_tokens(const std::string& target, test::Api api) {
  ApiScan scan("object-authorization", [api](const Request& request) {
    const std::string token(find_header(request.headers, "Authorization").value_or(""));
    if (token != bearer("ada") && token != bearer("bob")) return Reply{401, "{}"};
    return api(request);
  });
  scan.request().target = target;
  scan.request().set_header("Authorization", bearer("ada"));
  scan.plan.other = {{"Authorization", bearer("bob")}};
  return scan;
}

TEST(BolaCrossIdentityRead, IsFoundWhereTheObjectNamesWhomTheTokenNames) {
  const auto with_owner = [](const char* owner) {
    return two_tokens("/orders/1000",
                      [owner](const Request& request) {
                        if (path_of(request) != "/orders/1000") return Reply{404, "{}"};
                        return Reply{200, std::string(R"({"id":1000,"owner":")") + owner + "\"}"};
                      })
        .run();
  };
  EXPECT_TRUE(has(with_owner("ada"), "bola-cross-identity-read"));
  EXPECT_FALSE(has(with_owner("bob"), "bola-cross-identity-read")) << "it is Bob's own";
  EXPECT_FALSE(has(with_owner("eve"), "bola-cross-identity-read")) << "it is a third one's";
}

TEST(BolaAdjacentId, IsConfirmedByTheListAndFirmWithoutOne) {
  const Report report = of_orders({}, false);
  ASSERT_TRUE(has(report, "bola-adjacent-id")) << ids(report);
  EXPECT_EQ(finding(report, "bola-adjacent-id")->confidence, Confidence::confirmed);
  ApiScan no_list = two_users("object-authorization", "/orders/1000", [](const Request& request) {
    return path_of(request) == "/orders" ? Reply{405, "{}"} : Shop()(request);
  });
  no_list.plan.other.clear();
  const Report firm = no_list.run();
  ASSERT_TRUE(has(firm, "bola-adjacent-id")) << ids(firm);
  EXPECT_EQ(finding(firm, "bola-adjacent-id")->confidence, Confidence::firm);
}

TEST(BolaAdjacentId, IsNotFoundWhereTheListShowsOthersOrNoOwnerIsNamed) {
  EXPECT_EQ(verdict(of_orders({.filters_list = false}, false), "bola-adjacent-id"),
            CheckVerdict::protected_);
  EXPECT_EQ(verdict(of_orders({.shows_owner = false}, false), "bola-adjacent-id"),
            CheckVerdict::inconclusive);
}

TEST(BolaListNotFiltered, NeedsTokensThatNameBothUsers) {
  const auto list = [](const char* body) {
    return two_tokens("/orders", [body](const Request&) { return Reply{200, body}; }).run();
  };
  EXPECT_TRUE(
      has(list(R"([{"id":1,"owner":"ada"},{"id":2,"owner":"bob"}])"), "bola-list-not-filtered"));
  EXPECT_FALSE(has(list(R"([{"id":1,"owner":"eve"},{"id":2,"owner":"mallory"}])"),
                   "bola-list-not-filtered"));
  ApiScan keys = two_users("object-authorization", "/orders", Shop{.filters_list = false});
  EXPECT_EQ(verdict(keys.run(), "bola-list-not-filtered"), CheckVerdict::inconclusive);
}

TEST(BolaExistenceOracle, IsFoundWhereDenialsDiffer) {
  EXPECT_TRUE(has(of_orders({.checks_owner = true, .denial = 403}), "bola-existence-oracle"));
  EXPECT_FALSE(has(of_orders({.checks_owner = true, .denial = 404}), "bola-existence-oracle"));
}

TEST(BolaPredictableIds, AreThoseOfAListThatCountUp) {
  const auto list = [](int step) {
    std::string body = "[";
    for (int i = 0; i < 12; ++i) {
      body += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(500 + i * step) + "}");
    }
    ApiScan scan = two_users("object-authorization", "/orders", [body](const Request& request) {
      return Reply{who(request).empty() ? 401 : 200, body + "]"};
    });
    return scan.run();
  };
  EXPECT_TRUE(has(list(1), "bola-predictable-ids"));
  EXPECT_EQ(verdict(list(7919), "bola-predictable-ids"), CheckVerdict::protected_);
}

constexpr const char* kReport = R"({"users":128,"revenue":"9000"})";

// Only Ada is an operator; `lets_in` says what Bob is let through with.
Report of_reports(const std::function<bool(const Request&)>& lets_in,
                  const std::string& path = "/admin/report") {
  ApiScan scan = two_users("function-authorization", path, [=](const Request& request) {
    const std::string user = who(request);
    const bool there = path_of(request) == path;
    if (user.empty()) return Reply{401, "{}"};
    if ((user == "ada" && there) || (user == "bob" && lets_in(request))) {
      return Reply{200,
                   kReport,
                   {{"Content-Type", "application/json"},
                    {"Content-Length", std::to_string(std::string(kReport).size())}}};
    }
    return Reply{there ? 403 : 404, R"({"error":"no"})"};
  });
  return scan.run();
}

TEST(FunctionAuthorization, FindsNothingWhereRolesAreChecked) {
  const Report report = of_reports([](const Request&) { return false; });
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  for (const CheckResult& check : report.checks) {
    EXPECT_EQ(check.verdict, CheckVerdict::protected_) << check.id << ": " << check.detail;
  }
}

TEST(BflaAdminReadAsUser, IsAMatterOfPathsForOperators) {
  const auto all = [](const std::string& path) {
    return of_reports([path](const Request& r) { return path_of(r) == path; }, path);
  };
  EXPECT_TRUE(has(all("/admin/report"), "bfla-admin-read-as-user"));
  EXPECT_TRUE(has(all("/v1/internal/report"), "bfla-admin-read-as-user"));
  EXPECT_EQ(verdict(all("/report"), "bfla-admin-read-as-user"), CheckVerdict::not_applicable);
  EXPECT_EQ(verdict(all("/administrated"), "bfla-admin-read-as-user"),
            CheckVerdict::not_applicable);
}

TEST(BflaPathBypass, IsFoundWhereTheRuleComparesText) {
  const Report report = of_reports([](const Request& r) { return path_of(r) == "//admin/report"; });
  ASSERT_TRUE(has(report, "bfla-path-bypass")) << ids(report);
  EXPECT_EQ(finding(report, "bfla-path-bypass")->evidence.at(0).curl.find(kBob), std::string::npos);
}

TEST(BflaMethodBypass, IsFoundByTheLengthOfTheDocument) {
  EXPECT_TRUE(has(of_reports([](const Request& r) {
                    return r.method == "HEAD" && path_of(r) == "/admin/report";
                  }),
                  "bfla-method-bypass"));
}

// What a claim does for one who is denied, or is shown little.
Report claiming(const std::function<bool(const Request&)>& believes, int otherwise) {
  ApiScan scan("function-authorization", [=](const Request& request) {
    if (believes(request)) return Reply{200, R"({"id":1,"salaries":[1]})"};
    return Reply{otherwise, R"({"id":1})"};
  });
  return scan.run();
}

TEST(BflaRoleParameter, IsFoundInQueryAndHeader) {
  const auto query = [](const Request& r) {
    return r.target.find("role=admin") != std::string::npos;
  };
  const auto header = [](const Request& r) { return asks_with(r, "X-User-Role", "admin"); };
  EXPECT_TRUE(has(claiming(query, 403), "bfla-role-parameter"));
  EXPECT_TRUE(has(claiming(query, 200), "bfla-role-parameter"));
  EXPECT_TRUE(has(claiming(header, 403), "bfla-role-parameter"));
}

TEST(BflaRoleParameter, IsNotFoundWhereRoleSelectsEntriesOfAList) {
  ApiScan scan("function-authorization", [](const Request& request) {
    const bool admins = request.target.find("role=admin") != std::string::npos;
    return Reply{200, admins ? R"({"users":[{"id":1,"permissions":["all"]}]})"
                             : R"({"users":[{"id":2},{"id":3}]})"};
  });
  EXPECT_EQ(verdict(scan.run(), "bfla-role-parameter"), CheckVerdict::protected_);
}

TEST(BflaRoleParameter, IsNotFoundWhereAnyNoiseDoesTheSame) {
  const auto any = [](const Request& r) { return r.target.find('?') != std::string::npos; };
  EXPECT_EQ(verdict(claiming(any, 200), "bfla-role-parameter"), CheckVerdict::inconclusive);
  EXPECT_EQ(verdict(claiming([](const Request&) { return false; }, 200), "bfla-role-parameter"),
            CheckVerdict::protected_);
}

}  // namespace
}  // namespace weir::scan
