// What the store makes of a DynamoDB that misbehaves: a real emulator behind a proxy that loses,
// delays, replaces and cuts.
#include <atomic>
#include <thread>

#include "store/dynamodb/emulator_fixture.h"
#include "support/fault_proxy.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Fault;
using test::FaultProxy;
using Kind = test::Fault::Kind;

std::string aws_error(const std::string& type, int status = 400) {
  return test::http_answer(
      status, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + type + R"(","message":"no"})");
}

// The store's own check, which comes first, is always passed on.
bool is_check(std::string_view request) {
  return request.find("attribute_exists") != std::string_view::npos;
}

class FaultsTest : public EmulatorTest {
 protected:
  // What the next charges meet, in order; afterwards nothing.
  std::function<Fault(std::string_view)> in_order(std::vector<Fault> faults) {
    return [faults = std::move(faults),
            next = std::make_shared<std::atomic<std::size_t>>(0)](std::string_view request) {
      if (is_check(request)) return Fault{};
      const std::size_t at = (*next)++;
      return at < faults.size() ? faults[at] : Fault{};
    };
  }

  // With an authority, so that nothing is asked about replicas: requests are counted here.
  std::unique_ptr<DynamoDbStore> open_at(std::uint16_t port) {
    DynamoDbOptions options;
    options.authority = "us-east-1";
    return EmulatorTest::open_at(port, options);
  }

  // How many of the key's admissions the table holds.
  std::int64_t stored(const Key& key, std::int64_t n) {
    const auto witness = open();
    const auto outcome = witness->charge(request(key, n));
    EXPECT_TRUE(outcome);
    return n - outcome->charge.remaining - (outcome->charge.admitted ? 1 : 0);
  }
};

// After each of these the outcome of a write is unknown.
std::vector<Fault> lost_answers() {
  return {Fault{Kind::lose_answer},
          Fault{Kind::cut},
          Fault{Kind::substitute, aws_error("InternalServerError", 500)},
          Fault{Kind::substitute, aws_error("InternalServerError", 400)},
          Fault{Kind::substitute, aws_error("ServiceUnavailable", 503)},
          Fault{Kind::substitute, aws_error("ThrottlingException", 503)},
          Fault{Kind::substitute, aws_error("ConditionalCheckFailedException", 500)},
          Fault{Kind::substitute, test::http_answer(503, "")},
          Fault{Kind::substitute, test::http_answer(502, "<html>Bad</html>")},
          Fault{Kind::substitute, test::http_answer(404, "<html>Not</html>")},
          Fault{Kind::substitute, test::http_answer(200, "{}")},
          Fault{Kind::substitute, test::http_answer(200, "rubbish")},
          Fault{Kind::substitute, test::http_answer(200, "")}};
}

TEST_F(FaultsTest, ChargesExactlyOnceWhenAnAnswerIsLost) {
  for (const Fault& fault : lost_answers()) {
    FaultProxy proxy(emulator().port(), in_order({fault}));
    const auto store = open_at(proxy.port());
    const Key key = fresh_key();
    const auto outcome = store->charge(request(key, 3));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(outcome->charge.admitted);
    EXPECT_EQ(outcome->charge.remaining, 2);
    EXPECT_EQ(stored(key, 3), 1);
  }
}

TEST_F(FaultsTest, CountsAChargeWhoseAnswersWereAllLostAsAppliedAndDoesNotUseIt) {
  for (const Fault& fault : lost_answers()) {
    FaultProxy proxy(emulator().port(), in_order({fault, fault}));
    const auto store = open_at(proxy.port());
    const Key key = fresh_key();
    const auto lost = store->charge(request(key, 3));
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().transient) << lost.error().to_string();
    EXPECT_EQ(store->counts().admitted, 0u);
    const std::int64_t applied = fault.kind == Kind::cut ? 0 : 1;
    EXPECT_EQ(stored(key, 3), applied);  // takes one itself
    int admitted = 0;
    for (int i = 0; i < 5; ++i) admitted += store->charge(request(key, 3))->charge.admitted;
    EXPECT_EQ(admitted, 2 - applied);
  }
}

TEST_F(FaultsTest, SendsAGiveBackOnceWhateverBecomesOfIt) {
  for (const Fault& fault : {Fault{Kind::lose_answer}, Fault{Kind::cut},
                             Fault{Kind::substitute, aws_error("InternalServerError", 500)},
                             Fault{Kind::replace, aws_error("ThrottlingException")}}) {
    FaultProxy proxy(emulator().port(), in_order({Fault{}, Fault{}, fault}));
    const auto store = open_at(proxy.port());
    const Key key = fresh_key();
    ASSERT_TRUE(store->charge(request(key, 3)));
    const auto second = store->charge(request(key, 3));
    ASSERT_TRUE(second);
    EXPECT_FALSE(store->give_back(request(key, 3), second->charge.slot));
    const bool applied = fault.kind == Kind::lose_answer || fault.kind == Kind::substitute;
    EXPECT_EQ(proxy.carried_out(), 3 + (applied ? 1 : 0)) << "check, two charges, one return";
    EXPECT_EQ(stored(key, 3), applied ? 1 : 2);
  }
}

TEST_F(FaultsTest, EndsByItsBudgetWhenNoAnswerComes) {
  FaultProxy proxy(emulator().port(), in_order({Fault{Kind::silence}, Fault{Kind::silence}}));
  const auto store = open_at(proxy.port());
  ChargeRequest impatient = request(fresh_key(), 3);
  impatient.budget = milliseconds(300);
  const auto outcome = store->charge(impatient);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::timeout);
}

TEST_F(FaultsTest, TriesAThrottledChargeAgainBecauseItWasNotApplied) {
  const Fault throttled{Kind::replace, aws_error("ProvisionedThroughputExceededException")};
  const Fault other{Kind::replace, aws_error("ThrottlingException")};
  FaultProxy proxy(emulator().port(), in_order({throttled, other}));
  const auto store = open_at(proxy.port());
  const Key key = fresh_key();
  const auto outcome = store->charge(request(key, 3));
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome->charge.admitted);
  EXPECT_EQ(store->counts().throttled, 2u);
  EXPECT_EQ(stored(key, 3), 1);
}

TEST_F(FaultsTest, GivesUpOnAThrottledTableAfterItsRoundTrips) {
  const Fault throttled{Kind::replace, aws_error("RequestLimitExceeded")};
  FaultProxy proxy(emulator().port(), in_order(std::vector<Fault>(20, throttled)));
  const auto store = open_at(proxy.port());
  const auto outcome = store->charge(request(fresh_key(), 3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::throttled);
  EXPECT_EQ(store->counts().throttled, static_cast<std::uint64_t>(Charging::kMaxRoundTrips));
}

TEST_F(FaultsTest, RenewsExpiredCredentialsOnce) {
  const Fault expired{Kind::replace, aws_error("ExpiredTokenException")};
  FaultProxy once(emulator().port(), in_order({expired}));
  EXPECT_TRUE(open_at(once.port())->charge(request(fresh_key(), 3)));
  FaultProxy always(emulator().port(), in_order(std::vector<Fault>(20, expired)));
  const auto outcome = open_at(always.port())->charge(request(fresh_key(), 3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::unauthorized);
  EXPECT_EQ(always.carried_out(), 1) << "only the check";
}

TEST_F(FaultsTest, StopsReadingAHugeAnswer) {
  const Fault huge{Kind::substitute, test::http_answer(200, std::string(100'000'000, 'x'))};
  FaultProxy proxy(emulator().port(), in_order({huge, huge}));
  const auto outcome = open_at(proxy.port())->charge(request(fresh_key(), 3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::limit_exceeded);
}

TEST_F(FaultsTest, ReadsTheItemFromATableThatDoesNotSendItBack) {
  // As dynalite answers a failed condition.
  std::atomic<int> reads{0};
  FaultProxy proxy(emulator().port(), [&](std::string_view sent) {
    if (sent.find("DynamoDB_20120810.GetItem") != std::string_view::npos) ++reads;
    return Fault{Kind::edit, "", [](std::string answer) {
                   if (answer.find("ConditionalCheckFailed") == std::string::npos) return answer;
                   return aws_error("ConditionalCheckFailedException");
                 }};
  });
  const auto one = open();
  const auto blind = open_at(proxy.port());
  const Key key = fresh_key();
  ASSERT_TRUE(one->charge(request(key, 3)));
  int admitted = 0;
  for (int i = 0; i < 5; ++i) {
    const auto outcome = blind->charge(request(key, 3));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    admitted += outcome->charge.admitted;
  }
  EXPECT_EQ(admitted, 2);
  EXPECT_EQ(reads, 1) << "the first contact; the rest is known";
}

TEST_F(FaultsTest, NeverAdmitsMoreThanTheLimitWhateverGoesWrongUnderManyThreads) {
  const std::vector<Fault> kinds = {Fault{Kind::lose_answer}, Fault{Kind::cut},
                                    Fault{Kind::substitute, aws_error("InternalServerError", 500)},
                                    Fault{Kind::replace, aws_error("ThrottlingException")}};
  std::atomic<unsigned> turn{0};
  FaultProxy proxy(emulator().port(), [&](std::string_view sent) {
    const unsigned at = turn++;
    return is_check(sent) || at % 3 != 0 ? Fault{} : kinds[(at / 3) % kinds.size()];
  });
  const auto one = open_at(proxy.port());
  const auto two = open_at(proxy.port());
  const Key key = fresh_key();
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, node = i % 2 == 0 ? one.get() : two.get()] {
      for (int j = 0; j < 25; ++j) {
        const auto outcome = node->charge(request(key, 60));
        admitted += outcome && outcome->charge.admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(admitted, 60);
  EXPECT_GE(admitted, 10);  // and it did work through the faults
}

TEST_F(FaultsTest, DecidesNothingWhileTheClockIsAnHourOff) {
  struct Ahead final : Clock {
    Time now() override { return system.now() + std::chrono::hours(1); }
    base::SystemClock system;
  } ahead;
  FaultProxy proxy(emulator().port(), in_order({}));
  auto store = open_dynamodb_store({}, test::emulator_environment(proxy.port()), ahead,
                                   base::entropy_seed());
  ASSERT_TRUE(store);
  const Key key = fresh_key();
  for (int i = 0; i < 10; ++i) {
    const auto outcome = (*store)->charge(request(key, 3, seconds(60), ahead.now()));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
    EXPECT_NE(outcome.error().message.find("ahead of DynamoDB's"), std::string::npos);
    EXPECT_NE(outcome.error().cure.find("NTP"), std::string::npos);
  }
  EXPECT_EQ(proxy.carried_out(), 1) << "one check, no write to the key";
}

TEST_F(FaultsTest, StopsDecidingWhenTheClockIsSetAnHourAheadLater) {
  struct Set final : Clock {
    Time now() override { return system.now() + ahead; }
    Duration ahead{};
    base::SystemClock system;
  } clock;
  auto store = open_dynamodb_store({}, emulator().environment(), clock, 1);
  ASSERT_TRUE(store);
  const Key key = fresh_key();
  const auto charge = [&] { return (*store)->charge(request(key, 9, seconds(60), clock.now())); };
  ASSERT_TRUE(charge());
  clock.ahead = std::chrono::hours(1);
  // The answer to this one shows it.
  static_cast<void>(charge());
  const auto outcome = charge();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("ahead of DynamoDB's"), std::string::npos);
}

TEST_F(FaultsTest, WarnsOnceOfAClockThatIsFurtherOffThanThePolicyAllowsFor) {
  struct Ahead final : Clock {
    Time now() override { return system.now() + seconds(8); }
    base::SystemClock system;
  } ahead;
  std::vector<std::string> warnings;
  DynamoDbOptions options;
  options.warn = [&](std::string_view text) { warnings.emplace_back(text); };
  auto store = open_dynamodb_store(options, emulator().environment(), ahead, base::entropy_seed());
  ASSERT_TRUE(store);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE((*store)->charge(request(fresh_key(), 3, seconds(60), ahead.now())));
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("ahead of DynamoDB's"), std::string::npos);
}

TEST_F(FaultsTest, SaysInOneLineWhatIsWrongAndHowToMendIt) {
  struct Case {
    const char* type;
    ErrorCode code;
    const char* says;
  };
  for (const Case& one :
       {Case{"ResourceNotFoundException", ErrorCode::not_found, "weir table create --table weir"},
        Case{"AccessDeniedException", ErrorCode::unauthorized, "dynamodb:UpdateItem"},
        Case{"ValidationException", ErrorCode::invalid_input, "weir table describe"},
        Case{"InvalidSignatureException", ErrorCode::unauthorized, "region us-east-1"},
        Case{"UnrecognizedClientException", ErrorCode::unauthorized, "credentials"}}) {
    FaultProxy proxy(emulator().port(), [&](std::string_view) {
      return Fault{Kind::replace, aws_error(one.type)};
    });
    const auto outcome = open_at(proxy.port())->charge(request(fresh_key(), 3));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, one.code);
    EXPECT_FALSE(outcome.error().transient) << one.type;
    EXPECT_NE(outcome.error().to_string().find(one.says), std::string::npos)
        << outcome.error().to_string();
    EXPECT_EQ(outcome.error().to_string().find('\n'), std::string::npos);
  }
}

TEST_F(FaultsTest, TrustsNothingThatDoesNotKeepConditions) {
  FaultProxy proxy(emulator().port(), [](std::string_view) {
    return Fault{Kind::replace, test::http_answer(200, "{}")};
  });
  const Status ready = open_at(proxy.port())->check(seconds(5));
  ASSERT_FALSE(ready);
  EXPECT_NE(ready.error().message.find("does not keep DynamoDB's conditions"), std::string::npos);
}

TEST_F(FaultsTest, SendsAndSignsTheSessionToken) {
  std::atomic<bool> sent{false};
  FaultProxy proxy(emulator().port(), [&](std::string_view request) {
    sent = request.find("x-amz-security-token: a-token\r\n") != std::string_view::npos &&
           request.find("x-amz-date;x-amz-security-token;x-amz-target") != std::string_view::npos;
    return Fault{};
  });
  const Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_SESSION_TOKEN") return "a-token";
    return test::emulator_environment(proxy.port())(name);
  };
  auto store = open_dynamodb_store({}, environment, clock_, 1);
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->check(seconds(5)));
  EXPECT_TRUE(sent);
}

TEST_F(FaultsTest, SaysThatNothingListens) {
  const auto outcome = open_at(test::free_port())->charge(request(fresh_key(), 3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
  EXPECT_NE(outcome.error().message.find("cannot connect"), std::string::npos);
}

}  // namespace
}  // namespace weir::store
