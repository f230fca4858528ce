#include "store/table/record.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/duration.h"
#include "support/keys.h"
#include "support/limits.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart{seconds(1'800'000'000)};

std::size_t bytes_for(const limit::Limit& limit) {
  limit::State state;
  limit::charge(state, limit, {.now = kStart});
  const auto sized_state = sized(std::move(state), limit);
  EXPECT_TRUE(sized_state.has_value());
  return sized_state->units * kRecordUnit;
}

std::size_t bytes_of_window(std::int64_t n, Duration window) {
  return bytes_for(limit::WindowLimit{n, limit::Geometry::for_window(window)});
}

KeyTag tag_of(const Key& key) {
  KeyTag tag{};
  std::copy_n(key.bytes.begin(), tag.size(), tag.begin());
  return tag;
}

TEST(RecordSize, IsTheLeastThatCountsToNInWholeUnits) {
  EXPECT_EQ(bytes_of_window(255, seconds(1)), 64u);
  EXPECT_EQ(bytes_of_window(255, minutes(1)), 96u);
  EXPECT_EQ(bytes_of_window(256, minutes(1)), 160u);
  EXPECT_EQ(bytes_of_window(65'535, minutes(1)), 160u);
  EXPECT_EQ(bytes_of_window(65'536, minutes(1)), 288u);
  EXPECT_EQ(bytes_of_window(4'294'967'296, minutes(1)), 544u);
  EXPECT_EQ(bytes_of_window(kMaxCount, kMaxDuration), 544u);
  EXPECT_EQ(bytes_for(limit::GcraLimit::per_window(100, minutes(1), 10)), 32u);
  EXPECT_EQ(bytes_for(limit::FixedWindowLimit{5, kStart, kStart + minutes(1)}), 64u);
  EXPECT_EQ(bytes_for(limit::DistinctLimit{
                limit::kMaxDistinct,
                limit::Geometry::for_window(kMaxDuration, minutes(1), limit::kMaxDistinctSlots)}),
            kMaxRecordUnits * kRecordUnit);
  EXPECT_EQ(bytes_for(limit::ConcurrencyLimit{limit::kMaxConcurrency, minutes(1)}),
            kMaxRecordUnits * kRecordUnit);
}

TEST(RecordShape, IsReadBackFromItsWordAndFromNoOther) {
  for (const Duration window : {Duration(milliseconds(1)), Duration(seconds(7)), kMaxDuration}) {
    const auto geometry = limit::Geometry::for_window(window, seconds(2));
    const auto shape = RecordShape::for_limit(limit::WindowLimit{70'000, geometry});
    ASSERT_TRUE(shape.has_value());
    EXPECT_EQ(RecordShape::from_word(shape->word()), shape);
    EXPECT_EQ(shape->geometry(), geometry);
  }
  for (const std::uint64_t word : {0UL, 1UL, 6UL, 7UL, 2UL, 3UL | 1UL << 5, ~0UL}) {
    EXPECT_FALSE(RecordShape::from_word(word).has_value()) << word;
  }
}

TEST(Record, OfGcraIsLargerWhileItRemembersThatItsRateWasAnother) {
  Rng rng(2);
  const auto slow = limit::GcraLimit::per_window(4, minutes(60), 4);
  const auto fast = limit::GcraLimit::per_window(60, minutes(1), 10);
  limit::State state;
  ASSERT_TRUE(limit::charge(state, slow, {.now = kStart}).admitted);
  ASSERT_TRUE(limit::charge(state, fast, {.now = kStart}).admitted);
  const auto moved = sized(state, fast);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->units, 2u);
  std::vector<std::byte> bytes(moved->units * kRecordUnit);
  Record record(bytes.data());
  const ChargeRequest request{.key = test::random_key(rng), .limit = fast, .now = kStart};
  record.write(tag_of(request.key), *moved);
  EXPECT_EQ(record.flaw(2), "");
  EXPECT_EQ(record.state(), state);
  EXPECT_EQ(record.end_of_life(), kStart + minutes(60) + Record::kKeptForLaggingClocks);
  ASSERT_TRUE(record.charge(request).has_value());
  EXPECT_EQ(std::get<limit::GcraState>(record.state()).moved, kStart);

  const limit::State before = record.state();
  ChargeRequest later = request;
  later.now = kStart + minutes(60);
  EXPECT_FALSE(record.charge(later).has_value()) << "one unit is enough again";
  EXPECT_EQ(record.state(), before);
  ASSERT_TRUE(limit::charge(state, fast, {.now = later.now}).admitted);
  EXPECT_EQ(sized(state, fast)->units, 1u);
}

// At the largest limit of each width every count and the total reach their highest value.
TEST(Record, CountsToTheLargestLimitOfItsWidthAndBackAndNotPastItsEnd) {
  Rng rng(1);
  for (const std::int64_t n :
       {std::int64_t{UINT8_MAX}, std::int64_t{UINT16_MAX}, std::int64_t{UINT32_MAX}, kMaxCount}) {
    const limit::WindowLimit limit{n, limit::Geometry::for_window(seconds(6))};
    ChargeRequest request{.key = test::random_key(rng), .limit = limit, .now = kStart};
    auto unused = sized(limit::OwnedWindow{.geometry = limit.geometry, .window = {}}, limit);
    ASSERT_TRUE(unused.has_value());
    std::vector<std::byte> bytes(unused->units * kRecordUnit + 8, std::byte{0xA5});
    Record record(bytes.data());
    record.write(tag_of(request.key), *unused);
    EXPECT_EQ(record.end_of_life(), Time::min()) << "it holds nothing";

    request.cost = n;
    const auto charge = record.charge(request);
    ASSERT_TRUE(charge && charge->admitted);
    EXPECT_EQ(record.end_of_life(), charge->room_at);
    EXPECT_EQ(record.flaw(unused->units), "");
    request.cost = 1;
    EXPECT_FALSE(record.charge(request)->admitted);
    EXPECT_TRUE(record.has_tag_of(request.key));
    EXPECT_FALSE(record.has_tag_of(test::random_key(rng)));
    request.cost = n;
    record.give_back(request, charge->slot);
    EXPECT_EQ(record.end_of_life(), Time::min());
    for (std::size_t i = bytes.size() - 8; i < bytes.size(); ++i) {
      EXPECT_EQ(bytes[i], std::byte{0xA5}) << "written past the record's end";
    }
  }
}

// The oracle is the algorithm on a state of its own. A record that says that it has not the shape
// is written anew, as a table does.
TEST(Record, DecidesAsTheAlgorithmDoesUnderLimitsThatChange) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    const std::size_t algorithm = seed % test::kAlgorithms;
    std::vector<std::byte> bytes(kMaxRecordUnits * kRecordUnit);
    Record record(bytes.data());
    limit::State oracle;
    const Key key = test::random_key(rng);
    std::size_t units = 0;
    const auto write_anew = [&](limit::State state, const limit::Limit& limit) {
      const auto written = sized(std::move(state), limit);
      ASSERT_TRUE(written.has_value());
      units = written->units;
      record.write(tag_of(key), *written);
    };
    Time now = kStart, latest = kStart;
    for (int i = 0; i < 3'000; ++i) {
      const std::uint64_t kind = rng.below(20);
      const auto step = static_cast<std::int64_t>(rng.below(100'000'000));
      now += Duration(kind == 0 ? 40 * step : kind == 1 ? -step : step / 4);
      // Expired holds are there until they are needed; a clock that goes back would see them again.
      if (algorithm == 4) latest = now = std::max(now, latest);
      const ChargeRequest request{.key = key,
                                  .limit = test::random_limit(rng, algorithm, now),
                                  .cost = static_cast<std::int64_t>(1 + rng.below(3)),
                                  .subject = rng.below(12),
                                  .now = now};
      const limit::Ask ask{.now = now, .cost = request.cost, .subject = request.subject};
      if (!record.is_free()) {
        ASSERT_EQ(record.peek(request), limit::peek(oracle, request.limit, ask))
            << "seed " << seed << ", request " << i;
      }
      const limit::Charge expected = limit::charge(oracle, request.limit, ask);
      std::optional<limit::Charge> actual;
      if (!record.is_free()) actual = record.charge(request);
      if (!actual) {
        limit::State state = record.is_free() ? limit::State() : record.state();
        actual = limit::charge(state, request.limit, ask);
        if (actual->admitted) write_anew(std::move(state), request.limit);
      }
      ASSERT_EQ(*actual, expected) << "seed " << seed << ", request " << i;
      ASSERT_EQ(record.is_free() ? "" : record.flaw(units), "");
      if (actual->admitted && rng.below(5) == 0) {
        limit::give_back(oracle, request.limit, ask, expected.slot);
        if (!record.give_back(request, actual->slot)) {
          limit::State state = record.state();
          limit::give_back(state, request.limit, ask, actual->slot);
          write_anew(std::move(state), request.limit);
        }
      }
    }
  }
}

// What an operator, a disk or an attacker may leave in a file.
TEST(Record, KnowsBytesThatNoChargeCanHaveWritten) {
  Rng rng(5);
  int told = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::array<std::byte, 2 * kMaxRecordUnits * kRecordUnit> bytes{};
    const std::size_t filled = 24 + rng.below(64);
    for (std::size_t at = 0; at < filled; ++at) bytes.at(at) = std::byte(rng.below(256));
    // Mostly a shape that might be one.
    bytes.at(16) = std::byte(rng.below(6) | rng.below(4) << 3 | rng.below(8) << 5);
    if (rng.below(2) == 0) std::fill_n(bytes.begin() + 20, 4, std::byte{0});
    const Record record(bytes.data());
    const std::size_t units = 1 + rng.below(kMaxRecordUnits);
    if (!record.flaw(units).empty()) {
      ++told;
      continue;
    }
    // What it takes for a record is safe to use.
    Record copy(bytes.data());
    for (std::size_t algorithm = 0; algorithm < test::kAlgorithms; ++algorithm) {
      copy.charge({.key = {}, .limit = test::random_limit(rng, algorithm, kStart), .now = kStart});
    }
    copy.end_of_life();
  }
  EXPECT_GT(told, 100'000);
}

}  // namespace
}  // namespace weir::store
