// The checks of the category input-validation, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

#include "openapi/percent.h"
#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::finding;
using test::has;
using test::ids;
using test::path_of;
using test::Reply;
using test::verdict;

std::string header_of(const Request& request, std::string_view name) {
  return std::string(find_header(request.headers, name).value_or(""));
}

// The decoded value of ?q=.
std::string q_of(const Request& request) {
  const std::size_t at = request.target.find("q=");
  if (at == std::string::npos) return {};
  return openapi::percent_decoded(
      std::string_view(request.target).substr(at + 2, request.target.find('&', at) - at - 2));
}

Report scan(test::Api api, const std::string& cookie = "") {
  ApiScan scan("input-validation", std::move(api));
  scan.request().target = "/items?q=books";
  if (!cookie.empty()) scan.request().set_header("Cookie", cookie);
  return scan.run();
}

TEST(InputValidation, FindsNothingInASoundApi) {
  const Report report = scan([](const Request& request) {
    if (path_of(request) != "/items") return Reply{404, R"({"error":"none"})"};
    const std::string q = q_of(request);
    if (q.size() > 100 || q.find_first_of(std::string_view("\0\r\n\xff", 4)) != std::string::npos) {
      return Reply{400, R"({"error":"q"})"};
    }
    return Reply{200, R"({"items":["a","b"]})"};
  });
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_EQ(verdict(report, "type-boundary-500"), CheckVerdict::protected_);
  EXPECT_EQ(verdict(report, "error-differential-injection"), CheckVerdict::protected_);
}

// Lets origins in for which `friendly` says so.
Report cors(const std::function<bool(const std::string&)>& friendly, const char* credentials,
            const std::string& cookie = "sid=a1") {
  return scan(
      [=](const Request& request) {
        Reply reply{200, "{}"};
        const std::string origin = header_of(request, "Origin");
        if (!origin.empty() && friendly(origin)) {
          reply.headers.push_back({"Access-Control-Allow-Origin", origin});
          reply.headers.push_back({"Access-Control-Allow-Credentials", credentials});
        }
        return reply;
      },
      cookie);
}

TEST(CorsReflectWithCredentials, IsFoundWhereAnyOriginIsNamed) {
  const Report report = cors([](const std::string&) { return true; }, "true");
  ASSERT_TRUE(has(report, "cors-reflect-with-credentials")) << ids(report);
  EXPECT_EQ(finding(report, "cors-reflect-with-credentials")->confidence, Confidence::confirmed);
  EXPECT_FALSE(has(report, "cors-null-or-suffix")) << "one flaw, one finding";
}

TEST(CorsReflectWithCredentials, IsFirmWhereBrowsersSendNothingByThemselves) {
  const Report report = cors([](const std::string&) { return true; }, "true", "");
  EXPECT_EQ(finding(report, "cors-reflect-with-credentials")->confidence, Confidence::firm);
}

TEST(CorsReflectWithCredentials, NeedsCredentialsAndAFriendIsNoStranger) {
  EXPECT_FALSE(
      has(cors([](const std::string&) { return true; }, "false"), "cors-reflect-with-credentials"));
  const Report sound =
      cors([](const std::string& o) { return o == "https://app.target.test"; }, "true");
  EXPECT_TRUE(sound.findings.empty()) << ids(sound);
}

TEST(CorsNullOrSuffix, IsFoundWhereOriginsAreComparedInPart) {
  const auto ends = [](const std::string& o) {
    return o.size() > 11 && o.substr(o.size() - 11) == "target.test";
  };
  EXPECT_TRUE(has(cors(ends, "true"), "cors-null-or-suffix"));
  const auto begins = [](const std::string& o) { return o.starts_with("https://target.test"); };
  EXPECT_TRUE(has(cors(begins, "true"), "cors-null-or-suffix"));
  const auto null = [](const std::string& o) { return o == "null"; };
  EXPECT_TRUE(has(cors(null, "true"), "cors-null-or-suffix"));
  const auto subdomain = [](const std::string& o) {
    return o.size() > 12 && o.substr(o.size() - 12) == ".target.test";
  };
  EXPECT_FALSE(has(cors(subdomain, "true"), "cors-null-or-suffix"));
}

TEST(ForwardedHostReflected, IsFoundWhereLinksTakeTheirHostFromIt) {
  const auto linking = [](const char* header, bool echoes) {
    return scan([=](const Request& request) {
      std::string host = header_of(request, header);
      if (host.empty()) host = "target.test";
      std::string body = R"({"next":"http://)" + host + R"(/items?page=2"})";
      if (echoes) body += "//" + header_of(request, "X-Weir-Noise");
      return Reply{200, body};
    });
  };
  EXPECT_TRUE(has(linking("X-Forwarded-Host", false), "forwarded-host-reflected"));
  EXPECT_FALSE(has(linking("X-Nobody-Sends", false), "forwarded-host-reflected"));
  EXPECT_EQ(verdict(linking("X-Forwarded-Host", true), "forwarded-host-reflected"),
            CheckVerdict::not_applicable)
      << "an echo of every header";
}

// A page that repeats ?q=, or the path of an error.
Report page(const char* type, bool escapes, const char* policy, bool in_errors = false) {
  return scan([=](const Request& request) {
    std::string text = in_errors ? openapi::percent_decoded(path_of(request)) : q_of(request);
    if (escapes) text = openapi::percent_encoded(text);
    Reply reply{
        path_of(request) == "/items" ? 200 : 404, "<p>" + text + "</p>", {{"Content-Type", type}}};
    if (*policy != '\0') reply.headers.push_back({"Content-Security-Policy", policy});
    return reply;
  });
}

TEST(ReflectedInputHtml, IsFoundWherePagesRepeatMarkup) {
  EXPECT_TRUE(has(page("text/html; charset=utf-8", false, ""), "reflected-input-html"));
  EXPECT_TRUE(has(page("text/html", false, "", true), "reflected-input-html"));
  EXPECT_TRUE(has(page("text/html", false, "script-src 'unsafe-inline'"), "reflected-input-html"));
  EXPECT_FALSE(has(page("text/html", true, ""), "reflected-input-html"));
  EXPECT_FALSE(has(page("application/json", false, ""), "reflected-input-html"));
  EXPECT_FALSE(has(page("text/html", false, "default-src 'none'"), "reflected-input-html"));
}

TEST(HeaderInjection, IsFoundWhereALineBreakReachesTheHeaders) {
  const auto redirecting = [](bool refuses) {
    return scan([refuses](const Request& request) {
      Reply reply{200, "{}"};
      const std::string q = q_of(request);
      const std::size_t line = q.find("\r\n");
      if (line != std::string::npos && refuses) return Reply{400, "{}"};
      if (line != std::string::npos) {
        const std::string rest = q.substr(line + 2);
        reply.headers.push_back({rest.substr(0, rest.find(':')), "1"});
      }
      return reply;
    });
  };
  EXPECT_TRUE(has(redirecting(false), "header-injection"));
  EXPECT_EQ(verdict(redirecting(true), "header-injection"), CheckVerdict::protected_);
}

// What a statement built as text makes of quotes: an odd number of them breaks it.
Report quoting(const std::function<Reply(const std::string& q, bool odd)>& answer) {
  return scan([answer](const Request& request) {
    const std::string q = q_of(request);
    return answer(q, std::count(q.begin(), q.end(), '\'') % 2 == 1);
  });
}

TEST(ErrorDifferentialInjection, IsFoundWhereOneQuoteBreaksAndTwoDoNot) {
  const Report report = quoting([](const std::string&, bool odd) {
    return Reply{odd ? 500 : 200, odd ? R"({"error":"internal"})" : R"({"items":[]})"};
  });
  ASSERT_TRUE(has(report, "error-differential-injection")) << ids(report);
  EXPECT_EQ(finding(report, "error-differential-injection")->confidence, Confidence::firm);
  const Report shown = quoting([](const std::string&, bool odd) {
    return Reply{200, odd ? "sqlite3.OperationalError: unrecognized token" : "{}"};
  });
  EXPECT_TRUE(has(shown, "error-differential-injection")) << ids(shown);
}

TEST(ErrorDifferentialInjection, IsNotFoundWhereEveryQuoteOrEveryOddValueFails) {
  EXPECT_FALSE(has(quoting([](const std::string& q, bool) {
                     return Reply{q.find('\'') == std::string::npos ? 200 : 500, "{}"};
                   }),
                   "error-differential-injection"))
      << "a filter that trips over any quote";
  EXPECT_FALSE(has(quoting([](const std::string& q, bool) {
                     return Reply{q == "books" ? 200 : 500, "{}"};
                   }),
                   "error-differential-injection"))
      << "an unknown value fails, whatever it is";
  EXPECT_FALSE(has(quoting([](const std::string&, bool odd) {
                     return Reply{odd ? 400 : 200, "{}"};
                   }),
                   "error-differential-injection"))
      << "refused, not broken";
}

TEST(ErrorDifferentialInjection, IsNotFoundWhereFailuresComeByChance) {
  int sent = 0;
  const Report report = scan([&sent](const Request&) {
    return Reply{++sent % 5 == 0 ? 500 : 200, "{}"};
  });
  EXPECT_FALSE(has(report, "error-differential-injection")) << ids(report);
  EXPECT_FALSE(has(report, "type-boundary-500")) << ids(report);
}

TEST(TypeBoundary500, IsFoundWhereANumberIsNotChecked) {
  const auto paging = [](int status) {
    ApiScan scan("input-validation", [status](const Request& request) {
      const std::size_t at = request.target.find("limit=");
      const std::string value = request.target.substr(at + 6);
      const bool number = value.find_first_not_of("0123456789") == std::string::npos;
      return Reply{number ? 200 : status, R"({"items":[]})"};
    });
    scan.request().target = "/items?limit=10";
    return scan.run();
  };
  EXPECT_TRUE(has(paging(500), "type-boundary-500"));
  EXPECT_FALSE(has(paging(422), "type-boundary-500"));
  EXPECT_FALSE(has(paging(503), "type-boundary-500")) << "a proxy's word for something else";
}

TEST(TypeBoundary500, LooksAtBodiesWhereAPostWasAllowed) {
  ApiScan scan("input-validation", [](const Request& request) {
    const std::string body = request.body.value_or("");
    return Reply{body == "[]" ? 500 : body.starts_with("{\"") ? 200 : 400, "{}"};
  });
  scan.request().method = "POST";
  scan.request().body = R"({"name":"a"})";
  scan.plan.allow_writes = true;
  EXPECT_TRUE(has(scan.run(), "type-boundary-500"));
}

TEST(ContentTypeConfusion, IsJsonThatBrowsersReadAsAPage) {
  const auto as = [](const char* type, const char* options) {
    return scan([=](const Request&) {
      return Reply{
          200, R"({"a":"b"})", {{"Content-Type", type}, {"X-Content-Type-Options", options}}};
    });
  };
  EXPECT_TRUE(has(as("text/html; charset=utf-8", ""), "content-type-confusion"));
  EXPECT_FALSE(has(as("text/html", "nosniff"), "content-type-confusion"));
  EXPECT_FALSE(has(as("application/json", ""), "content-type-confusion"));
}

}  // namespace
}  // namespace weir::scan
