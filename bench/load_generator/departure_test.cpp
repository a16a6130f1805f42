#include "departure.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace gatehouse::load_generator {
namespace {

using Moment = Departure::Moment;

bool same(const Departure& a, const Departure& b) {
  return a.moment == b.moment && a.amount == b.amount && a.reset == b.reset;
}

TEST(Departure, NobodyLeavesUnasked) {
  for (std::uint64_t request = 0; request < 1000; ++request) {
    EXPECT_EQ(draw_departure(0, 1, {0, request}).moment, Moment::never);
  }
}

TEST(Departure, EverybodyLeavesWhenAsked) {
  for (std::uint64_t request = 0; request < 1000; ++request) {
    EXPECT_NE(draw_departure(1, 1, {0, request}).moment, Moment::never);
  }
}

TEST(Departure, DependsOnSeedConnectionAndRequest) {
  int differ_by_seed = 0;
  int differ_by_connection = 0;
  int differ_by_request = 0;
  for (std::uint64_t request = 0; request < 100; ++request) {
    const Departure drawn = draw_departure(1, 7, {3, request});
    EXPECT_TRUE(same(drawn, draw_departure(1, 7, {3, request})));
    differ_by_seed += same(drawn, draw_departure(1, 8, {3, request})) ? 0 : 1;
    differ_by_connection += same(drawn, draw_departure(1, 7, {4, request})) ? 0 : 1;
    differ_by_request += same(drawn, draw_departure(1, 7, {3, request + 1})) ? 0 : 1;
  }
  EXPECT_GT(differ_by_seed, 80);
  EXPECT_GT(differ_by_connection, 80);
  EXPECT_GT(differ_by_request, 80);
}

TEST(Departure, SharesAreAsAskedFor) {
  constexpr std::uint64_t kConnections = 100;
  constexpr std::uint64_t kRequests = 1000;
  std::array<int, 4> by_moment{};
  int resets = 0;
  int at_once = 0;
  int in_head = 0;
  for (std::uint64_t i = 0; i < kConnections * kRequests; ++i) {
    const Departure drawn = draw_departure(0.3, 1, {i / kRequests, i % kRequests});
    ++by_moment[static_cast<std::size_t>(drawn.moment)];
    if (drawn.moment == Moment::never) continue;
    resets += drawn.reset ? 1 : 0;
    at_once += drawn.moment == Moment::unanswered && drawn.amount == 0 ? 1 : 0;
    in_head += drawn.moment == Moment::bytes && drawn.amount <= 256 ? 1 : 0;
    if (drawn.moment == Moment::bytes || drawn.moment == Moment::events) {
      ASSERT_GT(drawn.amount, 0U);
    }
  }
  // Of 30,000 that leave; six standard deviations and more.
  EXPECT_NEAR(by_moment[static_cast<std::size_t>(Moment::never)], 70'000, 1000);
  EXPECT_NEAR(by_moment[static_cast<std::size_t>(Moment::unanswered)], 10'000, 600);
  EXPECT_NEAR(by_moment[static_cast<std::size_t>(Moment::bytes)], 15'000, 600);
  EXPECT_NEAR(by_moment[static_cast<std::size_t>(Moment::events)], 5'000, 450);
  EXPECT_NEAR(resets, 15'000, 600);
  EXPECT_NEAR(at_once, 5'000, 450);
  EXPECT_NEAR(in_head, 10'000, 600);
}

}  // namespace
}  // namespace gatehouse::load_generator
