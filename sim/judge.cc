#include "sim/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "store/dynamodb/seen_states.h"

namespace weir::sim {
namespace {

struct At {
  Time at;
  std::int64_t cost;
};

struct Fullest {
  std::int64_t admitted = 0;
  Time first{}, last{};
};

// The fullest closed interval of this length. In any order.
Fullest fullest(std::vector<At> admissions, Duration window) {
  std::sort(admissions.begin(), admissions.end(),
            [](const At& a, const At& b) { return a.at < b.at; });
  Fullest result;
  std::int64_t inside = 0;
  std::size_t first = 0;
  for (const At& last : admissions) {
    inside += last.cost;
    while (last.at - admissions[first].at > window) inside -= admissions[first++].cost;
    if (inside > result.admitted) result = {inside, admissions[first].at, last.at};
  }
  return result;
}

std::vector<At> by(Time Admission::*instant, const std::vector<Admission>& admissions) {
  std::vector<At> result;
  result.reserve(admissions.size());
  for (const Admission& admission : admissions)
    result.push_back({admission.*instant, admission.cost});
  return result;
}

constexpr std::pair<Time Admission::*, const char*> kAxes[] = {{&Admission::asked, "asked"},
                                                               {&Admission::charged, "charged"},
                                                               {&Admission::answered, "answered"}};

std::int64_t largest_n(const Rule& rule) {
  std::int64_t n = 0;
  for (const Numbers& numbers : rule.versions) n = std::max(n, numbers.n);
  return n;
}
Duration shortest_window(const Rule& rule) {
  Duration window = Duration::max();
  for (const Numbers& numbers : rule.versions) window = std::min(window, numbers.window);
  return window;
}

limit::Geometry geometry_of(const Scenario& scenario, const Rule& rule, int version, int slots) {
  return limit::Geometry::for_window(rule.versions[static_cast<std::size_t>(version)].window,
                                     scenario.stretch(), slots);
}

// --- exact window ---

std::optional<Violation> window_promise(const Account& account, const Scenario& scenario,
                                        const Rule& rule, int key) {
  const Duration window = shortest_window(rule);
  const std::int64_t n = largest_n(rule);
  for (const auto& [instant, name] : kAxes) {
    const Fullest worst = fullest(by(instant, account.admissions), window);
    if (worst.admitted > n) {
      return Violation{
          "at most N in any W",
          fmt::format("key {}: {} were admitted within {} ns, by the time they were {}; "
                      "N is {} in {} ns",
                      key, worst.admitted, (worst.last - worst.first).count(), name, n,
                      window.count()),
          worst.last};
    }
  }
  // A token of a lease was decided when it was paid for, which is not known here.
  if (rule.versions.size() == 1 || scenario.leases) return std::nullopt;
  // More exactly: each found room under the limit that was in force where it was decided.
  // Of those that were charged in the same nanosecond, the order that is most in their favour.
  std::vector<const Admission*> in_order;
  for (const Admission& admission : account.admissions) in_order.push_back(&admission);
  const auto n_of = [&](const Admission* admission) {
    return rule.versions[static_cast<std::size_t>(admission->version)].n;
  };
  std::stable_sort(in_order.begin(), in_order.end(), [&](const Admission* a, const Admission* b) {
    return std::pair(a->charged, n_of(a)) < std::pair(b->charged, n_of(b));
  });
  std::int64_t inside = 0;
  std::size_t first = 0;
  for (const Admission* last : in_order) {
    inside += last->cost;
    while (last->charged - in_order[first]->charged > window) inside -= in_order[first++]->cost;
    const std::int64_t allowed = n_of(last);
    if (inside > allowed) {
      return Violation{
          "at most the N in force",
          fmt::format("key {}: #{} was admitted as number {} within {} ns, by a node "
                      "whose N is {}",
                      key, request_name(last->request), inside, window.count(), allowed),
          last->answered};
    }
  }
  return std::nullopt;
}

// A refusal has a reason if what was charged since this long before it leaves no room.
std::optional<Violation> justified_by_sum(const Account& account, const Scenario& scenario,
                                          const Rule& rule, int key, Duration horizon) {
  std::vector<std::int64_t> sums{0};
  for (const Commit& commit : account.commits) sums.push_back(sums.back() + commit.cost);
  const auto charged_before = [&](Time at) {
    const auto place = std::partition_point(account.commits.begin(), account.commits.end(),
                                            [&](const Commit& commit) { return commit.at < at; });
    return sums[static_cast<std::size_t>(place - account.commits.begin())];
  };
  for (const Refusal& refusal : account.refusals) {
    const std::int64_t n = rule.versions[static_cast<std::size_t>(refusal.version)].n;
    const std::int64_t charged =
        charged_before(refusal.answered + Duration(1)) - charged_before(refusal.asked - horizon);
    if (charged + refusal.cost <= n) {
      return Violation{"a refusal has a reason",
                       fmt::format("key {}: #{} was refused although only {} of {} were charged in "
                                   "the {} ns before it",
                                   key, request_name(refusal.request), charged, n,
                                   (horizon + (refusal.answered - refusal.asked)).count()),
                       refusal.answered};
    }
  }
  static_cast<void>(scenario);
  return std::nullopt;
}

// Of what was charged to a slot and not given back, no more was let through: each token is handed
// out once, counts for the slot that it was charged to, and is given back once or not at all.
std::optional<Violation> window_bookings(const Account& account, const Scenario& scenario,
                                         const Rule& rule, int key, Time end) {
  // Another geometry has other slots.
  if (scenario.store != StoreKind::dynamodb || rule.versions.size() > 1) return std::nullopt;
  std::map<std::int64_t, std::int64_t> left;
  for (const Booking& booking : account.bookings) left[booking.slot] += booking.change;
  for (const Admission& admission : account.admissions) left[admission.slot] -= admission.cost;
  for (const auto& [slot, count] : left) {
    if (count < 0) {
      return Violation{"what is let through stays charged",
                       fmt::format("key {}: {} more were let through as charged to slot {} than "
                                   "were charged to it and not given back",
                                   key, -count, slot),
                       end};
    }
  }
  return std::nullopt;
}

bool has_one_window(const Rule& rule) {
  return std::all_of(rule.versions.begin(), rule.versions.end(), [&](const Numbers& numbers) {
    return numbers.window == rule.versions.front().window;
  });
}

std::optional<Violation> window_liveness(const Account& account, const Scenario& scenario,
                                         const Rule& rule, int key, Time end) {
  if (!scenario.is_steady || account.commits.empty()) return std::nullopt;
  // Whoever always asks gets N in every K+1 slots. What starts late, or is rounded up to the next
  // request, is the mean gap's share.
  const limit::Geometry geometry = geometry_of(scenario, rule, 0, limit::kMaxSlots);
  const std::int64_t n = rule.versions.front().n;
  const Duration turn = geometry.slot_width() * (geometry.slots() + 1) + 2 * scenario.clock_error +
                        scenario.budget + 20 * scenario.mean_gap;
  const std::int64_t turns = (end - account.commits.front().at) / turn;
  std::int64_t admitted = 0;
  for (const Admission& admission : account.admissions) admitted += admission.cost;
  if (admitted < turns * n) {
    return Violation{"all of N is usable",
                     fmt::format("key {}: {} were admitted, where {} times {} had room", key,
                                 admitted, turns, n),
                     end};
  }
  return std::nullopt;
}

std::optional<Violation> judge_window(const Account& account, const Scenario& scenario,
                                      const Rule& rule, int key, Time end) {
  if (auto broken = window_promise(account, scenario, rule, key)) return broken;
  if (auto broken = window_bookings(account, scenario, rule, key, end)) return broken;
  if (has_one_window(rule)) {
    const limit::Geometry geometry = geometry_of(scenario, rule, 0, limit::kMaxSlots);
    // A charge is filed at most e ahead, lives to the end of K slots after its own, and the node
    // that refuses may be e behind.
    const Duration horizon =
        geometry.slot_width() * (geometry.slots() + 1) + 2 * scenario.clock_error;
    if (auto broken = justified_by_sum(account, scenario, rule, key, horizon)) return broken;
  }
  return window_liveness(account, scenario, rule, key, end);
}

// --- gcra ---

limit::GcraLimit gcra_of(const Scenario& scenario, const Numbers& numbers) {
  return limit::GcraLimit::strict(numbers.n, numbers.window, numbers.burst, scenario.stretch());
}

std::optional<Violation> judge_gcra(const Account& account, const Scenario& scenario,
                                    const Rule& rule, int key) {
  // strict: never more than N in any W. Over changes of the numbers, what the largest burst and the
  // shortest interval allow.
  limit::GcraLimit limit = gcra_of(scenario, rule.versions.front());
  std::int64_t n = rule.versions.front().n;
  if (rule.versions.size() > 1) {
    for (const Numbers& numbers : rule.versions) {
      const limit::GcraLimit other = gcra_of(scenario, numbers);
      limit.burst = std::max(limit.burst, other.burst);
      limit.interval = std::min(limit.interval, other.interval);
    }
    n = limit.worst_case(shortest_window(rule));
  }
  for (const auto& [instant, name] : kAxes) {
    const Fullest worst = fullest(by(instant, account.admissions), shortest_window(rule));
    if (worst.admitted > n) {
      return Violation{
          "at most B and what flows in, in any W",
          fmt::format("key {}: {} were admitted within {} ns, by the time they were {}; "
                      "{} are allowed",
                      key, worst.admitted, (worst.last - worst.first).count(), name, n),
          worst.last};
    }
  }
  // Of those between any two, both included, at most B and what flows in between.
  for (const auto& [instant, name] : kAxes) {
    std::vector<At> in_order = by(instant, account.admissions);
    std::sort(in_order.begin(), in_order.end(),
              [](const At& a, const At& b) { return a.at < b.at; });
    Duration level{};  // of what has not drained, if it drains from the first on
    Time before = Time::min();
    for (const At& admission : in_order) {
      if (before != Time::min())
        level = std::max(level - (admission.at - before), Duration::zero());
      before = admission.at;
      level += limit.interval * admission.cost;
      if (level > limit.tolerance() + 2 * scenario.stretch()) {
        return Violation{"at most B and what flows in",
                         fmt::format("key {}: by the time they were {}, more than the burst of {} "
                                     "and what flows in passed",
                                     key, name, limit.burst),
                         admission.at};
      }
    }
  }
  if (rule.versions.size() > 1) return std::nullopt;
  // A refusal has a reason: all that was ever charged, drained by real time, leaves no room.
  Duration level{};
  Time before = Time::min();
  std::size_t next = 0;
  std::vector<Refusal> refusals = account.refusals;
  std::sort(refusals.begin(), refusals.end(),
            [](const Refusal& a, const Refusal& b) { return a.answered < b.answered; });
  for (const Refusal& refusal : refusals) {
    for (; next < account.commits.size() && account.commits[next].at <= refusal.answered; ++next) {
      const Commit& commit = account.commits[next];
      if (before != Time::min()) level = std::max(level - (commit.at - before), Duration::zero());
      before = commit.at;
      level += limit.interval * commit.cost;
    }
    if (refusal.cost > limit.burst) continue;
    const Duration drained = before == Time::min() ? Duration::zero() : refusal.asked - before;
    if (level - drained + 4 * scenario.stretch() + limit.interval * refusal.cost <=
        limit.tolerance()) {
      return Violation{"a refusal has a reason",
                       fmt::format("key {}: #{} was refused although the bucket had room", key,
                                   request_name(refusal.request)),
                       refusal.answered};
    }
  }
  return std::nullopt;
}

// --- fixed window ---

std::optional<Violation> judge_fixed(const Account& account, const Scenario& scenario,
                                     const Rule& rule, int key) {
  // Two windows touch any interval that is shorter than W by as much as the clocks disagree.
  const Duration window = shortest_window(rule) - 2 * scenario.stretch() - Duration(1);
  const std::int64_t n = largest_n(rule);
  if (window > Duration::zero()) {
    for (const auto& [instant, name] : kAxes) {
      const Fullest worst = fullest(by(instant, account.admissions), window);
      if (worst.admitted > 2 * n) {
        return Violation{
            "at most 2N in W",
            fmt::format("key {}: {} were admitted within {} ns, by the time they were "
                        "{}; N is {}",
                        key, worst.admitted, (worst.last - worst.first).count(), name, n),
            worst.last};
      }
    }
  }
  if (rule.versions.size() > 1) return std::nullopt;
  return justified_by_sum(account, scenario, rule, key,
                          rule.versions.front().window + 2 * scenario.clock_error);
}

// --- distinct ---

struct Sight {
  Time at;
  std::uint64_t subject;
};

// The most different subjects in any closed interval of this length.
std::int64_t most_distinct(std::vector<Sight> sights, Duration window, Time& at) {
  std::sort(sights.begin(), sights.end(),
            [](const Sight& a, const Sight& b) { return a.at < b.at; });
  std::unordered_map<std::uint64_t, std::int64_t> inside;
  std::size_t first = 0;
  std::int64_t most = 0;
  for (const Sight& last : sights) {
    ++inside[last.subject];
    while (last.at - sights[first].at > window) {
      const auto place = inside.find(sights[first++].subject);
      if (--place->second == 0) inside.erase(place);
    }
    if (static_cast<std::int64_t>(inside.size()) > most) {
      most = static_cast<std::int64_t>(inside.size());
      at = last.at;
    }
  }
  return most;
}

std::optional<Violation> judge_distinct(const Account& account, const Scenario& scenario,
                                        const Rule& rule, int key) {
  const std::int64_t n = largest_n(rule);
  for (const auto& [instant, name] : kAxes) {
    std::vector<Sight> sights;
    for (const Admission& admission : account.admissions)
      sights.push_back({admission.*instant, admission.subject});
    Time at{};
    const std::int64_t most = most_distinct(std::move(sights), shortest_window(rule), at);
    if (most > n) {
      return Violation{"at most M different in any W",
                       fmt::format("key {}: {} different were admitted within W, by the time they "
                                   "were {}; M is {}",
                                   key, most, name, n),
                       at};
    }
  }
  if (rule.versions.size() > 1) return std::nullopt;
  const limit::Geometry geometry = geometry_of(scenario, rule, 0, limit::kMaxDistinctSlots);
  const Duration horizon =
      geometry.slot_width() * (geometry.slots() + 1) + 2 * scenario.clock_error;
  for (const Refusal& refusal : account.refusals) {
    std::map<std::uint64_t, bool> alive;
    auto place = std::partition_point(
        account.commits.begin(), account.commits.end(),
        [&](const Commit& commit) { return commit.at < refusal.asked - horizon; });
    for (; place != account.commits.end() && place->at <= refusal.answered; ++place) {
      alive[place->subject] = true;
      if (static_cast<std::int64_t>(alive.size()) >= n) break;
    }
    if (static_cast<std::int64_t>(alive.size()) < n) {
      return Violation{"a refusal has a reason",
                       fmt::format("key {}: #{} was refused although only {} of {} were alive", key,
                                   request_name(refusal.request), alive.size(), n),
                       refusal.answered};
    }
  }
  return std::nullopt;
}

// --- concurrency ---

std::optional<Violation> judge_concurrency(const Account& account, const Scenario& scenario,
                                           const Rule& rule, int key) {
  // +1 where one is let in, -1 after it has finished.
  std::vector<std::pair<Time, std::int64_t>> changes;
  for (const Admission& admission : account.admissions) {
    changes.emplace_back(admission.answered, 1);
    changes.emplace_back(std::max(admission.finished, admission.answered), -1);
  }
  std::sort(changes.begin(), changes.end());
  std::int64_t in_flight = 0;
  for (const auto& [at, change] : changes) {
    in_flight += change;
    if (in_flight > largest_n(rule)) {
      return Violation{"at most M in flight",
                       fmt::format("key {}: {} were in flight at once; M is {}", key, in_flight,
                                   largest_n(rule)),
                       at};
    }
  }
  if (rule.versions.size() > 1) return std::nullopt;
  const Duration hold = rule.versions.front().window + 2 * scenario.stretch();
  // A node may believe for a while that all places are taken; how long is said here once more, so
  // that it cannot grow unseen.
  constexpr Duration kBelieveFull = std::chrono::milliseconds(100);
  const Duration heard = kBelieveFull + 2 * scenario.clock_error + scenario.budget;
  std::unordered_map<std::uint64_t, std::vector<Time>> releases;
  for (const auto& [subject, at] : account.releases) releases[subject].push_back(at);
  const auto is_released = [&](const Commit& commit, Time before) {
    const auto place = releases.find(commit.subject);
    return place != releases.end() &&
           std::any_of(place->second.begin(), place->second.end(),
                       [&](Time at) { return at >= commit.at && at < before; });
  };
  for (const Refusal& refusal : account.refusals) {
    std::int64_t held = 0;
    auto place = std::partition_point(
        account.commits.begin(), account.commits.end(), [&](const Commit& commit) {
          return commit.at < refusal.asked - hold - 2 * scenario.clock_error;
        });
    for (; place != account.commits.end() && place->at <= refusal.answered; ++place) {
      if (!is_released(*place, refusal.asked - heard)) ++held;
      if (held >= rule.versions.front().n) break;
    }
    if (held < rule.versions.front().n) {
      return Violation{
          "a refusal has a reason",
          fmt::format("key {}: #{} was refused although only {} of {} places were held", key,
                      request_name(refusal.request), held, rule.versions.front().n),
          refusal.answered};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Violation> judge(const Account& account, const Scenario& scenario, const Rule& rule,
                               int key, Time end) {
  switch (rule.algorithm) {
    case Algorithm::exact_window:
      return judge_window(account, scenario, rule, key, end);
    case Algorithm::gcra:
      return judge_gcra(account, scenario, rule, key);
    case Algorithm::fixed_window:
      return judge_fixed(account, scenario, rule, key);
    case Algorithm::distinct:
      return judge_distinct(account, scenario, rule, key);
    case Algorithm::concurrency:
      return judge_concurrency(account, scenario, rule, key);
  }
  return std::nullopt;
}

}  // namespace weir::sim
