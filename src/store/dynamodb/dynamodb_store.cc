#include "store/dynamodb/dynamodb_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "store/dynamodb/item_answer.h"
#include "store/dynamodb/request_body.h"
#include "store/dynamodb/table.h"

namespace weir::store {
namespace {

// How often a clock that was found too far off is looked at again.
constexpr Duration kClockRecheck = std::chrono::seconds(5);

std::uint64_t milliunits(double units) {
  return static_cast<std::uint64_t>(std::llround(units * 1000));
}

// One machine is one node: its processes hand out the same leases, if they can share memory.
std::unique_ptr<LeaseTable> leases_of_machine(const DynamoDbOptions& options,
                                              const DynamoDbTarget& target,
                                              const Environment& environment) {
  std::string name = options.table + '\n' + target.region + '\n' + target.url.to_string();
  // Tables of the same name in two accounts are two tables. Which account it is, only the
  // credentials say; where they come from is known.
  for (const char* variable :
       {"HOME", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}) {
    name += '\n' + environment(variable).value_or("");
  }
  Result<std::unique_ptr<LeaseTable>> leases = LeaseTable::of_machine(name);
  if (leases) return std::move(*leases);
  if (options.warn) {
    options.warn("the processes of this machine lease each for itself: " + leases.error().message);
  }
  return std::make_unique<LeaseTable>();
}

}  // namespace

DynamoDbStore::DynamoDbStore(const DynamoDbOptions& options, std::unique_ptr<DynamoDbClient> client,
                             std::unique_ptr<LeaseTable> leases, std::uint64_t seed)
    : options_(options),
      client_(std::move(client)),
      leases_(std::move(leases)),
      seen_(options.max_seen_keys, leases_.get()),
      write_ids_(seed),
      process_(::getpid()),
      rng_(seed) {}

Result<ChargeOutcome> DynamoDbStore::charge(const ChargeRequest& request) {
  if (Status valid = validate(request); !valid) return tl::unexpected(valid.error());
  if (const auto paid = take_paid(request)) return *paid;
  const net::Deadline deadline = net::Deadline::in(request.budget);
  if (Status trusted = trust(deadline); !trusted) return tl::unexpected(trusted.error());
  renew_after_fork();

  Charging charging(seen_, write_ids_, request);
  Charging::Step step = charging.next();
  for (bool is_last_look = false;;) {
    switch (step) {
      case Charging::Step::send: {
        // A repeat, over another connection, needs less time than a first answer may take.
        const Duration left = deadline.left();
        step = charging.answered(send(
            charging.write(), net::Deadline::in(charging.may_repeat() ? left - left / 4 : left)));
        break;
      }
      case Charging::Step::wait:
        if (is_last_look) {
          return fail(ErrorCode::timeout,
                      "another charge of the same key took the whole time budget",
                      "give the request more time");
        }
        seen_.wait(request.key, charging.change(), deadline.left());
        // A wait that ends with the deadline may have missed what came just before: look once more.
        is_last_look = deadline.has_passed();
        step = charging.next();
        break;
      case Charging::Step::pause:
        if (!pause(charging.pause(), deadline)) return tl::unexpected(charging.error());
        step = charging.next();
        break;
      case Charging::Step::decided: {
        const ChargeOutcome& outcome = charging.outcome();
        (outcome.charge.admitted ? (outcome.local ? admitted_leased_ : admitted_)
         : outcome.local         ? refused_locally_
                                 : refused_by_store_)
            .fetch_add(1, std::memory_order_relaxed);
        return outcome;
      }
      case Charging::Step::failed:
        return tl::unexpected(charging.error());
    }
  }
}

std::optional<ChargeOutcome> DynamoDbStore::charge_paid(const ChargeRequest& request) {
  return is_valid(request) ? take_paid(request) : std::nullopt;
}

std::optional<ChargeOutcome> DynamoDbStore::take_paid(const ChargeRequest& request) {
  const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
  // A clock that is far off would hand out what was charged for another time.
  if (!leases_ || window == nullptr || !is_trusted_.load(std::memory_order_acquire)) {
    return std::nullopt;
  }
  const auto admission = leases_->take(request.key, *window, request.now, request.cost);
  if (!admission) return std::nullopt;
  admitted_leased_.fetch_add(1, std::memory_order_relaxed);
  return ChargeOutcome{*admission, true};
}

WriteAnswer DynamoDbStore::send(const ConditionalUpdate& write, const net::Deadline& deadline) {
  using Answer = WriteAnswer::Fate;
  CallResult result = call("UpdateItem", update_body(write, options_.table), deadline);
  switch (result.fate) {
    case Fate::done: {
      Result<ItemAnswer> answer = parse_item_answer(result.body, "Attributes");
      if (!answer) return {.fate = Answer::unknown, .error = answer.error()};
      write_milliunits_.fetch_add(milliunits(answer->consumed_units), std::memory_order_relaxed);
      if (answer->state) return {.fate = Answer::applied, .state = std::move(answer->state)};
      // Whoever answered this is not DynamoDB. Perhaps it was applied.
      return {.fate = Answer::unknown,
              .error = {ErrorCode::unavailable, "DynamoDB's answer to UpdateItem holds no item",
                        "check the endpoint URL", true}};
    }
    case Fate::condition_failed: {
      Result<ItemAnswer> answer = parse_item_answer(result.body, "Item");
      if (!answer) return {.fate = Answer::refused, .error = answer.error()};
      if (answer->state) {
        old_item_.store(OldItem::comes, std::memory_order_relaxed);
        return {.fate = Answer::stopped, .state = std::move(answer->state)};
      }
      // A write that needs no item only fails on one that exists. So this table does not send it
      // back.
      const bool needs_none = std::any_of(
          write.any_of.begin(), write.any_of.end(),
          [](const auto& all_of) { return all_of.size() == 1 && all_of.front() == kNoItem; });
      if (needs_none) old_item_.store(OldItem::never_comes, std::memory_order_relaxed);
      if (old_item_.load(std::memory_order_relaxed) != OldItem::never_comes) {
        return {.fate = Answer::stopped};
      }
      return read_instead(write.key, deadline);
    }
    case Fate::not_done: {
      if (result.aws_error == "InternalServerError") break;  // says nothing, with whatever status
      return {.fate = result.error.transient ? Answer::put_off : Answer::refused,
              .error = std::move(result.error)};
    }
    case Fate::unknown:
      break;
  }
  return {.fate = Answer::unknown, .error = std::move(result.error)};
}

WriteAnswer DynamoDbStore::read_instead(const Key& key, const net::Deadline& deadline) {
  WriteAnswer stopped{.fate = WriteAnswer::Fate::stopped, .requests = 2};
  CallResult result = call("GetItem", read_body(key, options_.table), deadline);
  Result<ItemAnswer> answer = result.fate == Fate::done
                                  ? parse_item_answer(result.body, "Item")
                                  : Result<ItemAnswer>(tl::unexpected(std::move(result.error)));
  if (!answer) {
    stopped.fate = WriteAnswer::Fate::refused;
    stopped.error = std::move(answer.error());
    return stopped;
  }
  read_milliunits_.fetch_add(milliunits(answer->consumed_units), std::memory_order_relaxed);
  stopped.state = std::move(answer->state);
  return stopped;
}

std::optional<ChargeOutcome> DynamoDbStore::known_refusal(const ChargeRequest& request) {
  if (!is_valid(request)) return std::nullopt;
  const std::optional<limit::Charge> refusal = request.cost > limit::largest_cost(request.limit)
                                                   ? plan_charge(std::nullopt, request).charge
                                                   : seen_.known_refusal(request);
  if (!refusal) return std::nullopt;
  refused_locally_.fetch_add(1, std::memory_order_relaxed);
  return ChargeOutcome{*refusal, true};
}

Status DynamoDbStore::give_back(const ChargeRequest& request, std::int64_t slot) {
  if (Status valid = validate(request); !valid) return valid;
  if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
      leases_ && window != nullptr &&
      leases_->take_back(request.key, *window, request.now, {slot, request.cost})) {
    return {};
  }
  renew_after_fork();
  const std::optional<ConditionalUpdate> write = give_back_write(request, slot, write_ids_.next());
  if (!write) return {};
  const WriteAnswer answer = send(*write, net::Deadline::in(request.budget));
  // What is no longer there cannot be given back.
  if (answer.fate == WriteAnswer::Fate::stopped || answer.fate == WriteAnswer::Fate::applied) {
    if (answer.state) seen_.saw(request.key, *answer.state, request.now);
    return {};
  }
  return tl::unexpected(answer.error);
}

Result<bool> DynamoDbStore::forget(const Key& key, Duration budget) {
  CallResult result =
      call("DeleteItem", delete_body(key, options_.table), net::Deadline::in(budget));
  if (result.fate != Fate::done) return tl::unexpected(std::move(result.error));
  Result<ItemAnswer> deleted = parse_item_answer(result.body, "Attributes");
  if (!deleted) return tl::unexpected(std::move(deleted.error()));
  write_milliunits_.fetch_add(milliunits(deleted->consumed_units), std::memory_order_relaxed);
  seen_.forget(key);
  return deleted->state.has_value();
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
  Status verdict = client_->clock_check().verdict();
  if (verdict && options_.authority.empty()) {
    look_for_replicas(deadline);
    verdict = standing();
  }
  is_trusted_.store(verdict.has_value(), std::memory_order_release);
  return verdict;
}

void DynamoDbStore::look_for_replicas(const net::Deadline& deadline) {
  // Whoever may not ask, or gets no answer, is no worse off than before.
  if (const Result<bool> lost = loses_counts(*client_, deadline)) loses_counts_ = *lost;
}

Status DynamoDbStore::standing() const {
  if (loses_counts_) {
    return fail(
        ErrorCode::invalid_input,
        fmt::format("table '{}' has replicas that resolve conflicts by the last writer: each "
                    "region would admit the whole limit",
                    options_.table),
        "say in store.authority which region counts, and let every node use that one; or "
        "make the table strongly consistent (MRSC)");
  }
  return client_->clock_check().verdict();
}

Status DynamoDbStore::trust(const net::Deadline& deadline) {
  if (is_trusted_.load(std::memory_order_acquire)) return {};
  const std::unique_lock lock(checking_, deadline.left());
  if (!lock) return fail(ErrorCode::timeout, "the first check of the DynamoDB table took too long");
  if (is_trusted_.load(std::memory_order_acquire)) return {};
  const Duration now = base::monotonic_now();
  if (Status verdict = standing(); !verdict && now < next_check_) {
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
    is_trusted_.store(false, std::memory_order_release);
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

bool DynamoDbStore::pause(Duration at_most, const net::Deadline& deadline) {
  Duration pause{};
  {
    const std::lock_guard lock(rng_mutex_);
    pause = Duration(
        static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(at_most.count()))));
  }
  if (pause >= deadline.left()) return false;
  base::sleep_for(pause);
  return true;
}

void DynamoDbStore::renew_after_fork() {
  const pid_t process = ::getpid();
  if (process_.load(std::memory_order_acquire) == process) return;
  // Twice at the same time is as good as once.
  write_ids_.renew(base::entropy_seed());
  process_.store(process, std::memory_order_release);
}

DynamoDbStore::Counts DynamoDbStore::counts() const {
  const DynamoDbCounters& calls = client_->counters();
  const auto get = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  Counts result;
  result.requests = get(calls.requests);
  result.admitted_leased = get(admitted_leased_);
  result.admitted = get(admitted_) + result.admitted_leased;
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
  if (!options.authority.empty() && options.authority != target->region) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{} counts in table '{}', and this node would use its replica in {}",
                            options.authority, options.table, target->region),
                fmt::format("set store.region to {}", options.authority));
  }
  std::unique_ptr<LeaseTable> leases;
  if (options.leases) leases = leases_of_machine(options, *target, environment);
  auto client = std::make_unique<DynamoDbClient>(options, std::move(*target), environment,
                                                 std::move(*http), clock);
  return std::make_unique<DynamoDbStore>(options, std::move(client), std::move(leases), seed);
}

}  // namespace weir::store
