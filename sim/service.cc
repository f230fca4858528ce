#include "sim/service.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/check.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxRoundTrips = 4;

limit::Limit limit_of(const Rule& rule, const Numbers& numbers, Duration error) {
  switch (rule.algorithm) {
    case Algorithm::exact_window:
      return limit::WindowLimit{numbers.n, limit::Geometry::for_window(numbers.window, error)};
    case Algorithm::gcra:
      return limit::GcraLimit::strict(numbers.n, numbers.window, numbers.burst, error);
    case Algorithm::fixed_window:
      return limit::FixedWindowLimit{numbers.n, Time(), Time(numbers.window)};
    case Algorithm::distinct:
      return limit::DistinctLimit{
          numbers.n, limit::Geometry::for_window(numbers.window, error, limit::kMaxDistinctSlots)};
    case Algorithm::concurrency:
      return limit::ConcurrencyLimit{numbers.n, numbers.window + 2 * error};
  }
  return {};
}

void take(std::optional<store::StoredState>& known, const std::optional<store::StoredState>& seen,
          const std::optional<store::StoredState>& assumed) {
  const bool began_again = seen ? assumed && seen->version < assumed->version : assumed.has_value();
  if (!known || began_again || (seen && seen->version >= known->version)) known = seen;
}

std::optional<store::StoredState> state_in(const std::optional<store::Item>& item) {
  if (!item) return std::nullopt;
  Result<store::StoredState> state = store::read_state(*item);
  WEIR_CHECK(state.has_value());  // the table holds what Weir wrote and nothing else
  return std::move(*state);
}

NextStep undecided(const char* why) {
  NextStep next;
  next.why = why;
  return next;
}

}  // namespace

Service::Service(const Scenario& scenario) : scenario_(scenario) {
  std::size_t keys = 0;
  for (const Rule& rule : scenario.rules) {
    keys += static_cast<std::size_t>(rule.keys);
    std::vector<limit::Limit> limits;
    for (const Numbers& numbers : rule.versions)
      limits.push_back(limit_of(rule, numbers, scenario.stretch()));
    limits_.push_back(std::move(limits));
  }
  items_.resize(keys);
}

NodeMemory Service::fresh_memory() const {
  NodeMemory memory;
  memory.seen.resize(items_.size());
  return memory;
}

Key Service::key(int key) const {
  Key result;
  std::memcpy(result.bytes.data(), &key, sizeof(key));
  return result;
}

limit::Limit Service::limit(int rule, int version, Time now) const {
  const limit::Limit& limit =
      limits_[static_cast<std::size_t>(rule)][static_cast<std::size_t>(version)];
  if (const auto* fixed = std::get_if<limit::FixedWindowLimit>(&limit)) {
    const Duration window = fixed->end - fixed->start;
    const Time start = Time(now.time_since_epoch() / window * window);
    return limit::FixedWindowLimit{fixed->n, start, start + window};
  }
  return limit;
}

limit::Geometry Service::geometry(int rule, int version) const {
  return limit::Geometry::for_window(scenario_.rules[static_cast<std::size_t>(rule)]
                                         .versions[static_cast<std::size_t>(version)]
                                         .window,
                                     scenario_.stretch());
}

std::optional<limit::Charge> Service::known_refusal(const NodeMemory& memory, int key,
                                                    const store::ChargeRequest& request) const {
  if (scenario_.store == StoreKind::ideal) return std::nullopt;
  const auto& seen = memory.seen[static_cast<std::size_t>(key)];
  if (!seen) return std::nullopt;
  store::Plan plan = store::plan_charge(seen, request);
  if (plan.kind != store::Plan::Kind::refuse) return std::nullopt;
  return plan.charge;
}

NextStep Service::next(NodeMemory& memory, int key, const store::ChargeRequest& request,
                       ChargeState& state, bool is_too_late) const {
  NextStep next;
  if (is_too_late) return undecided("no time left");
  if (scenario_.store == StoreKind::ideal) {
    next.kind = NextStep::Kind::send;
    next.wire.ideal = Wire::Ideal::charge;
    next.wire.limit = request.limit;
    next.wire.ask = {request.now, request.cost, request.subject};
    next.wire.charges = request.cost;
    return next;
  }
  if (state.round_trips >= kMaxRoundTrips) return undecided("it changed under each try");
  const auto& seen = memory.seen[static_cast<std::size_t>(key)];
  state.plan = store::plan_charge(seen, request);
  if (state.plan.kind == store::Plan::Kind::refuse) {
    next.kind = NextStep::Kind::refused;
    next.charge = state.plan.charge;
    next.is_local = state.round_trips == 0;
    return next;
  }
  state.seen = seen;
  ++state.round_trips;
  next.kind = NextStep::Kind::send;
  next.wire.update = store::write_of(state.plan, seen, request, write_ids_.next());
  next.wire.charges = request.cost;
  return next;
}

NextStep Service::take_answer(NodeMemory& memory, int key, const store::ChargeRequest& request,
                              ChargeState& state, const Answer& answer, Duration left,
                              const Draws& draws) const {
  NextStep next;
  auto& known = memory.seen[static_cast<std::size_t>(key)];
  state.commits = answer.commits;
  switch (answer.fate) {
    case Fate::done: {
      next.charged = answer.at;
      if (scenario_.store == StoreKind::ideal) {
        next.kind = answer.charge.admitted ? NextStep::Kind::admitted : NextStep::Kind::refused;
        next.charge = answer.charge;
        return next;
      }
      const std::optional<store::StoredState> after = state_in(answer.item);
      take(known, after, state.seen);
      next.kind = NextStep::Kind::admitted;
      next.charge = store::describe_admission(*after, request);
      return next;
    }
    case Fate::condition_failed:
      take(known, state_in(answer.item), state.seen);
      return this->next(memory, key, request, state, left < Duration::zero());
    case Fate::not_done: {
      const Duration pause =
          draws.within(7, Duration::zero(), scenario_.budget / 8 * (1 << state.round_trips));
      if (pause >= left || state.round_trips >= kMaxRoundTrips)
        return undecided("not done, and no time to try again");
      next.kind = NextStep::Kind::wait;
      next.pause = pause;
      return next;
    }
    case Fate::unknown:
      break;
  }
  return undecided("no answer");
}

std::optional<Wire> Service::give_back(const store::ChargeRequest& request,
                                       std::int64_t slot) const {
  Wire wire;
  if (scenario_.store == StoreKind::ideal) {
    wire.ideal = Wire::Ideal::give_back;
    wire.limit = request.limit;
    wire.ask = {request.now, request.cost, request.subject};
    wire.slot = slot;
  } else {
    std::optional<store::ConditionalUpdate> update =
        store::give_back_write(request, slot, write_ids_.next());
    if (!update) return std::nullopt;
    wire.update = std::move(*update);
  }
  return wire;
}

void Service::take_give_back_answer(NodeMemory& memory, int key, const Answer& answer) const {
  if (scenario_.store == StoreKind::ideal || answer.fate != Fate::done) return;
  auto& known = memory.seen[static_cast<std::size_t>(key)];
  if (known) take(known, state_in(answer.item), std::nullopt);
}

bool Service::is_up_to_date(const NodeMemory& memory, int key, const ChargeState& state) const {
  if (scenario_.store == StoreKind::ideal) return state.commits == commits(key);
  const auto& seen = memory.seen[static_cast<std::size_t>(key)];
  const auto& item = items_[static_cast<std::size_t>(key)].item;
  return seen && item && seen->version == item->get_or("v", 0);
}

Answer Service::apply(const Wire& wire, int key, Time now) {
  Place& place = items_[static_cast<std::size_t>(key)];
  Answer answer;
  answer.at = now;
  if (wire.ideal == Wire::Ideal::none) {
    store::UpdateResult result = store::apply_update(wire.update, place.item);
    answer.fate = result.done ? Fate::done : Fate::condition_failed;
    if (result.done) {
      place.item = result.item;
      answer.charged = wire.charges;
      answer.released = wire.charges == 0;
      ++place.commits;
    }
    answer.item = std::move(result.item);
    if (answer.item)
      answer.summary = answer.item->get_or("t", 0) * 1024 + answer.item->get_or("v", 0);
    return answer;
  }
  answer.fate = Fate::done;
  answer.subject = wire.ask.subject;
  if (wire.ideal == Wire::Ideal::charge) {
    answer.charge = limit::charge(place.state, wire.limit, wire.ask);
    if (answer.charge.admitted) {
      answer.charged = wire.ask.cost;
      ++place.commits;
    }
    answer.summary = answer.charge.remaining * 2 + (answer.charge.admitted ? 1 : 0);
  } else {
    limit::give_back(place.state, wire.limit, wire.ask, wire.slot);
    answer.released = true;
    ++place.commits;
  }
  answer.commits = place.commits;
  return answer;
}

bool Service::delete_if_expired(int key, Time now) {
  Place& place = items_[static_cast<std::size_t>(key)];
  if (!place.item) return false;
  const Time expiry =
      Time(std::chrono::seconds(place.item->get_or("exp", INT64_MAX / 2'000'000'000)));
  if (expiry > now) return false;
  place.item.reset();
  return true;
}

std::string Service::text_of(int /*key*/, const Answer& answer) const {
  std::string text = answer.fate == Fate::done ? "done:" : "not done:";
  if (answer.item) {
    for (const store::Attribute& attribute : *answer.item)
      text += fmt::format(" {}={}", attribute.name.text(), attribute.value);
  } else if (scenario_.store == StoreKind::ideal) {
    text += answer.released
                ? " given back"
                : fmt::format(" {}, {} left", answer.charge.admitted ? "charged" : "full",
                              answer.charge.remaining);
  } else {
    text += " no item";
  }
  return text;
}

std::string text_of(const Wire& wire) {
  if (wire.ideal != Wire::Ideal::none)
    return wire.ideal == Wire::Ideal::charge ? "a charge" : "a charge that is not wanted";
  std::string text;
  const auto clause = [&](std::string_view word, const auto& list, const auto& one) {
    if (list.empty()) return;
    text += text.empty() ? "" : " ";
    text += word;
    for (const auto& entry : list) text += ' ' + one(entry);
  };
  const auto number = [](const store::Attribute& attribute) {
    return fmt::format("{}={}", attribute.name.text(), attribute.value);
  };
  clause("SET", wire.update.set, number);
  clause("ADD", wire.update.add, number);
  clause("REMOVE", wire.update.remove,
         [](const store::AttributeName& name) { return std::string(name.text()); });
  static constexpr std::string_view kRelations[] = {"=", "<>", "<", "<=", ">", ">="};
  text += " IF";
  for (const auto& all_of : wire.update.any_of) {
    if (&all_of != &wire.update.any_of.front()) text += " or";
    for (const store::Requirement& requirement : all_of) {
      if (requirement.relation == store::Relation::absent ||
          requirement.relation == store::Relation::present) {
        text += fmt::format(" {}{}", requirement.relation == store::Relation::absent ? "no " : "",
                            requirement.name.text());
      } else {
        text += fmt::format(" {}{}{}", requirement.name.text(),
                            kRelations[static_cast<std::size_t>(requirement.relation)],
                            requirement.value);
      }
    }
  }
  return text;
}

}  // namespace weir::sim
