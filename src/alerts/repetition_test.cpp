#include "repetition.hpp"

#include <gtest/gtest.h>

namespace gatehouse::alerts {
namespace {

constexpr core::WallTime at(std::int64_t second) {
  return core::WallTime(core::Seconds(second));
}

TEST(RepetitionTest, TellsOnceUntilThePeriodEndsAndCountsTheRest) {
  Repetition repetition;
  EXPECT_EQ(repetition.claim("budget", at(0), at(100)), 0U);
  EXPECT_FALSE(repetition.claim("budget", at(1), at(100)));
  EXPECT_FALSE(repetition.claim("budget", at(99), at(100)));
  EXPECT_EQ(repetition.claim("another", at(99), at(100)), 0U);
  EXPECT_EQ(repetition.claim("budget", at(100), at(200)), 2U);
  EXPECT_FALSE(repetition.claim("budget", at(199), at(200)));
  EXPECT_EQ(repetition.claim("budget", at(200), at(300)), 1U);
  EXPECT_EQ(repetition.refused(), 3U);
}

TEST(RepetitionTest, WhatMayHaveBeenToldIsToldToWhoHasNotHeard) {
  Repetition repetition;
  repetition.restore("period", at(100));
  repetition.restore("lifetime", at(100));
  const core::WallTime ever = core::WallTime::min();
  EXPECT_FALSE(repetition.claim_unheard("period", at(50), at(100)));
  EXPECT_EQ(repetition.claim_unheard("period", at(150), at(200)), 0U) << "of another period";
  EXPECT_FALSE(repetition.claim_unheard("lifetime", ever, at(1'000)));
  EXPECT_EQ(repetition.claim_unheard("lost", ever, at(1'000)), 0U);
  EXPECT_FALSE(repetition.claim_unheard("lost", ever, at(1'000)));
  EXPECT_EQ(repetition.refused(), 0U);
  EXPECT_FALSE(repetition.claim("period", at(150), at(200)));
  EXPECT_EQ(repetition.claim("lifetime", at(100), at(200)), 0U) << "news, and its time is over";
}

TEST(RepetitionTest, ForgetsTheOldestBeyondItsBound) {
  Repetition repetition(2);
  EXPECT_TRUE(repetition.claim("a", at(0), core::WallTime::max()));
  EXPECT_TRUE(repetition.claim("b", at(0), core::WallTime::max()));
  EXPECT_TRUE(repetition.claim("c", at(0), core::WallTime::max()));
  EXPECT_FALSE(repetition.claim("b", at(1), core::WallTime::max()));
  EXPECT_FALSE(repetition.claim("c", at(1), core::WallTime::max()));
  EXPECT_TRUE(repetition.claim("a", at(1), core::WallTime::max()));
}

}  // namespace
}  // namespace gatehouse::alerts
