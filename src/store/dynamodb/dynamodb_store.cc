#include "store/dynamodb/dynamodb_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "store/dynamodb/item_answer.h"
#include "store/dynamodb/request_body.h"

namespace weir::store {
namespace {

// Full jitter: a uniform part of a bound that doubles.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
constexpr Duration kFirstBackOff = std::chrono::milliseconds(25);
constexpr Duration kLongestBackOff = std::chrono::seconds(1);

// How often a clock that was found too far off is looked at again.
constexpr Duration kClockRecheck = std::chrono::seconds(5);

std::uint64_t milliunits(double units) {
  return static_cast<std::uint64_t>(std::llround(units * 1000));
}

}  // namespace

DynamoDbStore::DynamoDbStore(const DynamoDbOptions& options, std::unique_ptr<DynamoDbClient> client,
                             std::uint64_t seed)
    : options_(options), client_(std::move(client)), seen_(options.max_seen_keys), rng_(seed) {}

Result<ChargeOutcome> DynamoDbStore::charge(const ChargeRequest& request) {
  if (Status valid = expect_window(request); !valid) return tl::unexpected(valid.error());
  const net::Deadline deadline = net::Deadline::in(request.budget);
  if (Status trusted = trust_clock(deadline); !trusted) return tl::unexpected(trusted.error());

  for (int round_trips = 0; round_trips < kMaxRoundTrips;) {
    SeenStates::Turn turn = seen_.begin(request, deadline);
    if (turn.is_timed_out()) {
      return fail(ErrorCode::timeout, "another charge of the same key took the whole time budget",
                  "give the request more time");
    }
    if (turn.plan().kind == Plan::Kind::refuse) {
      const bool local = round_trips == 0;
      (local ? refused_locally_ : refused_by_store_).fetch_add(1, std::memory_order_relaxed);
      return ChargeOutcome{turn.plan().refusal, local};
    }
    Written written = write(turn, request, round_trips, deadline);
    switch (written.step) {
      case Step::applied:
        turn.saw(written.state);
        admitted_.fetch_add(1, std::memory_order_relaxed);
        return ChargeOutcome{describe_admission(*written.state, request), false};
      case Step::not_applied:
        turn.saw(written.state);
        break;
      case Step::try_again: {
        const SeenStates::Turn ended = std::move(turn);
      }
        if (!back_off(round_trips, deadline)) return tl::unexpected(std::move(written.error));
        break;
      case Step::give_up:
        return tl::unexpected(std::move(written.error));
    }
  }
  return fail(ErrorCode::unavailable,
              fmt::format("a key of table '{}' changed under each of {} tries to charge it",
                          options_.table, kMaxRoundTrips),
              "look for many nodes with different policies or clocks");
}

DynamoDbStore::Written DynamoDbStore::write(const SeenStates::Turn& turn,
                                            const ChargeRequest& request, int& round_trips,
                                            const net::Deadline& deadline) {
  ++round_trips;
  CallResult result =
      call("UpdateItem", update_body(write_of(turn.plan(), turn.seen(), request), options_.table),
           deadline);
  switch (result.fate) {
    case Fate::done: {
      Result<ItemAnswer> answer = parse_item_answer(result.body, "Attributes");
      if (!answer) return {Step::give_up, std::nullopt, answer.error()};
      write_milliunits_.fetch_add(milliunits(answer->consumed_units), std::memory_order_relaxed);
      if (answer->state && answer->state->geometry == window_of(request).geometry) {
        return {Step::applied, std::move(answer->state), {}};
      }
      // Whoever answered this is not DynamoDB. Perhaps it was applied: it is not used.
      return {Step::give_up, std::nullopt,
              Error{ErrorCode::unavailable,
                    "DynamoDB's answer to UpdateItem does not hold what was written",
                    "check the endpoint URL", true}};
    }
    case Fate::condition_failed: {
      Result<ItemAnswer> answer = parse_item_answer(result.body, "Item");
      if (!answer) return {Step::give_up, std::nullopt, answer.error()};
      if (answer->state) {
        old_item_.store(OldItem::comes, std::memory_order_relaxed);
        return {Step::not_applied, std::move(answer->state), {}};
      }
      // An open only fails on an item that exists. So this table does not send it back.
      if (turn.plan().kind == Plan::Kind::open) {
        old_item_.store(OldItem::never_comes, std::memory_order_relaxed);
      }
      if (old_item_.load(std::memory_order_relaxed) != OldItem::never_comes) {
        return {Step::not_applied, std::nullopt, {}};
      }
      return read_instead(request.key, round_trips, deadline);
    }
    case Fate::not_done: {
      const bool passing = result.error.transient && result.aws_error != "InternalServerError";
      return {passing ? Step::try_again : Step::give_up, std::nullopt, std::move(result.error)};
    }
    case Fate::unknown:
      break;
  }
  return {Step::give_up, std::nullopt, std::move(result.error)};
}

DynamoDbStore::Written DynamoDbStore::read_instead(const Key& key, int& round_trips,
                                                   const net::Deadline& deadline) {
  ++round_trips;
  CallResult result = call("GetItem", read_body(key, options_.table), deadline);
  if (result.fate != Fate::done) return {Step::give_up, std::nullopt, std::move(result.error)};
  Result<ItemAnswer> answer = parse_item_answer(result.body, "Item");
  if (!answer) return {Step::give_up, std::nullopt, answer.error()};
  read_milliunits_.fetch_add(milliunits(answer->consumed_units), std::memory_order_relaxed);
  return {Step::not_applied, std::move(answer->state), {}};
}

std::optional<ChargeOutcome> DynamoDbStore::known_refusal(const ChargeRequest& request) {
  if (!expect_window(request)) return std::nullopt;
  const std::optional<limit::Charge> refusal = request.cost > window_of(request).n
                                                   ? plan_charge(std::nullopt, request).refusal
                                                   : seen_.known_refusal(request);
  if (!refusal) return std::nullopt;
  refused_locally_.fetch_add(1, std::memory_order_relaxed);
  return ChargeOutcome{*refusal, true};
}

Status DynamoDbStore::give_back(const ChargeRequest& request, std::int64_t slot) {
  if (Status valid = expect_window(request); !valid) return valid;
  const net::Deadline deadline = net::Deadline::in(request.budget);
  CallResult result =
      call("UpdateItem", update_body(give_back_update(request, slot), options_.table), deadline);
  // A slot that is no longer there has nothing to give back.
  if (result.fate == Fate::condition_failed) return {};
  if (result.fate != Fate::done) return tl::unexpected(std::move(result.error));
  Result<ItemAnswer> answer = parse_item_answer(result.body, "Attributes");
  if (!answer) return tl::unexpected(answer.error());
  write_milliunits_.fetch_add(milliunits(answer->consumed_units), std::memory_order_relaxed);
  if (answer->state) seen_.saw(request.key, *answer->state);
  return {};
}

CallResult DynamoDbStore::call(std::string_view operation, std::string_view body,
                               const net::Deadline& deadline) {
  CallResult result = client_->call(operation, body, deadline);
  watch_clock();
  return result;
}

Status DynamoDbStore::check(Duration budget) {
  return send_check(net::Deadline::in(budget));
}

Status DynamoDbStore::send_check(const net::Deadline& deadline) {
  CallResult result = call("UpdateItem", check_body(options_.table), deadline);
  if (result.fate != Fate::condition_failed) {
    if (result.fate != Fate::done) return tl::unexpected(std::move(result.error));
    return fail(ErrorCode::unavailable, "what answers does not keep DynamoDB's conditions",
                "check the endpoint URL");
  }
  const Status verdict = client_->clock_check().verdict();
  clock_trusted_.store(verdict.has_value(), std::memory_order_release);
  return verdict;
}

Status DynamoDbStore::trust_clock(const net::Deadline& deadline) {
  if (clock_trusted_.load(std::memory_order_acquire)) return {};
  const std::unique_lock lock(checking_, deadline.left());
  if (!lock) return fail(ErrorCode::timeout, "the first check of the DynamoDB table took too long");
  if (clock_trusted_.load(std::memory_order_acquire)) return {};
  const Duration now = base::monotonic_now();
  if (Status verdict = client_->clock_check().verdict(); !verdict && now < next_check_) {
    return verdict;
  }
  next_check_ = now + kClockRecheck;
  return send_check(deadline);
}

void DynamoDbStore::watch_clock() {
  const std::optional<ClockCheck::Skew> skew = client_->clock_check().skew();
  if (!skew) return;
  const Duration off = skew->certain();
  if (std::chrono::abs(off) > options_.hard_clock_skew) {
    clock_trusted_.store(false, std::memory_order_release);
  }
  const bool beyond = std::chrono::abs(off) > options_.max_clock_skew;
  if (skew_reported_.exchange(beyond, std::memory_order_relaxed) == beyond || !options_.warn)
    return;
  options_.warn(beyond ? fmt::format("this machine's clock is at least {} ms {} DynamoDB's, more "
                                     "than the policy allows for; synchronise it (NTP)",
                                     std::chrono::abs(off).count() / 1'000'000,
                                     off > Duration::zero() ? "ahead of" : "behind")
                       : "this machine's clock agrees with DynamoDB's again");
}

bool DynamoDbStore::back_off(int round_trips, const net::Deadline& deadline) {
  if (round_trips >= kMaxRoundTrips) return false;
  const Duration bound = std::min(kFirstBackOff * (1 << round_trips), kLongestBackOff);
  Duration pause{};
  {
    const std::lock_guard lock(rng_mutex_);
    pause =
        Duration(static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(bound.count()))));
  }
  if (pause >= deadline.left()) return false;
  base::sleep_for(pause);
  return true;
}

DynamoDbStore::Counts DynamoDbStore::counts() const {
  const DynamoDbCounters& calls = client_->counters();
  const auto get = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  Counts result;
  result.requests = get(calls.requests);
  result.admitted = get(admitted_);
  result.refused_locally = get(refused_locally_);
  result.refused_by_store = get(refused_by_store_);
  result.failed_conditions = get(calls.failed_conditions);
  result.throttled = get(calls.throttled);
  result.unknown = get(calls.unknown);
  result.write_units = static_cast<double>(get(write_milliunits_)) / 1000 +
                       static_cast<double>(result.failed_conditions);
  result.read_units = static_cast<double>(get(read_milliunits_)) / 1000;
  return result;
}

Result<std::unique_ptr<DynamoDbStore>> open_dynamodb_store(const DynamoDbOptions& options,
                                                           const Environment& environment,
                                                           Clock& clock, std::uint64_t seed) {
  if (Status named = check_table_name(options.table); !named) return tl::unexpected(named.error());
  Result<DynamoDbTarget> target = resolve_target(options, environment);
  if (!target) return tl::unexpected(target.error());
  Result<std::unique_ptr<net::HttpCaller>> http = make_http_client(options, environment);
  if (!http) return tl::unexpected(http.error());
  auto client = std::make_unique<DynamoDbClient>(options, std::move(*target), environment,
                                                 std::move(*http), clock);
  return std::make_unique<DynamoDbStore>(options, std::move(client), seed);
}

}  // namespace weir::store
