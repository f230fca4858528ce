// Whole scans of limiters whose truth is known, in virtual time.
#include "scan/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "tests/scan/virtual_target.h"

namespace weir::scan {
namespace {

using namespace candidates;
using test::Admit;
using test::Behaviour;
using test::counting;
using test::has;
using test::ids;
using test::VirtualClock;
using test::VirtualScan;

constexpr int kN = 6;
constexpr double kW = 10.0;

Report scan(Behaviour behaviour, std::uint64_t seed = 1) {
  return VirtualScan(std::move(behaviour), seed).run().report;
}

std::string told(const char* text) {
  return text;
}

TEST(Scan, FindsNoLimitWhereThereIsNone) {
  const Report report = scan({});
  EXPECT_TRUE(has(report, "no-limit"));
  EXPECT_EQ(report.findings.size(), 1U) << ids(report);
  EXPECT_EQ(report.limits.at(0).kind, LimitKind::none);
}

TEST(Scan, FindsNothingInAnExactSlidingLog) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Behaviour sound{.limiter = counting(SlidingLog(kN, kW))};
    sound.retry_after = [](double) { return told("10"); };
    const Report report = scan(sound, seed);
    EXPECT_TRUE(report.findings.empty()) << "seed " << seed << ": " << ids(report);
    EXPECT_EQ(report.limits.at(0).kind, LimitKind::sliding_window) << "seed " << seed;
    EXPECT_EQ(report.limits.at(0).n, kN);
    EXPECT_NEAR(report.limits.at(0).window_s.value_or(0), kW, 0.5) << "seed " << seed;
    EXPECT_EQ(report.grade, 'A');
  }
}

TEST(Scan, FindsNoBurstInALogThatCountsRefusedRequestsToo) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Behaviour sound{.limiter = counting(SlidingLog(kN, kW, Refused::counted))};
    const Report report = scan(sound, seed);
    EXPECT_FALSE(has(report, "boundary-burst")) << "seed " << seed;
    EXPECT_FALSE(has(report, "concurrent-overrun")) << "seed " << seed;
  }
}

TEST(Scan, FindsTheBurstAcrossTheEdgeOfEveryKindThatForgets) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_TRUE(has(scan({.limiter = counting(FixedFirstHit(kN, kW))}, seed), "boundary-burst"))
        << "first hit, seed " << seed;
    EXPECT_TRUE(has(scan({.limiter = counting(FixedClock(kN, kW, 0))}, seed), "boundary-burst"))
        << "clock, seed " << seed;
    EXPECT_TRUE(has(scan({.limiter = counting(TokenBucket(kN, kW))}, seed), "boundary-burst"))
        << "bucket, seed " << seed;
    EXPECT_TRUE(has(scan({.limiter = counting(SlidingCounter(kN, kW, 0))}, seed), "boundary-burst"))
        << "counter, seed " << seed;
  }
}

TEST(Scan, NamesTheKindAndItsWindow) {
  int first_hit = 0, clock = 0, bucket = 0, counter = 0;
  const int trials = 10;
  for (std::uint64_t seed = 1; seed <= trials; ++seed) {
    const auto kind = [&](Behaviour behaviour) {
      const Report report = scan(std::move(behaviour), seed);
      EXPECT_NEAR(report.limits.at(0).window_s.value_or(0), kW, 1.0) << "seed " << seed;
      return report.limits.at(0).kind;
    };
    first_hit +=
        kind({.limiter = counting(FixedFirstHit(kN, kW))}) == LimitKind::fixed_window_first_hit;
    clock += kind({.limiter = counting(FixedClock(kN, kW, 0))}) == LimitKind::fixed_window_clock;
    bucket += kind({.limiter = counting(TokenBucket(kN, kW))}) == LimitKind::token_bucket;
    counter += kind({.limiter = counting(SlidingCounter(kN, kW, 0))}) == LimitKind::sliding_counter;
  }
  EXPECT_GE(first_hit, 9);
  EXPECT_GE(clock, 9);
  EXPECT_GE(bucket, 9);
  EXPECT_GE(counter, 7);
}

TEST(Scan, SeesTheRaceOfReadThenWrite) {
  Behaviour racy{.limiter = counting(SlidingLog(kN, kW))};
  racy.races = true;
  const Report report = scan(racy);
  EXPECT_TRUE(has(report, "concurrent-overrun")) << ids(report);
}

TEST(Scan, SeesThatProcessesCountForThemselves) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rng balancer(seed);
    Behaviour three{.limiter = counting(SlidingLog(kN, kW))};
    three.key = [&balancer](const Request&) { return std::to_string(balancer.below(3)); };
    const Report report = scan(three, seed);
    EXPECT_TRUE(has(report, "concurrent-overrun")) << "seed " << seed << ": " << ids(report);
    EXPECT_TRUE(has(report, "boundary-burst")) << "seed " << seed << ": " << ids(report);
    EXPECT_FALSE(has(report, "spoofed-client-address")) << "seed " << seed;
    EXPECT_EQ(report.limits.at(0).kind, LimitKind::per_process) << "seed " << seed;
  }
}

TEST(Scan, SeesProcessesThatAreUsedUpAtTheSameTimeBehindAHeldRequest) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Behaviour even{.limiter = counting(SlidingLog(kN, kW))};
    even.addresses_count_apart = true;
    even.processes = 3;
    VirtualScan scan(even, seed);
    scan.plan.loopback = true;
    const Report report = scan.run().report;
    EXPECT_TRUE(has(report, "concurrent-overrun")) << "seed " << seed << ": " << ids(report);
    EXPECT_TRUE(has(report, "boundary-burst")) << "seed " << seed << ": " << ids(report);
    EXPECT_EQ(report.limits.at(0).kind, LimitKind::per_process) << "seed " << seed;
  }
}

TEST(Scan, LearnsTheWindowOfTheClockWhateverItsPhase) {
  const int trials = 40;
  int right = 0;
  for (std::uint64_t seed = 1; seed <= trials; ++seed) {
    const Report report = scan({.limiter = counting(FixedClock(kN, 6.0, 0))}, seed);
    const bool n = report.limits.at(0).n == kN;
    right += n && std::abs(report.limits.at(0).window_s.value_or(0) - 6.0) < 0.3 ? 1 : 0;
    EXPECT_FALSE(has(report, "concurrent-overrun")) << "seed " << seed;
  }
  // Where an edge fell into the first row, N may be taken for larger than it is.
  EXPECT_GE(right, 36);
}

TEST(Scan, TakesARowThatAServedVariantSharedForNoSmallerLimit) {
  // Slow enough that an edge of the clock often falls among the variants: some of them are served.
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    Behaviour slow{.limiter = counting(FixedClock(kN, 6.0, 0))};
    slow.takes_s = [](const Response&) { return 0.025; };
    // Any key is taken: volleys go to fresh ones too, where every one of the N has room.
    slow.key = [](const Request& request) {
      return std::string(find_header(request.headers, "X-API-Key").value_or(""));
    };
    VirtualScan scan(slow, seed);
    scan.plan.operations[0].request.add_header("X-API-Key", "demo-key-1");
    EXPECT_FALSE(has(scan.run().report, "concurrent-overrun")) << "seed " << seed;
  }
}

TEST(Scan, LearnsALimitThatCountsRefusedRequestsBySilence) {
  const int trials = 10;
  int right = 0;
  for (std::uint64_t seed = 1; seed <= trials; ++seed) {
    const Report report = scan({.limiter = counting(SlidingLog(kN, kW, Refused::counted))}, seed);
    right += report.limits.at(0).kind == LimitKind::sliding_window &&
                     std::abs(report.limits.at(0).window_s.value_or(0) - kW) < 0.7
                 ? 1
                 : 0;
    EXPECT_NE(report.limits.at(0).detail.find("refused requests are counted"), std::string::npos)
        << "seed " << seed;
  }
  EXPECT_GE(right, 8);
}

TEST(Scan, BlamesTheRaceAndNotTheEdgeWhereALogIsOverrun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Behaviour racy{.limiter = counting(SlidingLog(kN, kW))};
    racy.races = true;
    const Report report = scan(racy, seed);
    EXPECT_TRUE(has(report, "concurrent-overrun")) << "seed " << seed << ": " << ids(report);
    EXPECT_FALSE(has(report, "boundary-burst")) << "seed " << seed << ": " << ids(report);
  }
}

// Counts by what `key` makes of X-API-Key, which nobody checks.
VirtualScan keyed_by(std::function<std::string(const std::string&)> key) {
  Behaviour behaviour{.limiter = counting(FixedFirstHit(kN, kW))};
  behaviour.key = [key](const Request& request) {
    return key(std::string(find_header(request.headers, "X-API-Key").value_or("")));
  };
  VirtualScan scan(std::move(behaviour));
  scan.plan.operations[0].request.set_header("X-API-Key", "abcdefgh");
  return scan;
}

std::string claim_of(const Report& report, std::string_view id) {
  for (const Finding& finding : report.findings) {
    if (finding.id == id) return finding.evidence.at(0).claim;
  }
  return "";
}

TEST(Scan, ProvesThatAKeyIsCutOff) {
  const Report report =
      keyed_by([](const std::string& value) { return value.substr(0, 60); }).run().report;
  EXPECT_NE(claim_of(report, "key-injection").find("first 64 characters"), std::string::npos)
      << ids(report);
}

TEST(Scan, ProvesThatADelimiterSplitsAKey) {
  const Report report =
      keyed_by([](const std::string& value) { return value.substr(0, value.find('|')); })
          .run()
          .report;
  EXPECT_NE(claim_of(report, "key-injection").find("after a '|'"), std::string::npos)
      << ids(report);
}

TEST(Scan, FindsNoInjectionWhereEachValueHasACounterOfItsOwn) {
  const Report report = keyed_by([](const std::string& value) { return value; }).run().report;
  EXPECT_TRUE(has(report, "identifier-rotation")) << ids(report);
  EXPECT_FALSE(has(report, "key-injection")) << claim_of(report, "key-injection");
}

TEST(Scan, ProvesThatAnOversizedKeyHasNoLimit) {
  // Each long value is counted anew: as if the store had thrown it away.
  auto serial = std::make_shared<int>(0);
  const Report report = keyed_by([serial](const std::string& value) {
                          return value.size() > 2048 ? value + std::to_string(++*serial) : value;
                        })
                            .run()
                            .report;
  EXPECT_NE(claim_of(report, "key-injection").find("has no limit"), std::string::npos)
      << ids(report);
}

TEST(Scan, ProvesThatAnIdentifierMayNameAnAddress) {
  Behaviour either{.limiter = counting(FixedFirstHit(kN, kW))};
  either.key = [](const Request& request) {
    const auto key = find_header(request.headers, "X-API-Key");
    return key ? std::string(*key) : request.source_address.value_or("127.0.0.1");
  };
  VirtualScan scan(either);
  scan.plan.loopback = true;
  const Report report = scan.run().report;
  EXPECT_NE(claim_of(report, "key-injection").find("another client's address"), std::string::npos)
      << ids(report);
}

TEST(Scan, FindsTheRaceOfACounterThatDoesNotExistYetOnIdentitiesThatItMadeUp) {
  // Only requests that meet no counter at all race.
  VirtualScan scan = keyed_by([](const std::string& value) { return value; });
  scan.target.behaviour().races_when_new = true;
  const Report report = scan.run().report;
  EXPECT_TRUE(has(report, "concurrent-overrun")) << ids(report);
}

TEST(Scan, NotesACanaryThatIsRefused) {
  // Other addresses are clients of their own at first; later on all share one counter.
  Behaviour fickle{.limiter = counting(FixedFirstHit(kN, kW))};
  VirtualClock* clock = nullptr;
  double began_s = 0;
  fickle.key = [&](const Request& request) {
    const bool late = clock->seconds() - began_s > kW;
    return late ? std::string() : request.source_address.value_or("");
  };
  VirtualScan scan(fickle);
  clock = &scan.clock;
  began_s = clock->seconds();
  scan.plan.loopback = true;
  const Report report = scan.run().report;
  ASSERT_FALSE(report.notes.empty());
  EXPECT_NE(report.notes.back().find("had sent nothing was refused"), std::string::npos);
}

TEST(Scan, SaysThatRequestsAreHeldBackWhereTheyWaitForTheirTurn) {
  Behaviour shaped;
  shaped.turn_s = 0.5;
  const Report report = scan(shaped);
  EXPECT_FALSE(has(report, "no-limit")) << ids(report);
  EXPECT_NE(report.limits.at(0).detail.find("held back"), std::string::npos);
}

TEST(Scan, BacksOffFromATargetThatSuffersAndThenStops) {
  Behaviour sick{.limiter = counting(FixedFirstHit(kN, kW))};
  sick.slow_after = 3 * kN;
  const Report report = scan(sick);
  ASSERT_FALSE(report.notes.empty());
  EXPECT_NE(report.notes.back().find("suffers"), std::string::npos) << report.notes.back();
  EXPECT_LT(report.requests, 120);
}

TEST(Scan, ProvesThatAForwardedAddressIsBelieved) {
  Behaviour trusting{.limiter = counting(FixedFirstHit(kN, kW))};
  trusting.key = [](const Request& request) {
    return std::string(find_header(request.headers, "X-Forwarded-For").value_or(""));
  };
  const Report report = scan(trusting);
  ASSERT_TRUE(has(report, "spoofed-client-address"));
  EXPECT_FALSE(has(report, "identifier-rotation")) << ids(report);
  for (const Finding& finding : report.findings) {
    if (finding.id != "spoofed-client-address") continue;
    EXPECT_EQ(finding.confidence, Confidence::confirmed);
    EXPECT_EQ(finding.evidence.at(0).rounds, 5);
    EXPECT_NE(finding.evidence.at(0).curl.find("X-Forwarded-For"), std::string::npos);
  }
}

TEST(Scan, TellsNoiseInTheQueryFromARotatedIdentifier) {
  Behaviour by_url{.limiter = counting(FixedFirstHit(kN, kW))};
  by_url.key = [](const Request& request) { return request.target; };
  const Report report = scan(by_url);
  EXPECT_TRUE(has(report, "path-variant")) << ids(report);
  EXPECT_FALSE(has(report, "identifier-rotation")) << ids(report);
}

TEST(Scan, TellsAnotherSpellingOfAKeyFromAMadeUpOne) {
  Behaviour by_text{.limiter = counting(FixedFirstHit(kN, kW))};
  by_text.key = [](const Request& request) {
    return std::string(find_header(request.headers, "X-API-Key").value_or(""));
  };
  by_text.status = [](const Request& request) {
    std::string key(find_header(request.headers, "X-API-Key").value_or(""));
    for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key == "demo-key" ? 200 : 401;
  };
  VirtualScan scan(by_text);
  scan.plan.operations[0].request.set_header("X-API-Key", "demo-key");
  const Report report = scan.run().report;
  EXPECT_TRUE(has(report, "key-variant")) << ids(report);
  EXPECT_FALSE(has(report, "identifier-rotation")) << ids(report);
  for (const Finding& finding : report.findings) {
    for (const Evidence& evidence : finding.evidence) {
      EXPECT_EQ(evidence.curl.find("demo-key"), std::string::npos)
          << "a secret in " << evidence.curl;
      EXPECT_EQ(evidence.curl.find("DEMO-KEY"), std::string::npos)
          << "a secret in " << evidence.curl;
    }
  }
}

TEST(Scan, ReportsARefusalThatIsNo429) {
  Behaviour crash{.limiter = counting(FixedFirstHit(kN, kW))};
  crash.refusal = 500;
  const Report report = scan(crash);
  EXPECT_TRUE(has(report, "limit-as-error"));
  EXPECT_FALSE(has(report, "missing-retry-after"));
}

TEST(Scan, ReportsARefusalThatHidesInAnAdmittedStatus) {
  Behaviour polite{.limiter = counting(FixedFirstHit(kN, kW))};
  polite.refusal = 200;
  const Report report = scan(polite);
  EXPECT_TRUE(has(report, "limit-as-error")) << ids(report);
  EXPECT_FALSE(has(report, "no-limit")) << ids(report);
  EXPECT_EQ(report.limits.at(0).n, kN);
}

TEST(Scan, LeavesTheQueryAloneWhenItSpellsThePathOtherwise) {
  Behaviour by_key{.limiter = counting(FixedFirstHit(kN, kW))};
  by_key.key = [](const Request& request) {
    const std::size_t start = std::min(request.target.find("?api_key="), request.target.size());
    return request.target.substr(start, request.target.find('&', start) - start);
  };
  VirtualScan scan(by_key);
  scan.plan.operations[0].request.target = "/quote?api_key=abc123";
  const Report report = scan.run().report;
  EXPECT_FALSE(has(report, "path-variant")) << ids(report);
}

TEST(Scan, ReportsAWaitThatIsTooShort) {
  Behaviour early{.limiter = counting(FixedFirstHit(kN, kW))};
  early.retry_after = [](double) { return told("1"); };
  EXPECT_TRUE(has(scan(early), "misleading-retry-after"));
}

TEST(Scan, FindsNothingMoreWhenOnePercentOfAnswersAreRandomFaults) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Behaviour noisy{.limiter = counting(SlidingLog(kN, kW))};
    noisy.retry_after = [](double) { return told("10"); };
    noisy.fault_share = 0.01;
    const Report report = scan(noisy, seed);
    EXPECT_TRUE(report.findings.empty()) << "seed " << seed << ": " << ids(report);
  }
}

TEST(Scan, KeepsToItsBudgetOfTimeAndRequests) {
  for (const auto& limiter : {counting(FixedFirstHit(kN, kW)), counting(SlidingLog(kN, kW)),
                              counting(TokenBucket(kN, kW))}) {
    const Report report = scan({.limiter = limiter});
    EXPECT_LT(report.duration_s, 40.0) << ids(report);
    EXPECT_LE(report.requests, 8 * kN + 200) << ids(report);
  }
}

TEST(Scan, SendsTheSameRequestsForTheSameSeed) {
  const Behaviour behaviour{.limiter = counting(FixedFirstHit(kN, kW))};
  const Report a = scan(behaviour, 7);
  const Report b = scan(behaviour, 7);
  EXPECT_EQ(a.requests, b.requests);
  EXPECT_EQ(a.duration_s, b.duration_s);
  EXPECT_EQ(ids(a), ids(b));
}

TEST(Scan, GivesAPartialReportWhenTheUserInterrupts) {
  VirtualScan scan({.limiter = counting(FixedFirstHit(kN, kW))});
  Listener nobody;
  int calls = 0;
  const ScanResult result = run_scan(
      scan.plan, scan.target, scan.clock, [&](Time, std::string_view) { return ++calls < 40; },
      nobody);
  EXPECT_TRUE(result.report.interrupted);
  EXPECT_LT(result.report.requests, 60);
  EXPECT_FALSE(result.report.checks.empty());
}

TEST(Scan, NeverSendsMoreThanItsBound) {
  VirtualScan scan({.limiter = counting(FixedFirstHit(kN, kW))});
  scan.plan.bounds.max_requests = 50;
  const Report report = scan.run().report;
  EXPECT_LE(report.requests, 50);
  EXPECT_FALSE(report.notes.empty());
}

TEST(Scan, SaysWhatAWindowLongerThanTheWaitWouldTake) {
  Behaviour hourly{.limiter = counting(FixedFirstHit(kN, 3600))};
  hourly.retry_after = [](double) { return told("3500"); };
  const Report report = scan(hourly);
  const auto burst = std::find_if(report.checks.begin(), report.checks.end(),
                                  [](const CheckResult& c) { return c.id == "boundary-burst"; });
  EXPECT_EQ(burst->verdict, CheckVerdict::inconclusive);
  EXPECT_NE(burst->detail.find("the refusals say 3500 s more"), std::string::npos) << burst->detail;
  EXPECT_NE(burst->detail.find("--max-wait 35"), std::string::npos) << burst->detail;
  EXPECT_NE(report.limits.at(0).detail.find("--max-wait"), std::string::npos);
}

TEST(Scan, StopsTryingWhereEachRefusalLengthensTheWait) {
  // Five in four seconds; each refused request adds two.
  struct Ban {
    SlidingLog log{5, 4};
    double until = 0;
  };
  auto ban = std::make_shared<Ban>();
  VirtualClock* clock = nullptr;
  Behaviour behaviour;
  behaviour.limiter = [ban] {
    return Admit([ban](double t) {
      if (t >= ban->until && ban->log.room(t)) {
        ban->log.charge(t);
        return true;
      }
      ban->until = std::max(ban->until, t) + 2;
      return false;
    });
  };
  behaviour.retry_after = [ban, &clock](double) {
    return std::to_string(static_cast<int>(std::ceil(ban->until - clock->seconds())));
  };
  VirtualScan scan(behaviour);
  clock = &scan.clock;
  const Report report = scan.run().report;
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  EXPECT_NE(report.limits.at(0).detail.find("lengthens the wait"), std::string::npos);
  EXPECT_LT(report.requests, 100);
  for (const CheckResult& check : report.checks) {
    if (check.id != "path-variant") continue;
    EXPECT_EQ(check.verdict, CheckVerdict::inconclusive);
    EXPECT_NE(check.detail.find("lengthens the wait"), std::string::npos);
  }
}

TEST(Scan, SaysWhatIsCountedTogether) {
  const auto detail = [](bool addresses, bool users) {
    Behaviour behaviour{.limiter = counting(FixedFirstHit(kN, kW))};
    behaviour.addresses_count_apart = addresses;
    behaviour.key = [users](const Request& request) {
      return std::string(users ? find_header(request.headers, "X-Key").value_or("") : "");
    };
    VirtualScan scan(behaviour);
    scan.plan.loopback = true;
    scan.plan.operations[0].request.add_header("X-Key", "ada");
    scan.plan.other = {{"X-Key", "babbage"}};
    return scan.run().report.limits.at(0).detail;
  };
  EXPECT_NE(detail(true, false).find("counted per address alone"), std::string::npos);
  EXPECT_NE(detail(true, true).find("counted per user and address"), std::string::npos);
  EXPECT_NE(detail(false, true).find("counted per user"), std::string::npos);
  EXPECT_NE(detail(false, false).find("counted for all together"), std::string::npos);
}

TEST(Scan, SaysWhichOperationsOfADocumentItDidNotReach) {
  VirtualScan scan({.limiter = counting(FixedFirstHit(kN, kW))});
  EXPECT_FALSE(scan.run().report.operations.has_value()) << "there is no document";
  scan.plan.document = "openapi.yaml";
  scan.plan.skipped = {{"POST /quote", "it may change something"}};
  scan.plan.operations.assign(3, {Request{.method = "GET", .target = "/quote?a=1"}});
  EXPECT_EQ(scan.run().report.operations->tested, 3);

  scan.plan.bounds.max_requests = 300;  // enough for one
  const OperationCoverage coverage = scan.run().report.operations.value();
  EXPECT_EQ(coverage.document, "openapi.yaml");
  EXPECT_EQ(coverage.declared, 4);
  EXPECT_EQ(coverage.tested, 1);
  ASSERT_EQ(coverage.left_out.size(), 3U);
  EXPECT_EQ(coverage.left_out[0].reason, "it may change something");
  EXPECT_EQ(coverage.left_out[1].operation, "GET /quote");
  EXPECT_NE(coverage.left_out[1].reason.find("300"), std::string::npos) << "where it stopped";
  EXPECT_EQ(coverage.left_out[2].reason, "the scan ended before it");
}

TEST(Scan, DoesNotFollowARedirect) {
  Behaviour moved;
  moved.status = [](const Request&) { return 302; };
  const ScanResult result = VirtualScan(moved).run();
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_NE(result.failure->message.find("redirects are not followed"), std::string::npos);
  EXPECT_EQ(result.report.requests, 1);
}

}  // namespace
}  // namespace weir::scan
