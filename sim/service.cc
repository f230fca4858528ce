#include "sim/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLeaseCells = 4;

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

std::optional<store::StoredState> state_in(const std::optional<store::Item>& item) {
  if (!item) return std::nullopt;
  Result<store::StoredState> state = store::read_state(*item);
  WEIR_CHECK(state.has_value());  // the table holds what Weir wrote and nothing else
  return std::move(*state);
}

store::WriteAnswer as_the_store_hears_it(const Answer& answer) {
  using Fate = store::WriteAnswer::Fate;
  switch (answer.fate) {
    case sim::Fate::done:
      return {.fate = Fate::applied, .state = state_in(answer.item)};
    case sim::Fate::condition_failed:
      return {.fate = Fate::stopped, .state = state_in(answer.item)};
    case sim::Fate::not_done:
      return {.fate = Fate::put_off, .error = {ErrorCode::throttled, "not done", "", true}};
    case sim::Fate::unknown:
      break;
  }
  return {.fate = Fate::unknown, .error = {ErrorCode::timeout, "no answer", "", true}};
}

bool takes_off_a_slot(const store::Attribute& added) {
  return added.value < 0 && added.name.text().front() == 's';
}

// What a write did to the counts of an exact window, if it is one's.
std::vector<Booking> bookings_of(const Wire& wire, const std::optional<store::Item>& before,
                                 const store::Item& after) {
  const auto geometry = limit::Geometry::unpack(after.get_or("w", 0));
  if (!geometry || geometry->packed() != after.get_or("w", 0) || after.find("t") == nullptr)
    return {};
  std::vector<Booking> bookings;
  const std::int64_t newest = after.get_or("g", 0);
  for (const store::Attribute& added : wire.update.add) {
    if (!takes_off_a_slot(added)) continue;
    // What is taken off the newest slot by a charge of it is in what that holds more.
    const std::int64_t last = wire.charges == 0 ? newest : newest - 1;
    for (std::int64_t slot = newest - geometry->slots(); slot <= last; ++slot) {
      if (store::ring_attribute(geometry->ring_index(slot)) == added.name)
        bookings.push_back({slot, added.value});
    }
  }
  if (wire.charges == 0) return bookings;
  // What the newest slot holds more than it held.
  const store::AttributeName count = store::ring_attribute(geometry->ring_index(newest));
  const bool same_slot =
      before && before->get_or("w", 0) == after.get_or("w", 0) && before->get_or("g", 0) == newest;
  bookings.push_back({newest, after.get_or(count, 0) - (same_slot ? before->get_or(count, 0) : 0)});
  return bookings;
}

NextStep undecided(const char* why) {
  NextStep next;
  next.why = why;
  return next;
}

}  // namespace

bool Wire::gives_back() const {
  return (ideal == Ideal::none && charges == 0) || ideal == Ideal::give_back ||
         std::any_of(update.add.begin(), update.add.end(), takes_off_a_slot);
}

Service::Service(const Scenario& scenario) : scenario_(scenario) {
  std::size_t keys = 0;
  for (const Rule& rule : scenario.rules) {
    keys += static_cast<std::size_t>(rule.keys);
    std::vector<limit::Limit> limits;
    for (const Numbers& numbers : rule.versions)
      limits.push_back(limit_of(rule, numbers, scenario.stretch()));
    limits_.push_back(std::move(limits));
  }
  places_.resize(keys);
  keys_.resize(keys);
  for (std::size_t i = 0; i < keys; ++i) {
    const std::uint64_t word = Draws(i).word(0);
    std::memcpy(keys_[i].bytes.data(), &word, sizeof(word));
  }
}

NodeMemory Service::fresh_memory(std::uint64_t life) const {
  const Draws draws = Draws(scenario_.seed).of(life);
  // Few cells, so that keys meet in them.
  auto leases = scenario_.leases ? std::make_shared<store::LeaseTable>(kLeaseCells) : nullptr;
  auto seen = std::make_shared<store::SeenStates>(scenario_.remembers, leases.get());
  return {std::move(leases), std::move(seen), std::make_unique<store::WriteIds>(draws.word(0)),
          std::vector<std::uint64_t>(places_.size(), 0)};
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

std::optional<limit::Charge> Service::known_refusal(const NodeMemory& memory,
                                                    const store::ChargeRequest& request) const {
  if (scenario_.store == StoreKind::ideal) return std::nullopt;
  return memory.seen->known_refusal(request);
}

NextStep Service::begin(const NodeMemory& memory, ChargeState& state, Time now,
                        Time deadline) const {
  if (scenario_.store == StoreKind::ideal) {
    NextStep next;
    next.kind = NextStep::Kind::send;
    Wire& wire = next.wire.emplace();
    wire.ideal = Wire::Ideal::charge;
    wire.limit = state.request.limit;
    wire.ask = {state.request.now, state.request.cost, state.request.subject};
    wire.charges = state.request.cost;
    wire.give_up = deadline;
    return next;
  }
  if (const auto* window = std::get_if<limit::WindowLimit>(&state.request.limit);
      memory.leases != nullptr && window != nullptr) {
    if (const auto admission = memory.leases->take(state.request.key, *window, state.request.now,
                                                   state.request.cost)) {
      NextStep next;
      next.kind = NextStep::Kind::admitted;
      next.charge = *admission;
      next.is_local = true;
      next.charged = now;
      return next;
    }
  }
  state.leases = memory.leases;
  state.seen = memory.seen;
  state.is_last_look = false;
  state.charging.emplace(*memory.seen, *memory.write_ids, state.request);
  return go_on(state, now, deadline);
}

NextStep Service::go_on(ChargeState& state, Time now, Time deadline) const {
  if (now > deadline && state.is_last_look)
    return undecided("others of its node took all the time");
  state.is_last_look = now > deadline;
  return step(state, state.charging->next(), now, deadline, now, Draws(0));
}

NextStep Service::take_answer(NodeMemory& memory, int key, ChargeState& state, const Answer& answer,
                              Time now, Time deadline, const Draws& draws) const {
  if (answer.fate == Fate::done || answer.fate == Fate::condition_failed) {
    std::uint64_t& heard = memory.commits[static_cast<std::size_t>(key)];
    heard = std::max(heard, answer.commits);
    state.commits = answer.commits;
  }
  if (scenario_.store == StoreKind::ideal) {
    if (answer.fate != Fate::done) return undecided("no answer");
    NextStep next;
    next.kind = answer.charge.admitted ? NextStep::Kind::admitted : NextStep::Kind::refused;
    next.charge = answer.charge;
    next.charged = answer.at;
    return next;
  }
  return step(state, state.charging->answered(as_the_store_hears_it(answer)), now, deadline,
              answer.at, draws);
}

// Does what DynamoDbStore::charge() does with each step.
NextStep Service::step(ChargeState& state, store::Charging::Step step, Time now, Time deadline,
                       Time charged, const Draws& draws) const {
  NextStep next;
  switch (step) {
    case store::Charging::Step::send: {
      const Duration left = deadline - now;
      if (left <= Duration::zero()) return undecided("no time left");
      next.kind = NextStep::Kind::send;
      Wire& wire = next.wire.emplace();
      wire.update = state.charging->write();
      wire.charges = state.request.cost;
      wire.ask.subject = state.request.subject;
      wire.give_up = now + (state.charging->may_repeat() ? left - left / 4 : left);
      return next;
    }
    case store::Charging::Step::wait:
      next.kind = NextStep::Kind::wait;
      return next;
    case store::Charging::Step::pause:
      next.pause = draws.within(7, Duration::zero(), state.charging->pause());
      if (next.pause >= deadline - now) return undecided("not done, and no time to try again");
      next.kind = NextStep::Kind::pause;
      return next;
    case store::Charging::Step::decided: {
      const store::ChargeOutcome& outcome = state.charging->outcome();
      next.kind = outcome.charge.admitted ? NextStep::Kind::admitted : NextStep::Kind::refused;
      next.charge = outcome.charge;
      next.is_local = outcome.local;
      next.charged = charged;
      return next;
    }
    case store::Charging::Step::failed:
      break;
  }
  return undecided("no answer, or it changed under each try");
}

std::uint64_t Service::change(const NodeMemory& memory, int key) const {
  return memory.seen->change(this->key(key));
}

std::optional<Wire> Service::give_back(const NodeMemory& memory,
                                       const store::ChargeRequest& request,
                                       std::int64_t slot) const {
  Wire wire;
  if (scenario_.store == StoreKind::ideal) {
    wire.ideal = Wire::Ideal::give_back;
    wire.limit = request.limit;
    wire.slot = slot;
  } else {
    if (const auto* window = std::get_if<limit::WindowLimit>(&request.limit);
        memory.leases != nullptr && window != nullptr &&
        memory.leases->take_back(request.key, *window, request.now, {slot, request.cost}))
      return std::nullopt;
    auto update = store::give_back_write(request, slot, memory.write_ids->next());
    if (!update) return std::nullopt;
    wire.update = std::move(*update);
  }
  wire.ask = {request.now, request.cost, request.subject};
  return wire;
}

void Service::take_give_back_answer(NodeMemory& memory, int key, const Answer& answer,
                                    Time now) const {
  if (scenario_.store == StoreKind::ideal || answer.fate != Fate::done) return;
  std::uint64_t& heard = memory.commits[static_cast<std::size_t>(key)];
  heard = std::max(heard, answer.commits);
  memory.seen->saw(this->key(key), *state_in(answer.item), now);
}

bool Service::is_up_to_date(const NodeMemory& memory, int key, const ChargeState& state) const {
  if (scenario_.store == StoreKind::ideal) return state.commits == commits(key);
  return memory.commits[static_cast<std::size_t>(key)] == commits(key);
}

Answer Service::apply(const Wire& wire, int key, Time now) {
  Place& place = places_[static_cast<std::size_t>(key)];
  Answer answer;
  if (wire.ideal == Wire::Ideal::none) {
    store::UpdateResult result = store::apply_update(wire.update, place.item);
    if (result.done) {
      answer.bookings = bookings_of(wire, place.item, *result.item);
      // More than was asked for, if the node leases.
      answer.charged = wire.charges == 0 || answer.bookings.empty() ? wire.charges
                                                                    : answer.bookings.back().change;
    }
    answer.fate = result.done ? Fate::done : Fate::condition_failed;
    if (result.done) {
      place.item = result.item;
      place.changed_at = now;
      answer.released = wire.charges == 0;
      ++place.commits;
    }
    answer.at = place.changed_at;
    answer.item = std::move(result.item);
    if (answer.item)
      answer.summary = answer.item->get_or("t", 0) * 1024 + answer.item->get_or("v", 0);
    return answer;
  }
  answer.fate = Fate::done;
  answer.at = now;
  if (wire.ideal == Wire::Ideal::charge) {
    if (!place.state) place.state = std::make_unique<limit::State>();
    answer.charge = limit::charge(*place.state, wire.limit, wire.ask);
    if (answer.charge.admitted) {
      answer.charged = wire.ask.cost;
      ++place.commits;
    }
    answer.summary = answer.charge.remaining * 2 + (answer.charge.admitted ? 1 : 0);
  } else {
    if (place.state) limit::give_back(*place.state, wire.limit, wire.ask, wire.slot);
    answer.released = true;
    ++place.commits;
  }
  answer.commits = place.commits;
  return answer;
}

bool Service::delete_if_expired(int key, Time now) {
  Place& place = places_[static_cast<std::size_t>(key)];
  if (!place.item) return false;
  const Time expiry =
      Time(std::chrono::seconds(place.item->get_or("exp", INT64_MAX / 2'000'000'000)));
  if (expiry > now) return false;
  place.item.reset();
  return true;
}

std::int64_t Service::largest_item_bytes() const {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
  std::int64_t largest = 0;
  for (const Place& place : places_) {
    if (!place.item) continue;
    std::int64_t bytes = 1 + 32;  // k
    for (const store::Attribute& attribute : *place.item) {
      const auto digits = static_cast<std::int64_t>(fmt::formatted_size("{}", attribute.value));
      bytes += static_cast<std::int64_t>(attribute.name.text().size()) + (digits + 1) / 2 + 1;
    }
    largest = std::max(largest, bytes);
  }
  return largest;
}

std::string Service::text_of(const Answer& answer) const {
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
