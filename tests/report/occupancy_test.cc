#include "report/occupancy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace weir::report {
namespace {

scan::Timeline timeline(std::vector<double> admitted, double window = 10) {
  scan::Timeline result;
  result.n = 3;
  result.window_s = window;
  for (const double at : admitted) result.points.push_back({at, 200, false, "fill"});
  return result;
}

TEST(Occupancy, CountsWhatWasAdmittedWithinTheWindow) {
  const Occupancy full = occupancy(timeline({0, 1, 2, 30}));
  EXPECT_EQ(full.peak, 3U);
  EXPECT_EQ(full.peak_s, 2);
  ASSERT_EQ(full.steps.size(), 8U) << "each enters once and leaves once";
  EXPECT_EQ(full.steps[2].admitted, 3U);
  EXPECT_EQ(full.steps[5].admitted, 0U);
  EXPECT_DOUBLE_EQ(full.steps[3].from_s, 10 - 0.2) << "the window is taken 2 % short";
}

TEST(Occupancy, DoesNotCountRefusedAndUnansweredRequests) {
  scan::Timeline mixed = timeline({0});
  mixed.points.push_back({0.1, 429, true, "fill"});
  mixed.points.push_back({0.2, 0, false, "fill"});
  EXPECT_EQ(occupancy(mixed).peak, 1U);
}

TEST(Occupancy, CountsOnlyWhatWasAnsweredAsThePlainRequestsAtTheStart) {
  scan::Timeline login;
  login.window_s = 10;
  login.points = {{0, 401, false, "fill"},   {1, 401, false, "fill"}, {2, 429, true, "fill"},
                  {3, 404, false, "path"},   {4, 200, false, "key"},  {5, 401, false, "race"},
                  {6, 0, false, "identity"}, {7, 500, true, "race"}};
  EXPECT_EQ(
      outcomes(login),
      (std::vector<Outcome>{Outcome::admitted, Outcome::admitted, Outcome::refused, Outcome::other,
                            Outcome::other, Outcome::admitted, Outcome::other, Outcome::refused}));
  EXPECT_EQ(occupancy(login).peak, 3U);
  EXPECT_TRUE(outcomes(scan::Timeline{}).empty());
}

TEST(Occupancy, ForgivesTheDelayOfTheNetwork) {
  EXPECT_EQ(occupancy(timeline({0, 0, 0, 9.9})).peak, 3U);
  EXPECT_EQ(occupancy(timeline({0, 0, 0, 9.7})).peak, 4U);
  EXPECT_EQ(occupancy(timeline({0, 0, 0, 999.8}, 1000)).peak, 3U) << "but never more than 0.25 s";
  EXPECT_EQ(occupancy(timeline({0, 0, 0, 999.7}, 1000)).peak, 4U);
}

TEST(Occupancy, IsEmptyWithoutAWindow) {
  scan::Timeline unknown = timeline({0, 1});
  unknown.window_s.reset();
  EXPECT_TRUE(occupancy(unknown).steps.empty());
  unknown.window_s = 0;
  EXPECT_TRUE(occupancy(unknown).steps.empty());
  EXPECT_TRUE(occupancy(timeline({})).steps.empty());
}

TEST(Occupancy, AgreesWithCountingOneByOneInAnyOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> times;
    for (int i = 0; i < 60; ++i) times.push_back(std::uniform_real_distribution<>(0, 60)(random));
    const Occupancy full = occupancy(timeline(times));
    std::size_t most = 0;
    for (const double end : times) {
      most = std::max(
          most, static_cast<std::size_t>(std::count_if(times.begin(), times.end(), [end](double t) {
            return t <= end && end < t + 10 - 0.2;
          })));
    }
    EXPECT_EQ(full.peak, most);
  }
}

}  // namespace
}  // namespace weir::report
