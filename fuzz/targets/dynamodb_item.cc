// An item of the table as an answer brings it, and the algorithm on the state that it says. Anybody
// who may write to the table may have written it.
#include <algorithm>
#include <initializer_list>
#include <vector>

#include "base/duration.h"
#include "fuzz/target.h"
#include "store/dynamodb/item_answer.h"
#include "store/dynamodb/plan.h"
#include "store/dynamodb/request_body.h"

namespace weir::fuzz {
namespace {

// Limits of every algorithm, of the item's own shape where that can be.
std::vector<limit::Limit> limits(const store::StoredState& state, std::int64_t n) {
  const auto week = limit::Geometry::for_window(std::chrono::hours(168));
  std::vector<limit::Limit> limits = {
      limit::WindowLimit{n, week}, limit::GcraLimit::per_window(n, std::chrono::seconds(60), 1),
      limit::FixedWindowLimit{n, Time{}, Time{} + std::chrono::hours(1)},
      limit::DistinctLimit{std::min(n, limit::kMaxDistinct),
                           limit::Geometry::for_window(std::chrono::seconds(7), {}, 12)},
      limit::ConcurrencyLimit{std::min(n, limit::kMaxConcurrency), std::chrono::seconds(7)}};
  if (const auto* owned = std::get_if<limit::OwnedWindow>(&state.state)) {
    limits.emplace_back(limit::WindowLimit{n, owned->geometry});
  }
  if (const auto* gcra = std::get_if<limit::GcraState>(&state.state)) {
    limits.emplace_back(limit::GcraLimit{gcra->interval, 1, {}});
  }
  if (const auto* fixed = std::get_if<limit::FixedWindowState>(&state.state)) {
    limits.emplace_back(limit::FixedWindowLimit{n, fixed->start, fixed->end});
  }
  if (const auto* values = std::get_if<limit::OwnedDistinct>(&state.state)) {
    limits.emplace_back(limit::DistinctLimit{std::min(n, limit::kMaxDistinct), values->geometry});
  }
  return limits;
}

// Every plan that a node may make of the item, and what it would send.
void use(const store::StoredState& state) {
  Time about = limit::end_of_life(state.state);
  if (about == Time::min() || about == Time::max()) about = Time{};
  for (const std::int64_t n : {std::int64_t{1}, std::int64_t{100}, kMaxCount}) {
    for (const limit::Limit& limit : limits(state, n)) {
      for (const Time now : {about, about - std::chrono::seconds(3), Time{}}) {
        store::ChargeRequest request{.key = {}, .limit = limit, .now = now};
        if (!store::is_valid(request)) continue;
        request.subject = 7;
        const store::Plan plan = store::plan_charge(state, request);
        WEIR_CHECK(plan.charge.remaining >= 0 && plan.charge.remaining <= kMaxCount);
        if (plan.is_write()) {
          const std::string body =
              store::update_body(store::write_of(plan, state, request, 1), "weir");
          WEIR_CHECK(body.find("ConditionExpression") != std::string::npos);
        }
        static_cast<void>(store::give_back_write(request, plan.charge.slot, 2));
      }
    }
  }
}

}  // namespace

void try_input(std::string_view input) {
  const std::string body(input);
  for (const std::string_view member : {"Item", "Attributes"}) {
    const Result<store::ItemAnswer> answer = store::parse_item_answer(body, member);
    if (!answer) {
      WEIR_CHECK(answer.error().message.find('\n') == std::string::npos);
      continue;
    }
    WEIR_CHECK(answer->consumed_units >= 0 && answer->consumed_units < 1e6);
    if (answer->state) use(*answer->state);
  }
}

}  // namespace weir::fuzz
