#include "sim/world.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sim/draws.h"
#include "sim/history.h"
#include "sim/node_clock.h"
#include "sim/schedule.h"
#include "sim/service.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time(1'800'000'000s);
constexpr int kMaxRules = 3;
constexpr std::size_t kRecentArrivals = 64;

// What the draws of one arrival are for.
enum ArrivalDraw : std::uint64_t { kGap, kShare, kNode, kActor, kCost, kBurst, kWhich };
// Of one request, and of one message.
enum RequestDraw : std::uint64_t {
  kChargeId,
  kSubject,
  kProbe,
  kLength,
  kUnwanted,
  kUnwantedAfter
};
enum MessageDraw : std::uint64_t {
  kThere,
  kBack,
  kSlow,
  kLate,
  kApplied,
  kSecond,
  kFaultOf = 100,
};

enum class Kind : std::uint8_t {
  arrival,      // index: arrival number
  ask,          // an arrival whose node was suspended. index: arrival number
  retry,        // index: task
  again,        // a task after its pause, or that has waited for others. index: task
  reaches,      // a message reaches the table. index: message
  answer,       // a message's answer, or the news that there is none, reaches the node
  finish,       // a request that holds a place is done. index: task
  unwanted,     // an admission is given back. index: task
  disturbance,  // index
  restart,      // index: node
};

struct Thing {
  Kind kind;
  std::uint32_t index;
  std::uint32_t generation = 0;
};

// One request on its way through the rules.
struct Task {
  std::uint32_t generation = 0;
  std::uint32_t request = 0;
  std::uint32_t epoch = 0;  // of its node: a crash ends all tasks
  int node = 0;
  int actor = 0;
  int rule = 0;  // that it is at
  std::uint32_t sent = 0;
  std::int64_t cost = 1;
  std::uint64_t subject = 0;
  Draws draws{0};
  Time asked{};  // real time at which the node's clock was read
  Time now{};    // what it said
  Time deadline{};
  std::array<std::int64_t, kMaxRules> slots{};
  std::array<Time, kMaxRules> charged{};
  std::array<int, kMaxRules> versions{};
  ChargeState charge;    // of the rule that it is at
  bool is_idle = false;  // it waits or pauses
  bool has_alarm = false;
  // A retry at the time that a refusal named: what must come of it if nothing was written since.
  enum class Expect : std::uint8_t { nothing, refusal, admission } expect = Expect::nothing;
  std::uint64_t commits_before = 0;
};

struct Message {
  std::uint32_t generation = 0;
  std::uint32_t task = 0;
  std::uint32_t task_generation = 0;
  std::uint32_t epoch = 0;
  std::uint32_t request = 0;
  int node = 0;
  int key = 0;
  std::uint64_t charge_id = 0;  // the same for all messages of one charge of one key
  bool is_give_back = false;
  bool has_node = true;   // somebody waits for the answer
  bool is_extra = false;  // the network's own repetition of one that arrives as well
  bool fails_before = false;
  bool loses_answer = false;
  Time deadline{};
  Duration back{};
  Wire wire;      // what is sent
  Answer answer;  // what comes back
};

template <class T>
class Pool {
 public:
  std::uint32_t take() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(all_.size()));
      all_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  void put_back(std::uint32_t index) {
    ++all_[index].generation;
    free_.push_back(index);
  }
  T& operator[](std::uint32_t index) { return all_[index]; }

 private:
  std::deque<T> all_;  // references stay valid while it grows
  std::vector<std::uint32_t> free_;
};

// A task that waits for others of its node.
struct Waiting {
  Thing thing;
  int key = 0;
  std::uint64_t change = 0;
};

struct Node {
  Node(Node&&) = default;
  explicit Node(Duration clock_error) : clock(clock_error) {}

  NodeClock clock;
  std::uint32_t epoch = 0;
  bool is_up = true;
  Time paused_until = Time::min();
  std::array<int, kMaxRules> versions{};
  NodeMemory memory;
  std::vector<Waiting> waiting;
};

class World {
 public:
  World(const Scenario& scenario, bool keep_history)
      : scenario_(scenario),
        draws_(scenario.seed),
        history_(keep_history, kStart),
        service_(scenario),
        only_requests_(scenario.only_requests) {
    for (const Rule& rule : scenario_.rules) {
      first_key_.push_back(keys_);
      keys_ += rule.keys;
    }
    if (scenario_.is_judged) accounts_.resize(static_cast<std::size_t>(keys_));
    last_charge_.resize(static_cast<std::size_t>(keys_));
    for (int i = 0; i < scenario_.nodes; ++i) {
      const Duration error = scenario_.clock_error + scenario_.clock_excess;
      Node node(error);
      node.memory = service_.fresh_memory(kNodeDraws + static_cast<std::uint64_t>(i));
      // Mostly as far off as a clock may be.
      const Draws of_node = draws_.of(kNodeDraws + static_cast<std::uint64_t>(i));
      node.clock.step(kStart, of_node.chance(0, 700) ? error * of_node.one_of(1, {-1, 1})
                                                     : of_node.within(2, -error, error));
      nodes_.push_back(std::move(node));
    }
    recent_.fill(kStart);
  }

  Outcome run() {
    plan_disturbances();
    if (scenario_.arrivals > 0) plan_arrival(0, kStart);
    while (!schedule_.is_empty()) {
      now_ = schedule_.next_at();
      step(schedule_.take());
    }
    outcome_.digest = history_.digest();
    outcome_.lasted = now_ - kStart;
    outcome_.largest_item = service_.largest_item_bytes();
    if (history_.keeps()) outcome_.history = history_.text();
    if (!outcome_.violation && scenario_.is_judged) pass_judgement();
    return std::move(outcome_);
  }

 private:
  static constexpr std::uint64_t kNodeDraws = 1ULL << 40U;
  static constexpr std::uint64_t kArrivalDraws = 1ULL << 41U;

  Draws arrival_draws(std::uint32_t arrival) const { return draws_.of(kArrivalDraws + arrival); }

  void step(const Thing& thing) {
    switch (thing.kind) {
      case Kind::arrival:
        if (thing.index + 1 < scenario_.arrivals) plan_arrival(thing.index + 1, now_);
        ask(thing.index);
        break;
      case Kind::ask:
        ask(thing.index);
        break;
      case Kind::retry:
        retry(thing);
        break;
      case Kind::again:
        if (Task* task = live_task(thing)) {
          if (!task->is_idle || wait_while_paused(thing, task->node)) break;
          task->is_idle = false;
          act(thing.index, service_.go_on(task->charge, now_, task->deadline));
        }
        break;
      case Kind::reaches:
        reach(thing.index);
        break;
      case Kind::answer:
        take_answer(thing);
        break;
      case Kind::finish:
        finish(thing);
        break;
      case Kind::unwanted:
        give_back_unwanted(thing);
        break;
      case Kind::disturbance:
        disturb(thing.index);
        break;
      case Kind::restart:
        nodes_[thing.index].is_up = true;
        note_fault(static_cast<int>(thing.index), 0, "starts again, knowing nothing");
        break;
    }
  }

  // --- arrivals ---

  bool is_kept(std::uint32_t arrival, int place) const {
    return !only_requests_ || std::binary_search(only_requests_->begin(), only_requests_->end(),
                                                 request_number(arrival, place));
  }

  // Mostly at random, and often just where something changes: at a slot's edge, and where the
  // window of an earlier arrival ends.
  void plan_arrival(std::uint32_t arrival, Time before) {
    const Draws draws = arrival_draws(arrival);
    const Duration mean = scenario_.mean_gap;
    Time at = before;
    const std::int64_t manner = scenario_.is_steady ? 0 : draws.below(kGap, 100);
    if (manner < 60) {
      at += draws.within(kShare, Duration::zero(), 2 * mean);
    } else if (manner < 70) {
      at += draws.within(kShare, Duration::zero(), 6 * mean);
    } else if (manner < 80) {  // at the same instant
    } else if (manner < 90) {
      const limit::Geometry geometry = service_.geometry(0, 0);
      const Time edge = geometry.slot_start(geometry.slot_of(before) + 1);
      if (edge - before < 20 * mean) at = edge + Duration(draws.between(kShare, -1, 1));
    } else {
      const Time earlier = recent_[static_cast<std::size_t>(draws.below(kWhich, kRecentArrivals))];
      const Time end = earlier + scenario_.rules[0].versions[0].window;
      if (end > before && end - before < 20 * mean)
        at = end + Duration(draws.between(kShare, -1, 1));
    }
    at = std::max(at, before);
    recent_[arrival % kRecentArrivals] = at;
    schedule_.plan(at, {Kind::arrival, arrival});
  }

  void ask(std::uint32_t arrival) {
    const Draws draws = arrival_draws(arrival);
    const int which = static_cast<int>(draws.below(kNode, scenario_.nodes));
    Node& node = nodes_[static_cast<std::size_t>(which)];
    if (!node.is_up) return;
    if (wait_while_paused({Kind::ask, arrival}, which)) return;
    const std::int64_t burst =
        scenario_.is_steady
            ? scenario_.max_burst
            : (draws.chance(kBurst, 500) ? 1 : draws.between(kBurst + 100, 1, scenario_.max_burst));
    for (std::int64_t i = 0; i < burst; ++i) {
      if (!is_kept(arrival, static_cast<int>(i))) continue;
      const std::uint32_t index = tasks_.take();
      Task& task = tasks_[index];
      reset(task, request_number(arrival, static_cast<int>(i)), which,
            draws.of(static_cast<std::uint64_t>(i)));
      task.actor = static_cast<int>(draws.below(kActor, scenario_.actors));
      task.cost = cost_of(draws);
      task.subject = subject_of(task);
      begin(index);
    }
  }

  std::int64_t cost_of(const Draws& draws) const {
    const std::int64_t n = scenario_.rules[0].versions[0].n;
    if (scenario_.is_steady) return 1;
    switch (draws.below(kCost, 20)) {
      case 0:
        return n;
      case 1:
        return n / 3 + 1;
      case 2:
        return draws.chance(kCost + 100, 200) ? n + 1 : 2;
      default:
        return 1;
    }
  }

  std::uint64_t subject_of(const Task& task) const {
    // distinct: one of a few values. concurrency: the request's own, below.
    return static_cast<std::uint64_t>(
        task.draws.below(kSubject, 2 * scenario_.rules[0].versions[0].n + 2));
  }

  static void reset(Task& task, std::uint32_t request, int node, const Draws& draws) {
    task.request = request;
    task.node = node;
    task.draws = draws;
    task.rule = 0;
    task.sent = 0;
    task.is_idle = task.has_alarm = false;
    task.expect = Task::Expect::nothing;
  }

  // --- a request ---

  int key_of(const Task& task, int rule) const {
    return first_key_[static_cast<std::size_t>(rule)] +
           task.actor % scenario_.rules[static_cast<std::size_t>(rule)].keys;
  }
  int rule_of(int key) const {
    return static_cast<int>(std::upper_bound(first_key_.begin(), first_key_.end(), key) -
                            first_key_.begin()) -
           1;
  }
  Node& node_of(const Task& task) { return nodes_[static_cast<std::size_t>(task.node)]; }

  store::ChargeRequest request_of(const Task& task, int rule) const {
    const auto r = static_cast<std::size_t>(rule);
    const Rule& its_rule = scenario_.rules[r];
    const bool holds = its_rule.algorithm == Algorithm::concurrency;
    return {.key = service_.key(key_of(task, rule)),
            .limit = service_.limit(rule, task.versions[r], task.now),
            .cost = task.cost,
            .subject = holds ? task.draws.word(kSubject) : task.subject,
            .now = task.now,
            .budget = scenario_.budget};
  }

  void begin(std::uint32_t index) {
    Task& task = tasks_[index];
    Node& node = node_of(task);
    task.epoch = node.epoch;
    task.asked = now_;
    task.now = node.clock.read(now_);
    task.deadline = now_ + scenario_.budget;
    task.versions = node.versions;
    ++outcome_.decisions;
    history_.note(now_, What::asks, task.node, key_of(task, 0), task.request,
                  task.now.time_since_epoch().count(), task.cost);
    // What is known to be full is refused before anything is paid for.
    for (int rule = 0; rule < rules() && rules() > 1; ++rule) {
      const auto known = service_.known_refusal(node.memory, request_of(task, rule));
      if (known) return refuse(index, rule, *known, true);
    }
    enter_rule(index);
  }

  int rules() const { return static_cast<int>(scenario_.rules.size()); }

  void enter_rule(std::uint32_t index) {
    Task& task = tasks_[index];
    task.charge.request = request_of(task, task.rule);
    act(index, service_.begin(node_of(task).memory, task.charge, now_, task.deadline));
  }

  void act(std::uint32_t index, NextStep next) {
    Task& task = tasks_[index];
    switch (next.kind) {
      case NextStep::Kind::send:
        send(index, key_of(task, task.rule), std::move(*next.wire), false);
        break;
      case NextStep::Kind::wait:
        task.is_idle = true;
        node_of(task).waiting.push_back({{Kind::again, index, task.generation},
                                         key_of(task, task.rule),
                                         task.charge.charging->change()});
        if (!task.has_alarm || now_ > task.deadline) {  // for a last look
          task.has_alarm = true;
          schedule_.plan(std::max(task.deadline, now_) + Duration(1),
                         {Kind::again, index, task.generation});
        }
        break;
      case NextStep::Kind::pause:
        task.is_idle = true;
        schedule_.plan(now_ + next.pause, {Kind::again, index, task.generation});
        break;
      case NextStep::Kind::admitted:
        task.slots[static_cast<std::size_t>(task.rule)] = next.charge.slot;
        task.charged[static_cast<std::size_t>(task.rule)] = next.charged;
        if (++task.rule < rules()) {
          enter_rule(index);
        } else {
          admit(index, next.charge);
        }
        break;
      case NextStep::Kind::refused:
        refuse(index, task.rule, next.charge, next.is_local);
        break;
      case NextStep::Kind::undecided:
        ++outcome_.undecided;
        history_.note(now_, What::undecided, task.node, key_of(task, task.rule), task.request, 0, 0,
                      [&] { return std::string(next.why); });
        give_back_charged(index);
        end_task(index);
        break;
    }
  }

  void admit(std::uint32_t index, const limit::Charge& charge) {
    Task& task = tasks_[index];
    ++outcome_.admitted;
    note_full();
    history_.note(now_, What::admits, task.node, key_of(task, 0), task.request, charge.remaining,
                  task.cost);
    hold_to_account(task, true);
    const bool is_unwanted =
        scenario_.faults.has(Fault::give_back) && task.draws.chance(kUnwanted, 100);
    if (is_unwanted) {
      const Duration after = task.draws.chance(kUnwantedAfter, 500)
                                 ? Duration::zero()
                                 : task.draws.within(kUnwantedAfter + 100, Duration::zero(),
                                                     scenario_.rules[0].versions[0].window);
      schedule_.plan(now_ + after, {Kind::unwanted, index, task.generation});
      return;
    }
    std::optional<Duration> longest;
    for (int rule = 0; rule < rules(); ++rule) {
      const Rule& its_rule = scenario_.rules[static_cast<std::size_t>(rule)];
      if (its_rule.algorithm != Algorithm::concurrency) continue;
      longest = std::min(longest.value_or(Duration::max()), its_rule.versions[0].window);
    }
    const Time finished =
        longest ? now_ + task.draws.within(kLength, Duration::zero(), *longest) : now_;
    for (int rule = 0; rule < rules() && scenario_.is_judged; ++rule) {
      const auto r = static_cast<std::size_t>(rule);
      const bool is_hold = scenario_.rules[r].algorithm == Algorithm::concurrency;
      account(task, rule)
          .admissions.push_back({task.asked, task.charged[r], now_, task.cost, task.versions[r],
                                 request_of(task, rule).subject, is_hold ? finished : now_,
                                 task.request, task.slots[r]});
    }
    if (!longest) return end_task(index);
    schedule_.plan(finished, {Kind::finish, index, task.generation});
  }

  void note_full() {
    const auto n = static_cast<std::uint64_t>(scenario_.rules[0].versions[0].n);
    if (!scenario_.is_steady || outcome_.admitted % n != 0) return;
    if (++outcome_.times_full == 1) first_full_ = now_;
    outcome_.between_full = now_ - first_full_;
  }

  Account& account(const Task& task, int rule) {
    return accounts_[static_cast<std::size_t>(key_of(task, rule))];
  }

  void refuse(std::uint32_t index, int rule, const limit::Charge& charge, bool is_local) {
    Task& task = tasks_[index];
    ++outcome_.refused;
    history_.note(now_, What::refuses, task.node, key_of(task, rule), task.request,
                  charge.room_at.time_since_epoch().count(), is_local ? 1 : 0);
    hold_to_account(task, false);
    const std::int64_t n =
        scenario_.rules[static_cast<std::size_t>(rule)]
            .versions[static_cast<std::size_t>(task.versions[static_cast<std::size_t>(rule)])]
            .n;
    if (task.cost <= n && scenario_.is_judged) {
      account(task, rule)
          .refusals.push_back({task.asked, now_, task.cost,
                               task.versions[static_cast<std::size_t>(rule)],
                               request_of(task, rule).subject, task.request});
      plan_retries(task, charge);
    }
    give_back_charged(index);
    end_task(index);
  }

  void give_back_charged(std::uint32_t index) {
    for (int rule = 0; rule < tasks_[index].rule && rule < rules(); ++rule) give_back(index, rule);
  }

  void give_back(std::uint32_t index, int rule) {
    Task& task = tasks_[index];
    const auto r = static_cast<std::size_t>(rule);
    store::ChargeRequest request = request_of(task, rule);
    request.now = node_of(task).clock.read(now_);
    std::optional<Wire> wire = service_.give_back(node_of(task).memory, request, task.slots[r]);
    if (wire) send(index, key_of(task, rule), std::move(*wire), true);
  }

  void give_back_unwanted(const Thing& thing) {
    Task* task = live_task(thing);
    if (task == nullptr || wait_while_paused(thing, task->node)) return;
    for (int rule = 0; rule < rules(); ++rule) give_back(thing.index, rule);
    end_task(thing.index);
  }

  void finish(const Thing& thing) {
    // A node that is suspended does not finish anything; the request itself has ended.
    Task* task = live_task(thing);
    if (task == nullptr || wait_while_paused(thing, task->node)) return;
    history_.note(now_, What::finishes, task->node, key_of(*task, 0), task->request);
    for (int rule = 0; rule < rules(); ++rule) {
      if (scenario_.rules[static_cast<std::size_t>(rule)].algorithm == Algorithm::concurrency)
        give_back(thing.index, rule);
    }
    end_task(thing.index);
  }

  // Whatever turn it held at its node ends with it.
  void end_task(std::uint32_t index) {
    Task& task = tasks_[index];
    task.charge.charging.reset();
    task.charge.seen.reset();
    task.charge.leases.reset();
    tasks_.put_back(index);
    wake(node_of(task), key_of(task, std::min(task.rule, rules() - 1)));
  }

  // The task, unless its node has crashed since: then it is gone.
  Task* live_task(const Thing& thing) {
    Task& task = tasks_[thing.index];
    if (task.generation != thing.generation) return nullptr;
    if (task.epoch == node_of(task).epoch) return &task;
    end_task(thing.index);
    return nullptr;
  }

  bool wait_while_paused(const Thing& thing, int node) {
    const Time until = nodes_[static_cast<std::size_t>(node)].paused_until;
    if (until <= now_) return false;
    schedule_.plan(until, thing);
    return true;
  }

  // --- honesty of refusals ---

  // A lone client that retries when it was told to is admitted, and a nanosecond earlier it is not.
  // Held to account where nothing was written to the key between the refusal and the retry.
  void plan_retries(const Task& task, const limit::Charge& charge) {
    if (charge.room_at == Time::max() || rules() > 1 || task.expect != Task::Expect::nothing ||
        scenario_.faults.has(Fault::policy_change) || !task.draws.chance(kProbe, 60))
      return;
    const int key = key_of(task, 0);
    if (!service_.is_up_to_date(node_of(task).memory, key, task.charge)) return;
    const Duration ahead = node_of(task).clock.read(now_) - now_;
    const Time at = charge.room_at - ahead;
    if (at <= now_ + Duration(1) || at - now_ > 30 * service_.geometry(0, 0).span()) return;
    for (const auto& [when, expect] : {std::pair(at - Duration(1), Task::Expect::refusal),
                                       std::pair(at, Task::Expect::admission)}) {
      const std::uint32_t index = tasks_.take();
      Task& retry = tasks_[index];
      const Task& refused = task;
      reset(retry, refused.request, refused.node,
            refused.draws.of(1000 + static_cast<int>(expect)));
      retry.epoch = nodes_[static_cast<std::size_t>(retry.node)].epoch;
      retry.actor = refused.actor;
      retry.cost = refused.cost;
      retry.subject = refused.subject;
      retry.expect = expect;
      retry.commits_before = service_.commits(key);
      retry.now = charge.room_at - (expect == Task::Expect::refusal ? Duration(1) : Duration(0));
      schedule_.plan(when, {Kind::retry, index, retry.generation});
    }
  }

  void retry(const Thing& thing) {
    Task* task = live_task(thing);
    if (task == nullptr) return;
    // Only if the node's clock went on as it did: then it says the very time that was named.
    if (node_of(*task).clock.read(now_) != task->now || node_of(*task).paused_until > now_ ||
        !node_of(*task).is_up)
      return end_task(thing.index);
    begin(thing.index);
  }

  void hold_to_account(const Task& task, bool admitted) {
    if (task.expect == Task::Expect::nothing) return;
    const std::uint64_t commits = service_.commits(key_of(task, 0));
    if (task.expect == Task::Expect::refusal) {
      if (scenario_.leases) return;  // tokens come back without a write
      if (commits != task.commits_before + (admitted ? 1 : 0)) return;
      if (admitted)
        break_promise("retry_after is not late", task,
                      "was admitted a nanosecond before it was told to come");
    } else {
      if (commits != task.commits_before + (admitted ? 1 : 0)) return;
      ++outcome_.retries_at_room;
      if (!admitted)
        break_promise("retry_after is not early", task, "was refused when it was told to come");
    }
  }

  void break_promise(const char* promise, const Task& task, const char* what) {
    if (outcome_.violation) return;
    outcome_.violation = Violation{promise, "#" + request_name(task.request) + " " + what, now_};
  }

  // --- the network ---

  bool has_fault(const Draws& draws, Fault fault) const {
    return scenario_.faults.has(fault) &&
           draws.chance(kFaultOf + static_cast<std::uint64_t>(fault), scenario_.faults_per_mille);
  }

  Duration trip(const Draws& draws, std::uint64_t which) const {
    // Quick ones and slow ones: what goes wrong goes wrong at the ends.
    return draws.chance(which + 50, 500)
               ? draws.within(which, Duration::zero(), scenario_.latency / 4)
               : draws.within(which, scenario_.latency, scenario_.latency * 2);
  }

  void send(std::uint32_t index, int key, Wire wire, bool is_give_back) {
    Task& task = tasks_[index];
    const Draws draws = task.draws.of(100 + ++task.sent);
    const std::uint32_t m = messages_.take();
    Message& message = messages_[m];
    message.task = index;
    message.task_generation = task.generation;
    message.epoch = task.epoch;
    message.request = task.request;
    message.node = task.node;
    message.key = key;
    message.charge_id = task.draws.word(kChargeId);
    message.is_give_back = is_give_back;
    message.has_node = true;
    message.is_extra = false;
    message.fails_before = message.loses_answer = false;
    message.deadline = is_give_back ? now_ + scenario_.budget : wire.give_up;
    message.back = trip(draws, kBack);
    message.wire = std::move(wire);
    message.answer = {};
    history_.note(now_, is_give_back ? What::gives_back : What::sends, task.node, key, task.request,
                  0, 0, [&] { return text_of(messages_[m].wire); });
    Duration there = trip(draws, kThere);

    if (has_fault(draws, Fault::not_sent)) {
      message.answer.fate = Fate::not_done;
      note_fault(message.node, 1, "(no connection)");
      return plan_answer(m, now_ + there);
    }
    if (has_fault(draws, Fault::throttled)) {
      message.answer.fate = Fate::not_done;
      note_fault(message.node, 2, "(throttled)");
      return plan_answer(m, now_ + there + message.back);
    }
    if (has_fault(draws, Fault::lost_request)) {
      history_.note(now_, What::lost, task.node, key, task.request, 0);
      message.answer.fate = Fate::unknown;
      return plan_answer(m, message.deadline + Duration(1));
    }
    if (has_fault(draws, Fault::slow)) {
      there += draws.within(kSlow, Duration::zero(), scenario_.budget);
      message.back += draws.within(kSlow + 50, Duration::zero(), scenario_.budget);
    }
    if (!message.wire.gives_back() && has_fault(draws, Fault::duplicate)) {
      note_fault(message.node, 3, "(the request arrives twice)");
      messages_[plan_ghost(
                    m, now_ + there + draws.within(kSecond, Duration::zero(), scenario_.budget))]
          .is_extra = true;
    }
    // What gcra is given back late has drained meanwhile; limit/gcra.h allows for the budget.
    const bool is_of_gcra =
        scenario_.rules[static_cast<std::size_t>(rule_of(key))].algorithm == Algorithm::gcra;
    if (!(is_give_back && is_of_gcra) && has_fault(draws, Fault::late_request)) {
      note_fault(message.node, 4, "(the request is held up)");
      plan_ghost(m, std::max(messages_[m].deadline, now_) +
                        draws.within(kLate, Duration(1), 10 * scenario_.budget));
      messages_[m].answer.fate = Fate::unknown;
      return plan_answer(m, messages_[m].deadline + Duration(1));
    }
    if (has_fault(draws, Fault::reset)) {
      note_fault(messages_[m].node, 5, "(the connection breaks)");
      if (draws.chance(kApplied, 500)) plan_ghost(m, now_ + there);
      messages_[m].answer.fate = Fate::unknown;
      return plan_answer(m, now_ + there);
    }
    messages_[m].fails_before = has_fault(draws, Fault::error_before);
    messages_[m].loses_answer =
        has_fault(draws, Fault::lost_answer) || has_fault(draws, Fault::error_after);
    if (now_ + there > messages_[m].deadline) {  // given up before it arrives
      plan_ghost(m, now_ + there);
      messages_[m].answer.fate = Fate::unknown;
      return plan_answer(m, messages_[m].deadline + Duration(1));
    }
    schedule_.plan(now_ + there, {Kind::reaches, m});
  }

  // The same write, arriving once more, for nobody.
  std::uint32_t plan_ghost(std::uint32_t m, Time at) {
    const std::uint32_t ghost = messages_.take();
    const std::uint32_t generation = messages_[ghost].generation;
    messages_[ghost] = messages_[m];
    messages_[ghost].generation = generation;
    messages_[ghost].has_node = false;
    schedule_.plan(at, {Kind::reaches, ghost});
    return ghost;
  }

  // What comes after the deadline is not an answer any more.
  void plan_answer(std::uint32_t m, Time at) {
    Message& message = messages_[m];
    if (at > message.deadline) {
      message.answer.fate = Fate::unknown;
      at = message.deadline + Duration(1);
    }
    schedule_.plan(at, {Kind::answer, m});
  }

  void reach(std::uint32_t m) {
    Message& message = messages_[m];
    if (message.fails_before) {
      note_fault(-1, 6, "answers 500, having done nothing");
      message.answer.fate = Fate::unknown;
    } else {
      ++outcome_.writes;
      apply(message);
      if (message.loses_answer) {
        note_fault(-1, 7, "its answer gets lost");
        message.answer.fate = Fate::unknown;
      }
    }
    if (!message.has_node) return messages_.put_back(m);
    plan_answer(m, now_ + message.back);
  }

  void apply(Message& message) {
    if (scenario_.store == StoreKind::ideal && !message.is_give_back && now_ > message.deadline) {
      // It is told how long a charge may take; the table cannot be.
      history_.note(now_, What::arrives, -1, message.key, message.request, 0, 0,
                    [] { return std::string("too late, and thrown away"); });
      return;
    }
    message.answer = service_.apply(message.wire, message.key, now_);
    const Answer& answer = message.answer;
    if (answer.fate == Fate::condition_failed) ++outcome_.failed_conditions;
    check_applied_once(message);
    if (scenario_.is_judged) {
      Account& its = accounts_[static_cast<std::size_t>(message.key)];
      if (answer.charged > 0)
        its.commits.push_back({now_, answer.charged, message.wire.ask.subject});
      if (answer.released) its.releases.emplace_back(message.wire.ask.subject, now_);
      its.bookings.insert(its.bookings.end(), answer.bookings.begin(), answer.bookings.end());
    }
    history_.note(now_, What::arrives, -1, message.key, message.request,
                  static_cast<std::int64_t>(answer.fate), answer.summary,
                  [&] { return service_.text_of(answer); });
  }

  // However often a node sends it, a charge is not applied on top of itself.
  void check_applied_once(const Message& message) {
    if (scenario_.store != StoreKind::dynamodb || message.answer.fate != Fate::done) return;
    std::uint64_t& last = last_charge_[static_cast<std::size_t>(message.key)];
    // What the network repeats is not the node's doing, nor is what arrives late.
    const std::uint64_t id = message.is_give_back || message.is_extra ? 0 : message.charge_id;
    if (id != 0 && id == last && message.has_node && !outcome_.violation) {
      outcome_.violation = Violation{"a charge is not applied on top of itself",
                                     "key " + std::to_string(message.key) + ": #" +
                                         request_name(message.request) + " was charged twice",
                                     now_};
    }
    last = id;
  }

  void take_answer(const Thing& thing) {
    Message& message = messages_[thing.index];
    Node& node = nodes_[static_cast<std::size_t>(message.node)];
    if (wait_while_paused(thing, message.node)) return;
    Task& task = tasks_[message.task];
    const bool is_waited_for = message.epoch == node.epoch && !message.is_give_back &&
                               task.generation == message.task_generation;
    if (message.epoch == node.epoch && message.is_give_back && now_ <= message.deadline) {
      service_.take_give_back_answer(node.memory, message.key, message.answer,
                                     node.clock.read(now_));
      wake(node, message.key);
    }
    if (!is_waited_for) {
      if (!message.is_give_back && task.generation == message.task_generation &&
          task.epoch != node.epoch)
        end_task(message.task);
      return messages_.put_back(thing.index);
    }
    // A node that was suspended finds the answer there, and its deadline past.
    if (now_ > message.deadline) message.answer.fate = Fate::unknown;
    const std::uint32_t index = message.task;
    const int key = message.key;
    NextStep next = service_.take_answer(node.memory, key, task.charge, message.answer, now_,
                                         task.deadline, task.draws.of(100 + task.sent));
    messages_.put_back(thing.index);
    act(index, std::move(next));
    wake(node, key);
  }

  // Those whose wait has ended go on at once, in their order.
  void wake(Node& node, int key) {
    if (node.waiting.empty()) return;
    const std::uint64_t change = service_.change(node.memory, key);
    std::erase_if(node.waiting, [&](const Waiting& waiting) {
      if (waiting.key != key || waiting.change == change) return false;
      schedule_.plan(now_, waiting.thing);
      return true;
    });
  }

  // --- disturbances ---

  void plan_disturbances() {
    for (std::uint32_t i = 0; i < scenario_.disturbances.size(); ++i) {
      const bool kept =
          !scenario_.only_disturbances || std::binary_search(scenario_.only_disturbances->begin(),
                                                             scenario_.only_disturbances->end(), i);
      if (kept && scenario_.faults.has(scenario_.disturbances[i].kind))
        schedule_.plan(kStart + scenario_.disturbances[i].at, {Kind::disturbance, i});
    }
  }

  void disturb(std::uint32_t index) {
    const Disturbance& disturbance = scenario_.disturbances[index];
    const int which = disturbance.node % scenario_.nodes;
    Node& node = nodes_[static_cast<std::size_t>(which)];
    switch (disturbance.kind) {
      case Fault::crash:
        if (!node.is_up) return;
        node.is_up = false;
        ++node.epoch;
        node.paused_until = Time::min();
        node.waiting.clear();
        node.memory = service_.fresh_memory(kNodeDraws + static_cast<std::uint64_t>(which) +
                                            1000ULL * node.epoch);
        note_fault(which, 8, "crashes");
        schedule_.plan(now_ + disturbance.length,
                       {Kind::restart, static_cast<std::uint32_t>(which)});
        break;
      case Fault::pause:
        if (!node.is_up) return;
        node.paused_until = std::max(node.paused_until, now_ + disturbance.length);
        note_fault(which, 9, "is suspended");
        break;
      case Fault::clock_step:
        node.clock.step(now_, Duration(disturbance.value));
        note_fault(which, 10, "has its clock stepped");
        break;
      case Fault::clock_drift:
        node.clock.drift(now_, disturbance.value);
        note_fault(which, 11, "has its clock drift");
        break;
      case Fault::policy_change: {
        const auto rule = static_cast<std::size_t>(disturbance.value / 16);
        node.versions[rule] = static_cast<int>(disturbance.value % 16);
        note_fault(which, 12, "has another policy");
        break;
      }
      case Fault::expiry:
        for (int key = 0; key < keys_; ++key) {
          if (service_.delete_if_expired(key, now_)) history_.note(now_, What::deleted, -1, key, 0);
        }
        break;
      default:
        break;
    }
  }

  template <class Text>
  void note_fault(int node, std::int64_t code, Text text) {
    history_.note(now_, What::fault, node, 0, 0, code, 0, [&] { return std::string(text); });
  }

  // --- the end ---

  void pass_judgement() {
    for (std::size_t r = 0; r < scenario_.rules.size(); ++r) {
      const Rule& rule = scenario_.rules[r];
      for (int k = 0; k < rule.keys; ++k) {
        const int key = first_key_[r] + k;
        outcome_.violation =
            judge(accounts_[static_cast<std::size_t>(key)], scenario_, rule, key, now_);
        if (outcome_.violation) return;
      }
    }
  }

  const Scenario& scenario_;
  const Draws draws_;
  History history_;
  Service service_;
  const std::optional<std::vector<std::uint32_t>>& only_requests_;
  Schedule<Thing> schedule_;
  Time now_ = kStart;
  std::vector<int> first_key_;
  int keys_ = 0;
  std::vector<Node> nodes_;
  std::vector<Account> accounts_;
  std::vector<std::uint64_t> last_charge_;  // by key: whose charge was applied last
  Pool<Task> tasks_;
  Pool<Message> messages_;
  std::array<Time, kRecentArrivals> recent_{};
  Time first_full_{};
  Outcome outcome_;
};

}  // namespace

Outcome run(const Scenario& scenario, bool keep_history) {
  return World(scenario, keep_history).run();
}

}  // namespace weir::sim
