#include "serve/rls/asking.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/duration.h"
#include "engine/http_answer.h"

namespace weir::serve::rls {
namespace {

using namespace std::chrono_literals;

std::uint32_t clamped(std::int64_t number) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number, 0, std::numeric_limits<std::uint32_t>::max()));
}

// A window that has no name is told as no unit.
Unit unit_of(Duration window) {
  if (window == 1s) return Unit::second;
  if (window == 1min) return Unit::minute;
  if (window == 1h) return Unit::hour;
  if (window == 24h) return Unit::day;
  if (window == 7 * 24h) return Unit::week;
  if (window >= 28 * 24h && window <= 31 * 24h) return Unit::month;
  if (window >= 365 * 24h && window <= 366 * 24h) return Unit::year;
  return Unit::unknown;
}

// As a policy spells the window; a month is 30 days and a year 365 where the calendar is not meant.
std::string_view window_of(Unit unit, policy::Algorithm algorithm) {
  const bool calendar = algorithm == policy::Algorithm::fixed_window;
  switch (unit) {
    case Unit::second:
      return "s";
    case Unit::minute:
      return "m";
    case Unit::hour:
      return "h";
    case Unit::day:
      return calendar ? "day" : "d";
    case Unit::week:
      return calendar ? "week" : "7d";
    case Unit::month:
      return calendar ? "month" : "30d";
    case Unit::year:
      return calendar ? "year" : "365d";
    case Unit::unknown:
      break;
  }
  return {};
}

std::int64_t cost_of(const Request& request, const Descriptor& descriptor) {
  if (descriptor.hits_addend) {
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(*descriptor.hits_addend, static_cast<std::uint64_t>(kMaxCount)));
  }
  return std::max<std::int64_t>(request.hits_addend, 1);
}

bool refuses(const engine::RuleAnswer& answer) {
  return answer.state == engine::RuleRecord::State::full ||
         answer.state == engine::RuleRecord::State::penalty;
}

}  // namespace

Result<Asking> Asking::prepare(const Request& request, const DescriptorTable& table,
                               engine::Limiter& limiter) {
  if (request.domain.empty()) return fail(ErrorCode::invalid_input, "the request has no domain");
  if (request.descriptors.empty())
    return fail(ErrorCode::invalid_input, "the request has no descriptors");
  Asking asking;
  asking.refused_.resize(request.descriptors.size());
  std::vector<std::span<const DescriptorTable::Rule>> found;
  std::vector<std::string_view> replaced;
  for (const Descriptor& descriptor : request.descriptors) {
    found.push_back(table.find(request.domain, descriptor.entries));
    for (const DescriptorTable::Rule& rule : found.back())
      replaced.insert(replaced.end(), rule.replaces.begin(), rule.replaces.end());
  }
  for (std::size_t place = 0; place < found.size(); ++place) {
    weir::Status added = asking.add(request, place, found[place], replaced, table, limiter);
    if (!added) return tl::unexpected(added.error());
  }
  if (asking.rules_.size() > policy::kMaxRules)
    return fail(ErrorCode::limit_exceeded, "more than 256 rules would be asked");
  return asking;
}

weir::Status Asking::add(const Request& request, std::size_t place,
                         std::span<const DescriptorTable::Rule> found,
                         const std::vector<std::string_view>& replaced,
                         const DescriptorTable& table, engine::Limiter& limiter) {
  const Descriptor& descriptor = request.descriptors[place];
  // A refund is not believed: who could ask for one could get around any limit.
  if (descriptor.is_negative_hits || descriptor.entries.empty()) return {};
  const std::int64_t cost = cost_of(request, descriptor);
  const auto is_replaced = [&](const DescriptorTable::Rule& rule) {
    return std::find(replaced.begin(), replaced.end(), rule.id) != replaced.end();
  };
  const auto refuse = [&](std::string_view by) {
    refused_[place] = true;
    refused_by_ = by;
  };
  if (!found.empty() && found.front().always == policy::Always::refuse) {
    if (!is_replaced(found.front())) refuse(found.front().id);
    return {};
  }
  if (!descriptor.limit) {
    for (const DescriptorTable::Rule& rule : found) {
      if (!rule.handle || is_replaced(rule)) continue;
      ask(place, *rule.handle, DescriptorTable::subject_of(rule, descriptor.entries), cost,
          rule.shadow);
    }
    return {};
  }
  const bool has_rule = !found.empty() && found.front().handle;
  const auto algorithm = has_rule ? found.front().algorithm : policy::Algorithm::exact;
  const std::string_view window = window_of(descriptor.limit->unit, algorithm);
  if (window.empty()) return fail(ErrorCode::invalid_input, "a descriptor's limit has no unit");
  if (descriptor.limit->requests_per_unit == 0) {
    refuse(has_rule ? std::string_view(found.front().id) : DescriptorTable::kOverrideId);
    return {};
  }
  const Result<engine::RuleHandle> handle =
      limiter.with_limit(has_rule ? *found.front().handle : table.for_overrides(),
                         fmt::format("{}/{}", descriptor.limit->requests_per_unit, window));
  if (!handle) return tl::unexpected(handle.error());
  ask(place, *handle,
      has_rule ? DescriptorTable::subject_of(found.front(), descriptor.entries)
               : DescriptorTable::subject_of(request.domain, descriptor.entries),
      cost, has_rule && found.front().shadow);
  return {};
}

void Asking::ask(std::size_t descriptor, const engine::RuleHandle& handle, std::string subject,
                 std::int64_t cost, bool shadow) {
  const std::string& kept = subjects_.emplace_back(std::move(subject));
  rules_.push_back({.rule = handle, .subject = kept, .cost = cost});
  asked_.push_back({descriptor, shadow});
}

Response Asking::respond(const Decision& decision,
                         const std::vector<engine::RuleAnswer>& answers) const {
  Response response;
  response.statuses.resize(refused_.size());
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    if (refused_[i]) response.statuses[i].code = Code::over_limit;
  }
  // Of several rules the one that refuses longest, else the one with the least left, is told.
  std::vector<const engine::RuleAnswer*> told(refused_.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const engine::RuleAnswer& answer = answers[i];
    const auto [place, shadow] = asked_[i];
    Status& status = response.statuses[place];
    const bool full = refuses(answer) && !shadow;
    const bool was_full = status.code == Code::over_limit;
    if (full) status.code = Code::over_limit;
    if (!answer.quota) continue;
    const engine::RuleAnswer*& best = told[place];
    const bool better = best == nullptr || full != was_full ? best == nullptr || full
                        : full                              ? answer.room_in > best->room_in
                               : answer.quota->remaining < best->quota->remaining;
    if (!better) continue;
    best = &answer;
    status.limit = {answer.quota->rule, clamped(answer.quota->limit),
                    unit_of(answer.quota->window)};
    status.remaining = clamped(answer.quota->remaining);
    status.until_reset = full ? answer.room_in : answer.quota->next_room;
  }
  const bool over = is_refused() || decision.verdict == Verdict::refused;
  response.overall = over ? Code::over_limit : Code::ok;
  engine::HttpAnswer http = engine::http_answer(decision);
  for (engine::HttpField& field : http.fields)
    response.headers.push_back({std::move(field.name), std::move(field.value)});
  response.body = std::move(http.body);
  return response;
}

}  // namespace weir::serve::rls
