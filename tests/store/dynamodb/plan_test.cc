// The condition of each write, held against an item that another node has changed meanwhile. What
// is tried here without a table is what keeps the limit with one.
#include "store/dynamodb/plan.h"

#include <gtest/gtest.h>

#include <string>

#include "store/dynamodb/conditional_update.h"

namespace weir::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kNow{seconds(1'800'000'000)};
const limit::Geometry kMinute = limit::Geometry::for_window(minutes(1));  // 60 slots of 1 s
const limit::Geometry kTwoSeconds = limit::Geometry::for_window(seconds(2));
const std::int64_t kSlot = kMinute.slot_of(kNow);

ChargeRequest request(std::int64_t n, Time now, std::int64_t cost = 1,
                      const limit::Geometry& geometry = kMinute) {
  return {.key = {},
          .limit = limit::WindowLimit{.n = n, .geometry = geometry},
          .cost = cost,
          .now = now};
}

AttributeName place(std::int64_t slot, const limit::Geometry& geometry = kMinute) {
  return AttributeName("s" + std::to_string(geometry.ring_index(slot)));
}

// One item of the table, and what nodes do to it.
class PlanTest : public testing::Test {
 protected:
  StoredState seen() const { return read_state(*item_).value(); }
  static limit::WindowState window_of(const StoredState& state) {
    return std::get<limit::OwnedWindow>(state.state).window;
  }
  limit::WindowState window() const { return window_of(seen()); }

  // The write that a node sends which has seen `state`.
  ConditionalUpdate planned(Plan::Kind kind, const std::optional<StoredState>& state,
                            const ChargeRequest& request) {
    const Plan plan = plan_charge(state, request);
    EXPECT_EQ(plan.kind, kind);
    return write_of(plan, state, request, ++write_id_);
  }
  bool is_done(const ConditionalUpdate& update) const { return apply_update(update, item_).done; }
  void apply(const ConditionalUpdate& update) {
    UpdateResult result = apply_update(update, item_);
    ASSERT_TRUE(result.done);
    item_ = std::move(result.item);
  }
  // A node that knows the item as it is charges it.
  void charge(const ChargeRequest& request) {
    const std::optional<StoredState> state =
        item_ ? std::optional<StoredState>(seen()) : std::nullopt;
    const Plan plan = plan_charge(state, request);
    ASSERT_NE(plan.kind, Plan::Kind::refuse);
    apply(write_of(plan, state, request, ++write_id_));
  }
  // The item with one attribute changed, as if another node had.
  Item with(AttributeName name, std::int64_t value) const {
    Item changed = *item_;
    changed.set(name, value);
    return changed;
  }

  std::optional<Item> item_;
  std::int64_t write_id_ = 0;
};

TEST_F(PlanTest, ChargesWhileThereIsRoomWhateverOthersChargedToTheSlot) {
  charge(request(5, kNow));
  const ConditionalUpdate update = planned(Plan::Kind::charge, seen(), request(5, kNow, 2));
  charge(request(5, kNow));
  charge(request(5, kNow));
  EXPECT_TRUE(is_done(update)) << "3 and 2 are 5";
  charge(request(5, kNow));
  EXPECT_FALSE(is_done(update)) << "4 and 2 are not";
}

TEST_F(PlanTest, ChargesTheSlotAndTheGeometryThatItSawAndNoOther) {
  charge(request(5, kNow));
  const ConditionalUpdate update = planned(Plan::Kind::charge, seen(), request(5, kNow));
  EXPECT_FALSE(apply_update(update, with("g", kSlot + 1)).done);
  EXPECT_FALSE(apply_update(update, with("g", kSlot - 1)).done);
  EXPECT_FALSE(apply_update(update, with("w", kTwoSeconds.packed())).done);
  EXPECT_FALSE(apply_update(update, std::nullopt).done);
}

// The item may have been deleted meanwhile, and begun anew: `weir reset`.
TEST_F(PlanTest, GivesTokensBackThatTheSlotStillHoldsAndNoOthers) {
  charge(request(9, kNow, 4));
  for (const Time now : {kNow, kNow + seconds(1)}) {
    const StoredState state = seen();
    const Plan plan = plan_charge(state, request(9, now), {.slot = kSlot, .count = 3});
    ASSERT_EQ(plan.returned.count, 3);
    const ConditionalUpdate update = write_of(plan, state, request(9, now), ++write_id_);
    EXPECT_TRUE(is_done(update));
    EXPECT_FALSE(apply_update(update, with(place(kSlot), 2)).done);
  }
}

TEST_F(PlanTest, AddsEachChargeToItsSlotTheTotalAndTheVersion) {
  charge(request(9, kNow, 2));
  const StoredState before = seen();
  charge(request(9, kNow, 3));
  EXPECT_EQ(window().total, 5);
  EXPECT_EQ(window().counts[kMinute.ring_index(kSlot)], 5);
  EXPECT_EQ(seen().version, before.version + 1);
}

TEST_F(PlanTest, OpensOnlyWhereNothingIsLive) {
  const Time later = kNow + minutes(2);
  const std::int64_t slot = kMinute.slot_of(later);
  const ConditionalUpdate update = planned(Plan::Kind::open, std::nullopt, request(5, later));
  EXPECT_TRUE(is_done(update)) << "no item";
  charge(request(5, kNow));
  EXPECT_TRUE(is_done(update)) << "an item that TTL has not yet deleted";
  EXPECT_TRUE(apply_update(update, with("g", slot - kMinute.slots() - 1)).done);
  EXPECT_FALSE(apply_update(update, with("g", slot - kMinute.slots())).done);
  EXPECT_FALSE(apply_update(update, with("g", slot + 1)).done) << "another node is ahead";
  EXPECT_FALSE(apply_update(update, with("w", kTwoSeconds.packed())).done);
}

TEST_F(PlanTest, LeavesNothingOfTheFormerLifeOfAKey) {
  for (int i = 0; i < 5; ++i) charge(request(9, kNow + seconds(7 * i)));
  const StoredState before = seen();
  const Time later = kNow + hours(1);
  apply(planned(Plan::Kind::open, before, request(9, later)));
  EXPECT_EQ(window().total, 1);
  EXPECT_EQ(item_->size(), 7U) << "g, t, v, w, lw, exp and one slot";
  EXPECT_GT(seen().version, before.version + 5) << "no version is used twice";
  EXPECT_EQ(seen().version, kMinute.slot_start(window().newest).time_since_epoch().count());
}

TEST_F(PlanTest, RollsOnlyWhatItSaw) {
  charge(request(5, kNow, 2));
  charge(request(5, kNow + seconds(30), 1));
  const Time later = kNow + seconds(61);  // the first slot has run out
  const std::int64_t newest = window().newest;
  const ConditionalUpdate update = planned(Plan::Kind::roll, seen(), request(5, later));
  EXPECT_TRUE(is_done(update));
  EXPECT_FALSE(apply_update(update, with(place(kSlot), 3)).done) << "more has run out";
  EXPECT_FALSE(apply_update(update, with(place(kSlot), 1)).done) << "less has run out";
  EXPECT_FALSE(apply_update(update, with("g", newest + 1)).done) << "rolled already";
  EXPECT_FALSE(apply_update(update, with("w", kTwoSeconds.packed())).done);
  EXPECT_FALSE(apply_update(update, std::nullopt).done);
}

TEST_F(PlanTest, RollsPastChargesThatWereUnderWayWhileThereIsRoom) {
  charge(request(5, kNow, 2));
  charge(request(5, kNow + seconds(30), 1));
  const StoredState state = seen();
  const ConditionalUpdate update =
      planned(Plan::Kind::roll, state, request(5, kNow + seconds(61), 3));
  const auto with_late_charges = [&](std::int64_t late) {
    Item changed = with("t", window_of(state).total + late);
    changed.set(place(window_of(state).newest), 1 + late);
    return changed;
  };
  // 2 of the 3 run out, so one is live, and this asks for 3 of 5.
  EXPECT_TRUE(apply_update(update, with_late_charges(1)).done);
  EXPECT_FALSE(apply_update(update, with_late_charges(2)).done);
}

TEST_F(PlanTest, TakesOffExactlyWhatRanOutWhenItRolls) {
  for (int second = 0; second < 5; ++second) charge(request(9, kNow + seconds(second)));
  const std::int64_t expires = item_->get_or("exp", 0);
  // Slots live for K slots after their own.
  charge(request(9, kNow + seconds(62)));
  EXPECT_EQ(window().total, 4) << "two have run out, three are left, one is new";
  EXPECT_EQ(item_->find(place(kSlot)), nullptr);
  EXPECT_EQ(item_->get_or(place(kSlot + 1), 0), 1) << "its place is that of the new slot";
  EXPECT_EQ(item_->get_or(place(kSlot + 2), 0), 1);
  EXPECT_EQ(window().newest, kSlot + 62);
  EXPECT_EQ(item_->get_or("exp", 0), expires + 58);
}

TEST_F(PlanTest, KeepsAnItemUntilAllClocksHaveForgottenIt) {
  charge(request(5, kNow));
  const Time forgotten = kMinute.slot_start(kSlot + kMinute.slots() + 1);
  const std::int64_t kept = item_->get_or("exp", 0) - forgotten.time_since_epoch() / seconds(1);
  EXPECT_EQ(seconds(kept), minutes(5));
}

TEST_F(PlanTest, MigratesOnlyWhatNobodyHasTouchedSince) {
  charge(request(5, kNow, 2));
  const StoredState state = seen();
  const ConditionalUpdate update =
      planned(Plan::Kind::migrate, state, request(5, kNow, 1, kTwoSeconds));
  EXPECT_TRUE(is_done(update));
  EXPECT_FALSE(apply_update(update, with("v", state.version + 1)).done);
  EXPECT_FALSE(apply_update(update, with("w", kTwoSeconds.packed())).done);
  EXPECT_FALSE(apply_update(update, std::nullopt).done);
}

TEST_F(PlanTest, LeavesNoPlaceOfALongerRingBehindWhenItMigrates) {
  for (int second = 0; second < 50; ++second) charge(request(99, kNow + seconds(second)));
  const std::int64_t version = seen().version;
  apply(planned(Plan::Kind::migrate, seen(), request(99, kNow + seconds(50), 1, kTwoSeconds)));
  const std::int64_t places = kTwoSeconds.slots() + 1;
  std::int64_t sum = 0;
  for (const auto& [name, value] : *item_) {
    if (!ring_place(name.text())) continue;
    EXPECT_LT(*ring_place(name.text()), static_cast<std::size_t>(places));
    sum += value;
  }
  EXPECT_EQ(sum, window().total);
  EXPECT_EQ(seen().version, version + 1);
}

TEST_F(PlanTest, GivesBackOnlyWhatIsStillInTheLiveSlot) {
  charge(request(5, kNow, 2));
  const ConditionalUpdate update = *give_back_write(request(5, kNow, 2), kSlot, 99);
  EXPECT_TRUE(is_done(update));
  EXPECT_FALSE(apply_update(update, with(place(kSlot), 1)).done) << "less is left than that";
  EXPECT_TRUE(apply_update(update, with("g", kSlot + kMinute.slots())).done);
  EXPECT_FALSE(apply_update(update, with("g", kSlot + kMinute.slots() + 1)).done)
      << "the place is another slot's";
  EXPECT_FALSE(apply_update(update, with("g", kSlot - 1)).done);
  EXPECT_FALSE(apply_update(update, with("w", kTwoSeconds.packed())).done);
  EXPECT_FALSE(apply_update(update, std::nullopt).done);
  apply(update);
  EXPECT_EQ(window().total, 0);
  EXPECT_FALSE(is_done(update)) << "twice";
}

TEST_F(PlanTest, ARefusalByAnItemThatDoesNotAddUpEndsWithTheItem) {
  charge(request(5, kNow));
  item_ = with("t", 9);  // more than its slots hold
  const Plan plan = plan_charge(seen(), request(5, kNow));
  ASSERT_EQ(plan.kind, Plan::Kind::refuse);
  EXPECT_EQ(plan.charge.room_at, kMinute.slot_start(kSlot + kMinute.slots() + 1));
}

}  // namespace
}  // namespace weir::store
