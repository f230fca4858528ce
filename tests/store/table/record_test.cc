#include "store/memory/record.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/duration.h"
#include "support/keys.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

RecordShape shape_of(std::int64_t n, Duration window) {
  return RecordShape::for_limit({n, limit::Geometry::for_window(window)});
}

TEST(RecordShape, TakesTheFewestBytesThatCountToN) {
  EXPECT_EQ(shape_of(255, seconds(1)).record_size(), 48u);
  EXPECT_EQ(shape_of(255, minutes(1)).record_size(), 96u);
  EXPECT_EQ(shape_of(256, minutes(1)).record_size(), 32u + 124u + 4u);
  EXPECT_EQ(shape_of(65'535, minutes(1)).record_size(), 32u + 124u + 4u);
  EXPECT_EQ(shape_of(65'536, minutes(1)).record_size(), 32u + 248u);
  EXPECT_EQ(shape_of(4'294'967'295, minutes(1)).record_size(), 32u + 248u);
  EXPECT_EQ(shape_of(4'294'967'296, minutes(1)).record_size(), kMaxRecord);
  EXPECT_EQ(shape_of(kMaxCount, kMaxDuration).record_size(), kMaxRecord);
  EXPECT_EQ(shape_of(1, milliseconds(1)).record_size(), 40u);
}

TEST(RecordShape, RemembersItsGeometry) {
  for (const Duration window : {Duration(milliseconds(1)), Duration(seconds(7)), kMaxDuration}) {
    const auto geometry = limit::Geometry::for_window(window, seconds(2));
    EXPECT_EQ(RecordShape::for_limit({70'000, geometry}).geometry(), geometry);
  }
}

TEST(RecordShape, HoldsTheCountsOfNarrowerShapesOfItsGeometryOnly) {
  EXPECT_TRUE(shape_of(300, seconds(9)).holds(shape_of(200, seconds(9))));
  EXPECT_TRUE(shape_of(200, seconds(9)).holds(shape_of(200, seconds(9))));
  EXPECT_FALSE(shape_of(200, seconds(9)).holds(shape_of(300, seconds(9))));
  EXPECT_FALSE(shape_of(300, seconds(9)).holds(shape_of(200, seconds(8))));
}

// At the largest limit of each width every count and the total reach their highest value.
TEST(Record, CountsToTheLargestLimitOfItsWidthAndBack) {
  Rng rng(1);
  for (const std::int64_t n :
       {std::int64_t{UINT8_MAX}, std::int64_t{UINT16_MAX}, std::int64_t{UINT32_MAX}, kMaxCount}) {
    const limit::WindowLimit limit{n, limit::Geometry::for_window(seconds(5))};
    const Key key = test::random_key(rng);
    std::vector<std::byte> bytes(RecordShape::for_limit(limit).record_size() + 8, std::byte{0xA5});
    Record record(bytes.data());
    record.write(key, RecordShape::for_limit(limit), limit::WindowState());
    EXPECT_TRUE(record.is_empty());
    EXPECT_EQ(record.end_of_life(), Time::min());

    const auto charge_cost = [&](std::int64_t cost) {
      return record.with_window(limit.geometry, [&](auto window) {
        return limit::charge(window, limit, Time(seconds(1000)), cost);
      });
    };
    const limit::Charge charge = charge_cost(n);
    ASSERT_TRUE(charge.admitted);
    EXPECT_FALSE(charge_cost(1).admitted);
    EXPECT_EQ(record.state().total, n);
    EXPECT_EQ(record.end_of_life(), charge.room_at);
    EXPECT_TRUE(record.has_tag_of(key));
    EXPECT_FALSE(record.has_tag_of(test::random_key(rng)));
    record.give_back(charge.slot, n);
    EXPECT_TRUE(record.is_empty());
    for (std::size_t i = bytes.size() - 8; i < bytes.size(); ++i) {
      EXPECT_EQ(bytes[i], std::byte{0xA5}) << "written past the record's end";
    }
  }
}

}  // namespace
}  // namespace weir::store
