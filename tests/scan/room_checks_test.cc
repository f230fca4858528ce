// Checks that read what the rounds have found, or that need requests that are served: each on a
// target that has the flaw and on one that has not, over several seeds.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "scan/experiment/identity.h"
#include "tests/scan/virtual_target.h"

namespace weir::scan {
namespace {

namespace json = boost::json;
using namespace candidates;
using test::Behaviour;
using test::counting;
using test::has;
using test::ids;
using test::verdict_of;
using test::VirtualClock;
using test::VirtualScan;

constexpr int kN = 6;
constexpr double kW = 10.0;
constexpr std::uint64_t kSeeds = 5;

Behaviour limited() {
  return {.limiter = counting(FixedFirstHit(kN, kW))};
}

std::string why(const Report& report, std::string_view id) {
  for (const CheckResult& check : report.checks) {
    if (check.id == id) return check.detail;
  }
  return "";
}

// -- unbounded-page-size

// A list of 5,000 entries, 20 a page unless `limit` says otherwise; `bound` makes of it what comes.
VirtualScan listing(const std::function<int(int)>& bound, std::uint64_t seed,
                    bool sources = false) {
  Behaviour list = limited();
  list.addresses_count_apart = sources;
  list.finish = [bound](const Request& request, Response& response) {
    int asked = 20;
    const std::size_t at = request.target.find("limit=");
    if (at != std::string::npos) asked = std::atoi(request.target.c_str() + at + 6);
    json::array items;
    for (int i = 0; i < std::min(bound(asked), 5000); ++i) items.push_back(json::object{{"id", i}});
    response.body = json::serialize(json::object{{"items", items}, {"total", 5000}});
  };
  VirtualScan scan(list, seed);
  scan.plan.loopback = sources;
  return scan;
}

TEST(UnboundedPageSize, IsFoundWhereAsManyComeAsAreAskedFor) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const bool sources : {false, true}) {
      const Report report = listing([](int asked) { return asked; }, seed, sources).run().report;
      EXPECT_TRUE(has(report, "unbounded-page-size"))
          << "seed " << seed << ": " << why(report, "unbounded-page-size");
    }
  }
}

TEST(UnboundedPageSize, IsFoundWhereANegativeSizeBringsAll) {
  const Report report =
      listing([](int asked) { return asked < 0 ? 5000 : std::min(asked, 50); }, 1).run().report;
  EXPECT_TRUE(has(report, "unbounded-page-size")) << why(report, "unbounded-page-size");
}

TEST(UnboundedPageSize, IsFoundWhereTheDeclaredMaximumIsNotKept) {
  VirtualScan scan = listing([](int asked) { return std::min(asked, 200); }, 1);
  openapi::Operation declared;
  openapi::Parameter limit;
  limit.name = "limit";
  limit.in = "query";
  limit.maximum = 100;
  declared.parameters.push_back(limit);
  declared.has_429 = true;
  declared.responses = {"200", "429"};
  scan.plan.operations[0].declared = std::make_shared<const openapi::Operation>(declared);
  EXPECT_TRUE(has(scan.run().report, "unbounded-page-size"));
}

TEST(UnboundedPageSize, IsProtectedByAMaximum) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const int most : {100, 500}) {
      const Report report =
          listing([most](int asked) { return std::clamp(asked, 1, most); }, seed).run().report;
      EXPECT_EQ(verdict_of(report, "unbounded-page-size"), CheckVerdict::protected_)
          << most << ": " << why(report, "unbounded-page-size");
    }
  }
}

TEST(UnboundedPageSize, DoesNotApplyWhereNoParameterSetsIt) {
  const Report report = listing([](int) { return 20; }, 1).run().report;
  EXPECT_EQ(verdict_of(report, "unbounded-page-size"), CheckVerdict::not_applicable);
}

// -- batch-amplification

TEST(BatchAmplification, IsFoundWhereAnArrayCountsAsOne) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour naive = limited();
    naive.finish = [](const Request& request, Response& response) {
      json::error_code error;
      const json::value body = json::parse(request.body.value_or(""), error);
      if (error || !body.is_array()) return;
      json::array answers;
      for (std::size_t i = 0; i < body.get_array().size(); ++i) {
        answers.push_back(json::object{{"quote", "EURUSD"}, {"bid", 1.08}});
      }
      response.body = json::serialize(answers);
    };
    VirtualScan scan(naive, seed);
    scan.plan.operations[0].request.method = "POST";
    scan.plan.operations[0].request.body = R"({"pair":"EURUSD"})";
    const Report report = scan.run().report;
    ASSERT_TRUE(has(report, "batch-amplification")) << why(report, "batch-amplification");
    for (const Finding& finding : report.findings) {
      if (finding.id != "batch-amplification") continue;
      EXPECT_GT(finding.evidence.at(0).admitted, 2 * kN);
      EXPECT_EQ(finding.evidence.at(0).allowed, kN);
    }
  }
}

TEST(BatchAmplification, IsFoundInGraphqlAliases) {
  Behaviour graph = limited();
  graph.finish = [](const Request& request, Response& response) {
    const std::string body = request.body.value_or("");
    json::object data;
    for (int i = 0; body.find(" a" + std::to_string(i) + ": ") != std::string::npos; ++i) {
      data["a" + std::to_string(i)] = json::object{{"bid", 1}};
    }
    if (data.empty()) data["quote"] = json::object{{"bid", 1}};
    response.body = json::serialize(json::object{{"data", data}});
  };
  VirtualScan scan(graph);
  scan.plan.operations[0].request.method = "POST";
  scan.plan.operations[0].request.body = R"({"query":"{ quote(pair: \"EURUSD\") { bid } }"})";
  const Report report = scan.run().report;
  EXPECT_TRUE(has(report, "batch-amplification")) << why(report, "batch-amplification");
}

TEST(BatchAmplification, IsProtectedWhereArraysAreNotUnderstood) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    VirtualScan scan(limited(), seed);
    scan.plan.operations[0].request.method = "POST";
    scan.plan.operations[0].request.body = R"({"pair":"EURUSD"})";
    const Report report = scan.run().report;
    EXPECT_EQ(verdict_of(report, "batch-amplification"), CheckVerdict::protected_)
        << why(report, "batch-amplification");
  }
}

TEST(BatchAmplification, IsNotFoundWhereEachOperationIsCharged) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour charging;
    VirtualClock* clock = nullptr;
    FixedFirstHit engine(kN, kW);
    charging.limiter = [] { return test::Admit([](double) { return true; }); };
    charging.finish = [&](const Request& request, Response& response) {
      json::error_code error;
      const json::value body = json::parse(request.body.value_or(""), error);
      const std::size_t size = !error && body.is_array() ? body.get_array().size() : 1;
      bool passes = true;
      for (std::size_t i = 0; i < size; ++i) passes = admit(engine, clock->seconds()) && passes;
      if (!passes) {
        response.status = 429;
        response.body = R"({"error":"too many requests"})";
      } else if (size > 1) {
        json::array answers(size, json::object{{"quote", "EURUSD"}, {"bid", 1.08}});
        response.body = json::serialize(answers);
      }
    };
    VirtualScan scan(charging, seed);
    clock = &scan.clock;
    scan.plan.operations[0].request.method = "POST";
    scan.plan.operations[0].request.body = R"({"pair":"EURUSD"})";
    const Report report = scan.run().report;
    EXPECT_FALSE(has(report, "batch-amplification")) << why(report, "batch-amplification");
  }
}

// -- sensitive-flow-unlimited and victim-lockout

// `exempt` says which attempts are not counted.
VirtualScan sign_in(Behaviour behaviour, std::uint64_t seed) {
  behaviour.finish = [](const Request& request, Response& response) {
    if (request.body.value_or("").find("correct horse") != std::string::npos) return;
    response.status = 401;
    response.body = R"({"error":"wrong email or password"})";
  };
  VirtualScan scan(std::move(behaviour), seed);
  Request& request = scan.plan.operations[0].request;
  request.method = "POST";
  request.set_header("Content-Type", "application/json");
  request.body = R"({"email":"ada@example.com","password":"correct horse"})";
  return scan;
}

std::string account(const Request& request) {
  const std::string body = request.body.value_or("");
  const std::size_t at = body.find("\"email\":\"");
  return at == std::string::npos ? "" : body.substr(at, body.find('"', at + 9) - at);
}

TEST(SensitiveFlow, IsUnlimitedWhereNothingStopsGuesses) {
  const Report report = sign_in({}, 1).run().report;
  EXPECT_TRUE(has(report, "sensitive-flow-unlimited")) << why(report, "sensitive-flow-unlimited");
}

TEST(SensitiveFlow, IsUnlimitedWhereFailuresAreNotCounted) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour lenient = limited();
    lenient.exempt = [](const Request& r) {
      return r.body.value_or("").find("correct horse") == std::string::npos;
    };
    const Report report = sign_in(lenient, seed).run().report;
    EXPECT_TRUE(has(report, "sensitive-flow-unlimited"))
        << "seed " << seed << ": " << why(report, "sensitive-flow-unlimited");
  }
}

TEST(SensitiveFlow, IsProtectedWhereFailuresAreCounted) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Report report = sign_in(limited(), seed).run().report;
    EXPECT_EQ(verdict_of(report, "sensitive-flow-unlimited"), CheckVerdict::protected_)
        << why(report, "sensitive-flow-unlimited");
  }
}

TEST(SensitiveFlow, IsProtectedWhereOnlyFailuresAreLimited) {
  // The right password passes for ever; the eighth wrong one is refused.
  Behaviour failures = limited();
  failures.exempt = [](const Request& r) {
    return r.body.value_or("").find("correct horse") != std::string::npos;
  };
  const Report report = sign_in(failures, 1).run().report;
  EXPECT_FALSE(has(report, "sensitive-flow-unlimited"));
}

TEST(SensitiveFlow, IsFoundAtAnUnlimitedReset) {
  VirtualScan scan({});
  Request& request = scan.plan.operations[0].request;
  request.method = "POST";
  request.target = "/password/forgot";
  request.body = R"({"email":"ada@example.com"})";
  scan.target.behaviour().status = [](const Request&) { return 200; };
  EXPECT_TRUE(has(scan.run().report, "sensitive-flow-unlimited"));
}

TEST(SensitiveFlow, DoesNotApplyToOthers) {
  EXPECT_EQ(verdict_of(VirtualScan({}).run().report, "sensitive-flow-unlimited"),
            CheckVerdict::not_applicable);
}

TEST(VictimLockout, IsFoundWhereWrongPasswordsUseUpTheAccount) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const bool loopback : {false, true}) {
      Behaviour per_account = limited();
      per_account.key = account;
      VirtualScan scan = sign_in(per_account, seed);
      scan.plan.loopback = loopback;
      const Report report = scan.run().report;
      EXPECT_TRUE(has(report, "victim-lockout"))
          << "seed " << seed << ": " << why(report, "victim-lockout");
    }
  }
}

TEST(VictimLockout, IsProtectedWhereTheAttackersAddressPays) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour per_pair = limited();
    per_pair.key = account;
    per_pair.addresses_count_apart = true;
    VirtualScan scan = sign_in(per_pair, seed);
    scan.plan.loopback = true;
    const Report report = scan.run().report;
    EXPECT_EQ(verdict_of(report, "victim-lockout"), CheckVerdict::protected_)
        << why(report, "victim-lockout");
  }
}

TEST(VictimLockout, IsFoundWhereAForwardedAddressIsCharged) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour trusting = limited();
    trusting.key = [](const Request& request) {
      const auto forwarded = find_header(request.headers, "X-Forwarded-For");
      return forwarded ? std::string(*forwarded) : request.source_address.value_or("127.0.0.1");
    };
    VirtualScan scan(trusting, seed);
    scan.plan.loopback = true;
    const Report report = scan.run().report;
    EXPECT_TRUE(has(report, "victim-lockout")) << why(report, "victim-lockout");
  }
}

TEST(VictimLockout, IsFoundWhereANameWithoutAProofIsCharged) {
  Behaviour by_name = limited();
  by_name.key = [](const Request& request) {
    const auto name = find_header(request.headers, "X-User-Id");
    return name ? std::string(*name) : request.source_address.value_or("127.0.0.1");
  };
  VirtualScan scan(by_name);
  scan.plan.loopback = true;
  scan.plan.operations[0].request.set_header("X-User-Id", "4711");
  const Report report = scan.run().report;
  EXPECT_TRUE(has(report, "victim-lockout")) << ids(report) << why(report, "victim-lockout");
}

// -- headers-dishonest

// States what is left after `said` has had a look at it.
Report stating(const std::function<int(int)>& said, std::uint64_t seed,
               std::optional<int> limit = std::nullopt) {
  Behaviour states = limited();
  VirtualClock* clock = nullptr;
  double ends_s = 0;
  int used = 0;
  states.finish = [&](const Request&, Response& response) {
    if (clock->seconds() >= ends_s) {
      ends_s = clock->seconds() + kW;
      used = 0;
    }
    ++used;
    response.headers.push_back({"X-RateLimit-Limit", std::to_string(limit.value_or(kN))});
    response.headers.push_back({"X-RateLimit-Remaining", std::to_string(said(kN - used))});
  };
  VirtualScan scan(states, seed);
  clock = &scan.clock;
  return scan.run().report;
}

TEST(HeadersDishonest, IsFoundWhereMoreIsStatedThanIsLeft) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(has(stating([](int left) { return left + 2; }, seed), "headers-dishonest"));
  }
}

TEST(HeadersDishonest, IsFoundWhereNothingIsLeftAndMorePass) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(has(stating([](int) { return 0; }, seed), "headers-dishonest"));
  }
}

TEST(HeadersDishonest, IsFoundWhereAnotherLimitIsStated) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(has(stating([](int left) { return left; }, seed, 100), "headers-dishonest"));
  }
}

TEST(HeadersDishonest, IsNotFoundWhereHeadersTellTheTruth) {
  for (std::uint64_t seed = 1; seed <= 4 * kSeeds; ++seed) {
    const Report report = stating([](int left) { return left; }, seed);
    EXPECT_EQ(verdict_of(report, "headers-dishonest"), CheckVerdict::protected_)
        << "seed " << seed << ": " << why(report, "headers-dishonest");
  }
}

// -- declared-not-enforced

Report declared(std::vector<std::string> responses, bool limit) {
  VirtualScan scan(limit ? limited() : Behaviour{});
  openapi::Operation operation;
  operation.has_429 = std::find(responses.begin(), responses.end(), "429") != responses.end();
  operation.responses = std::move(responses);
  scan.plan.operations[0].declared = std::make_shared<const openapi::Operation>(operation);
  return scan.run().report;
}

TEST(DeclaredNotEnforced, ComparesTheDocumentWithWhatWasSeen) {
  const char* id = "declared-not-enforced";
  EXPECT_TRUE(has(declared({"200", "429"}, false), id));
  EXPECT_TRUE(has(declared({"200"}, true), id));
  EXPECT_EQ(verdict_of(declared({"200", "429"}, true), id), CheckVerdict::protected_);
  EXPECT_EQ(verdict_of(declared({"200", "4XX"}, true), id), CheckVerdict::protected_);
  EXPECT_EQ(verdict_of(declared({"200"}, false), id), CheckVerdict::not_applicable);
  EXPECT_EQ(verdict_of(VirtualScan(limited()).run().report, id), CheckVerdict::not_applicable);
}

// -- refusals-cost

Report taking(double served_s, double refused_s, double nothing_s, std::uint64_t seed) {
  Behaviour slow = limited();
  slow.takes_s = [=](const Response& response) {
    return response.status == 200 ? served_s : response.status == 429 ? refused_s : nothing_s;
  };
  return VirtualScan(slow, seed).run().report;
}

TEST(RefusalsCost, IsFoundWhereRefusalsAreAsSlowAsAnswers) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(has(taking(0.05, 0.05, 0.0, seed), "refusals-cost"));
  }
}

TEST(RefusalsCost, IsProtectedWhereRefusalsAreQuick) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_EQ(verdict_of(taking(0.05, 0.001, 0.0, seed), "refusals-cost"),
              CheckVerdict::protected_);
  }
}

TEST(RefusalsCost, DoesNotApplyWhereNoWorkIsVisible) {
  EXPECT_EQ(verdict_of(taking(0.002, 0.002, 0.0, 1), "refusals-cost"),
            CheckVerdict::not_applicable);
  // All answers are late alike: that is the way there, not the work.
  EXPECT_EQ(verdict_of(taking(0.05, 0.05, 0.05, 1), "refusals-cost"), CheckVerdict::not_applicable);
}

// -- protocol-variant

TEST(ProtocolVariant, IsFoundWhereAnOlderVersionIsNotCounted) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Behaviour modern = limited();
    modern.exempt = [](const Request& r) { return r.version == "HTTP/1.0"; };
    EXPECT_TRUE(has(VirtualScan(modern, seed).run().report, "protocol-variant"));
    EXPECT_EQ(verdict_of(VirtualScan(limited(), seed).run().report, "protocol-variant"),
              CheckVerdict::protected_);
  }
}

TEST(WrongPassword, ReplacesThePasswordAndNothingElse) {
  Behaviour any;
  VirtualClock clock;
  test::VirtualTarget target(clock, any, 1);
  Prober prober(target, clock, [](Time, std::string_view) { return true; }, {});
  Rng rng(1);
  Bench bench(prober, Request{}, Target{}, rng);
  Request request;
  request.method = "POST";
  request.body = R"({"email":"ada@example.com","password":"correct horse"})";
  const Request changed = with_wrong_password(request, bench);
  EXPECT_NE(changed.body->find("ada@example.com"), std::string::npos);
  EXPECT_EQ(changed.body->find("correct horse"), std::string::npos);
  request.set_header("Content-Type", "application/x-www-form-urlencoded");
  request.body = "email=ada&password=secret1";
  EXPECT_EQ(with_wrong_password(request, bench).body->find("secret1"), std::string::npos);
}

}  // namespace
}  // namespace weir::scan
