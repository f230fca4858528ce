// An item of the table as an answer brings it, and the algorithm on the state that it says. Anybody
// who may write to the table may have written it.
#include <initializer_list>

#include "base/duration.h"
#include "fuzz/target.h"
#include "store/dynamodb/item_answer.h"

namespace weir::fuzz {
namespace {

void use(const store::StoredState& state) {
  WEIR_CHECK(limit::Geometry::unpack(state.geometry.packed()) == state.geometry);
  const Time about = state.geometry.slot_start(state.window.newest);
  for (const std::int64_t n : {std::int64_t{1}, std::int64_t{100}, kMaxCount}) {
    for (const Time now : {about, about + state.geometry.slot_width(), Time{}}) {
      for (const std::int64_t cost : {std::int64_t{1}, n}) {
        limit::WindowState window = state.window;
        const auto ref = window.ref(state.geometry);
        const limit::WindowLimit limit{n, state.geometry};
        const limit::Charge foretold = limit::peek(ref, limit, now, cost);
        const limit::Charge charge = limit::charge(ref, limit, now, cost);
        WEIR_CHECK(charge.admitted == foretold.admitted && charge.slot >= state.window.newest);
        WEIR_CHECK(charge.remaining >= 0 && charge.remaining <= n);
        limit::give_back(ref, state.geometry, charge.slot, cost);
        const auto other = limit::Geometry::for_window(std::chrono::seconds(7));
        static_cast<void>(limit::migrate(state.window, state.geometry, other, now));
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
