// The checks of the category ssrf, each on a target with the flaw and on one without.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "net/http_client.h"
#include "openapi/percent.h"
#include "scan/probe/callback.h"
#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

using test::ApiScan;
using test::finding;
using test::has;
using test::ids;
using test::Reply;
using test::verdict;

constexpr const char* kKey = "key-0123456789";

// How a target fetches for its callers.
struct Fetcher {
  bool fetches = true;
  bool follows = false;
  bool shows = false;
  bool forwards = false;
  bool any_parameter = false;  // not the operation, but something that follows every URL
};

std::string parameter(const Request& request, const std::string& name) {
  const std::size_t at = request.target.find(name + "=");
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 1;
  return openapi::percent_decoded(
      std::string_view(request.target).substr(start, request.target.find('&', start) - start));
}

struct SsrfScan {
  explicit SsrfScan(const Fetcher& how, bool internal = true)
      : callback("http://127.0.0.1:9", {kKey}, internal),
        scan("ssrf", [this, how](const Request& request) {
          std::string url = parameter(request, "url");
          if (how.any_parameter) fetch(parameter(request, "weirx"), how);
          if (request.body) {
            url = boost::json::parse(*request.body).at("callback").as_string().c_str();
          }
          const std::string seen = how.fetches ? fetch(url, how) : "";
          return Reply{200, how.shows ? seen : R"({"ok":true})"};
        }) {
    scan.request().target = "/preview?url=https%3A%2F%2Fexample.com&lang=en";
    scan.request().set_header("X-API-Key", kKey);
    scan.plan.callback = &callback;
  }

  std::string fetch(const std::string& url, const Fetcher& how) {
    const std::string prefix = "http://127.0.0.1:9";
    if (!url.starts_with(prefix)) return {};
    const std::string target = url.substr(prefix.size());
    net::ServerRequest request;
    request.method = "GET";
    request.target = target;
    request.fields.emplace_back("User-Agent", "python-requests/2.31");
    if (how.forwards) request.fields.emplace_back("X-API-Key", kKey);
    const net::ServerResponse response = callback.answer(request);
    if (response.status == 302 && how.follows) return fetch(response.fields.at(0).second, how);
    return response.body;
  }

  Callback callback;
  ApiScan scan;
};

Report of(const Fetcher& how) {
  return SsrfScan(how).scan.run();
}

TEST(Ssrf, FindsNothingWhereNothingIsFetched) {
  const Report report = of({.fetches = false});
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_EQ(verdict(report, "ssrf-callback-confirmed"), CheckVerdict::protected_);
  EXPECT_EQ(verdict(report, "ssrf-response-readable"), CheckVerdict::not_applicable);
}

TEST(SsrfCallbackConfirmed, IsARequestThatArrives) {
  const Report report = of({});
  EXPECT_EQ(ids(report), "ssrf-callback-confirmed ");
  EXPECT_EQ(finding(report, "ssrf-callback-confirmed")->confidence, Confidence::confirmed);
  EXPECT_NE(
      finding(report, "ssrf-callback-confirmed")->evidence.at(0).claim.find("python-requests"),
      std::string::npos);
  EXPECT_EQ(verdict(report, "ssrf-redirect-followed"), CheckVerdict::protected_);
  EXPECT_EQ(verdict(report, "ssrf-credentials-forwarded"), CheckVerdict::protected_);
}

TEST(SsrfCallbackConfirmed, IsFirmWhereTheListenerIsNoInternalAddress) {
  const Report report = SsrfScan({}, false).scan.run();
  EXPECT_EQ(finding(report, "ssrf-callback-confirmed")->confidence, Confidence::firm);
}

TEST(SsrfCallbackConfirmed, IsNotTheOperationsWhereEveryUrlIsFetched) {
  EXPECT_EQ(verdict(of({.any_parameter = true}), "ssrf-callback-confirmed"),
            CheckVerdict::inconclusive);
}

TEST(SsrfCallbackConfirmed, NeedsAListener) {
  SsrfScan without({});
  without.scan.plan.callback = nullptr;
  EXPECT_EQ(verdict(without.scan.run(), "ssrf-callback-confirmed"), CheckVerdict::not_applicable);
}

TEST(SsrfCallbackConfirmed, LooksAtBodiesWhereAPostWasAllowed) {
  SsrfScan posting({});
  posting.scan.request().method = "POST";
  posting.scan.request().target = "/hooks";
  posting.scan.request().body = R"({"callback":"https://example.com/hook"})";
  EXPECT_TRUE(posting.scan.run().findings.empty()) << "not unasked";
  posting.scan.plan.allow_writes = true;
  EXPECT_TRUE(has(posting.scan.run(), "ssrf-callback-confirmed"));
}

TEST(SsrfResponseReadable, NeedsTheTextOfTheListener) {
  EXPECT_TRUE(has(of({.shows = true}), "ssrf-response-readable"));
  EXPECT_FALSE(has(of({.shows = false}), "ssrf-response-readable"));
}

TEST(SsrfRedirectFollowed, NeedsTheSecondRequest) {
  EXPECT_TRUE(has(of({.follows = true}), "ssrf-redirect-followed"));
}

TEST(SsrfCredentialsForwarded, IsComparedByTheListener) {
  const Report report = of({.forwards = true});
  ASSERT_TRUE(has(report, "ssrf-credentials-forwarded")) << ids(report);
  for (const Evidence& evidence : finding(report, "ssrf-credentials-forwarded")->evidence) {
    EXPECT_EQ((evidence.claim + evidence.curl).find(kKey), std::string::npos);
  }
}

TEST(OpenRedirect, IsALocationOnTheMadeUpHost) {
  const auto sending = [](const std::function<std::string(const std::string&)>& location) {
    ApiScan scan("ssrf", [location](const Request& request) {
      const std::string to = location(parameter(request, "next"));
      if (to.empty()) return Reply{200, "{}"};
      return Reply{302, "", {{"Location", to}}};
    });
    scan.request().target = "/login?next=%2Fhome";
    return scan.run();
  };
  const auto anywhere = [](const std::string& to) {
    return to.find("example") == std::string::npos ? std::string() : to;
  };
  const auto no_scheme = [](const std::string& to) {
    return to.starts_with("//") ? to : std::string();
  };
  const auto own = [](const std::string& to) { return "https://target.test/?to=" + to; };
  EXPECT_TRUE(has(sending(anywhere), "open-redirect"));
  EXPECT_TRUE(has(sending(no_scheme), "open-redirect"));
  EXPECT_EQ(verdict(sending(own), "open-redirect"), CheckVerdict::protected_);
}

TEST(HttpCallback, KeepsVisitsAndRedirectsToItself) {
  auto listening = HttpCallback::listen(*net::ListenAddress::parse("127.0.0.1:0"), {kKey});
  ASSERT_TRUE(listening) << listening.error().to_string();
  Callback& callback = (*listening)->callback();
  EXPECT_TRUE(callback.is_internal());
  net::HttpClient client;
  const auto get = [&](const std::string& text, std::vector<net::Header> headers = {}) {
    const auto url = net::Url::parse(text);
    net::HttpRequest request;
    request.target = url->target;
    request.headers = headers;
    return client.call(url->endpoint(), request, std::chrono::seconds(10));
  };
  const auto plain = get(callback.url_of("abc1"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body, Callback::content_of("abc1"));
  const auto redirect = get(callback.redirect_of("abc2", "abc3"), {{"X-API-Key", kKey}});
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->status, 302);
  ASSERT_EQ(callback.visits("abc2").size(), 1U);
  EXPECT_TRUE(callback.visits("abc2")[0].carried_secret);
  EXPECT_FALSE(callback.visits("abc1")[0].carried_secret);
  EXPECT_TRUE(callback.visits("abc3").empty());
  for (const char* other : {"", "ABC", "%2e%2e", "a%20b"}) {
    const auto answer = get(callback.url_of(other));
    ASSERT_TRUE(answer) << other;
    EXPECT_EQ(answer->status, 404) << other;
  }
}

TEST(Callback, KeepsTheNewestVisitsOnly) {
  Callback callback("http://127.0.0.1:9", {}, true);
  for (std::size_t i = 0; i <= kMaxVisits; ++i) {
    const std::string target = "/weir/t" + std::to_string(i);
    net::ServerRequest request;
    request.method = "GET";
    request.target = target;
    callback.answer(request);
  }
  EXPECT_TRUE(callback.visits("t0").empty());
  EXPECT_EQ(callback.visits("t" + std::to_string(kMaxVisits)).size(), 1U);
}

}  // namespace
}  // namespace weir::scan
