#include "meter.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::LimitSet;
using core::Nanos;
using core::Seconds;
using test::account;
using test::call;
using test::nano;
using test::tick;
using test::utc;
using Reason = Denial::Reason;

constexpr std::int64_t kMinute = 60'000'000'000;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

LimitSet rate(core::RateLimit limit) {
  LimitSet limits;
  limits.rate = limit;
  return limits;
}

auto admit(const std::shared_ptr<Account>& to, const LimitSet& limits, const Demand& demand,
           const Rules& rules = {}) {
  return Admission::admit({{to, &limits}}, demand, rules);
}

TEST(FixedWindow, BeginsWithTheFirstRequest) {
  const LimitSet limits = rate({.requests_per_minute = 3});
  const auto key = account();
  const std::int64_t start = 12'345;
  for (int i = 0; i < 3; ++i) {
    auto admission = admit(key, limits, call(nano(1), 0, tick(start + i)));
    ASSERT_TRUE(admission);
    EXPECT_EQ(admission->rates(tick(start + i)).at(0).remaining_requests, 2U - unsigned(i));
  }
  const auto refused = admit(key, limits, call(nano(1), 0, tick(start + kMinute - 1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::requests);
  EXPECT_EQ(refused.error().limit, 3U);
  EXPECT_EQ(refused.error().remaining, 0U);
  EXPECT_EQ(refused.error().retry_after, Nanos(1));
  EXPECT_EQ(refused.error().resets_at, utc(2026, 7, 15, 12) + Nanos(1));
  EXPECT_TRUE(admit(key, limits, call(nano(1), 0, tick(start + kMinute))));
}

TEST(FixedWindow, CountsTheFirstRefusalOnly) {
  LimitSet limits = rate({.requests_per_minute = 2});
  const auto key = account();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(admit(key, limits, call(nano(1))));
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(admit(key, limits, call(nano(1))));
  // Two requests and one refusal were counted: a limit of 4 has room for one more.
  limits.rate.requests_per_minute = 4;
  EXPECT_TRUE(admit(key, limits, call(nano(1))));
  EXPECT_FALSE(admit(key, limits, call(nano(1))));
}

TEST(FixedWindow, ReconcilesTokensWithinIt) {
  const LimitSet limits = rate({.tokens_per_minute = 100});
  const auto key = account();
  auto first = admit(key, limits, call(nano(1), 80, tick(0)));
  ASSERT_TRUE(first);
  const auto refused = admit(key, limits, call(nano(1), 21, tick(1)));
  EXPECT_EQ(refused.error().reason, Reason::tokens);
  EXPECT_EQ(refused.error().remaining, 20U);
  first->settle(nano(1), 30, tick(2));
  auto second = admit(key, limits, call(nano(1), 70, tick(3)));
  ASSERT_TRUE(second);
  // Settled in the next window: neither gives nor takes there.
  auto third = admit(key, limits, call(nano(1), 60, tick(kMinute)));
  ASSERT_TRUE(third);
  second->settle(nano(1), 5, tick(kMinute + 1));
  EXPECT_EQ(third->rates(tick(kMinute + 1)).at(0).remaining_tokens, 40U);
  third->settle(nano(1), 500, tick(kMinute + 2));  // used more than it reserved
  EXPECT_FALSE(admit(key, limits, call(nano(1), 1, tick(kMinute + 3))));
}

TEST(FixedWindow, OfRequestsAndTokensAreApart) {
  const LimitSet limits = rate({.requests_per_minute = 1, .tokens_per_minute = 10});
  const auto key = account();
  ASSERT_TRUE(admit(key, rate({.requests_per_minute = 1}), call(nano(1), 0, tick(0))));
  // The tokens' window begins later, with the first call that has a limit for them.
  const LimitSet tokens = rate({.tokens_per_minute = 10});
  auto held = admit(key, tokens, call(nano(1), 10, tick(kMinute / 2)));
  ASSERT_TRUE(held);
  const auto refused = admit(key, limits, call(nano(1), 1, tick(kMinute)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::tokens);
  EXPECT_EQ(refused.error().retry_after, Nanos(kMinute / 2));
}

TEST(Rates, ARefusalHoldsNothing) {
  LimitSet limits = rate({.requests_per_minute = 10, .tokens_per_minute = 100});
  limits.budgets = {{.max = nano(5)}};
  const LimitSet team = rate({.parallel_requests = 0});
  const auto key = account();
  EXPECT_EQ(admit(key, limits, call(nano(6), 60)).error().reason, Reason::budget);
  EXPECT_EQ(
      Admission::admit({{key, &limits}, {account(core::Scope::team), &team}}, call(nano(1), 60), {})
          .error()
          .reason,
      Reason::parallel);
  EXPECT_EQ(key->parallel_requests(), 0U);
  auto whole = admit(key, limits, call(nano(5), 100));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->rates(tick(0)).at(0).remaining_requests, 9U);
}

TEST(Rates, ComeBeforeBudgets) {
  const LimitSet poor = test::budgets({{.max = nano(0)}});
  const LimitSet slow = rate({.tokens_per_minute = 1});
  const auto refused = Admission::admit({{account(), &poor}, {account(core::Scope::team), &slow}},
                                        call(nano(1), 2), {});
  EXPECT_EQ(refused.error().reason, Reason::tokens);
  EXPECT_FALSE(refused.error().retry_after);  // two tokens never fit
  EXPECT_FALSE(refused.error().resets_at);
}

TEST(Parallel, IsReleasedBySettlementAndDestruction) {
  const LimitSet limits = rate({.parallel_requests = 2});
  const auto key = account();
  auto first = admit(key, limits, call(nano(1)));
  {
    auto second = admit(key, limits, call(nano(1)));
    ASSERT_TRUE(second);
    const auto refused = admit(key, limits, call(nano(1)));
    EXPECT_EQ(refused.error().reason, Reason::parallel);
    EXPECT_EQ(refused.error().limit, 2U);
  }
  auto third = admit(key, limits, call(nano(1)));
  ASSERT_TRUE(third);
  first->settle(nano(1), 0, tick(0));
  EXPECT_TRUE(admit(key, limits, call(nano(1))));
  *first = std::move(*third);  // assignment releases what was held
  EXPECT_EQ(key->parallel_requests(), 1U);
}

TEST(TokenBucket, RefillsToTheNanosecond) {
  const Rules rules{.rate = RateMode::token_bucket};
  const LimitSet limits = rate({.requests_per_minute = 6});  // one in ten seconds
  const auto key = account();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(admit(key, limits, call(nano(1), 0, tick(0)), rules));
  const auto refused = admit(key, limits, call(nano(1), 0, tick(1)), rules);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, Seconds(10) - Nanos(1));
  EXPECT_FALSE(admit(key, limits, call(nano(1), 0, tick(9'999'999'999)), rules));
  EXPECT_TRUE(admit(key, limits, call(nano(1), 0, tick(10'000'000'000)), rules));
  EXPECT_FALSE(admit(key, limits, call(nano(1), 0, tick(19'999'999'999)), rules));
  EXPECT_TRUE(admit(key, limits, call(nano(1), 0, tick(20'000'000'000)), rules));
}

TEST(TokenBucket, NeverGivesMoreThanLimitPlusRefill) {
  std::mt19937_64 random(11);
  for (const std::uint64_t limit : {1U, 7U, 100U, 60'001U}) {
    const Pace pace{RateMode::token_bucket, Seconds(60), limit};
    Meter meter;
    std::int64_t now = 0;
    std::uint64_t taken = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += static_cast<std::int64_t>(random() % (kMinute / 3));
      const std::uint64_t amount = 1 + random() % limit;
      const auto wait = meter.wait_for(pace, amount, tick(now));
      ASSERT_TRUE(wait);
      if (wait->count() > 0) {  // exactly then and not a nanosecond before
        ASSERT_LT(meter.remaining(pace, tick(now + wait->count() - 1)), amount);
        ASSERT_GE(meter.remaining(pace, tick(now + wait->count())), amount);
        continue;
      }
      Taken held = meter.take(pace, amount, tick(now));
      taken += amount;
      if (random() % 3 == 0) {  // given back at once
        meter.change(pace, held, 0, tick(now));
        taken -= amount;
      }
      using Wide = unsigned __int128;
      ASSERT_LE(Wide{taken} * kMinute, Wide{limit} * static_cast<std::uint64_t>(kMinute + now));
    }
  }
}

TEST(TokenBucket, GivesNothingBackThatWasRefilledMeanwhile) {
  const Pace pace{RateMode::token_bucket, Seconds(60), 10};
  Meter meter;
  Taken mine = meter.take(pace, 10, tick(0));
  meter.take(pace, 10, tick(kMinute));
  meter.change(pace, mine, 0, tick(0));  // dropped without a look at the clock
  EXPECT_EQ(meter.remaining(pace, tick(kMinute)), 0U);
  Taken late = meter.take(pace, 10, tick(2 * kMinute));
  meter.change(pace, late, 0, tick(2 * kMinute + kMinute / 2));
  EXPECT_EQ(meter.remaining(pace, tick(2 * kMinute + kMinute / 2)), 10U);
}

TEST(Meter, HoldsTheLargestNumbers) {
  for (const RateMode mode : {RateMode::fixed_window, RateMode::token_bucket}) {
    const Pace pace{mode, core::Nanos::max(), kMost};
    Meter meter;
    Taken taken = meter.take(pace, kMost, tick(0));
    meter.take(pace, kMost, tick(0));
    EXPECT_EQ(meter.remaining(pace, tick(0)), 0U);
    EXPECT_TRUE(meter.wait_for(pace, 1, tick(0)));
    meter.change(pace, taken, kMost, tick(1));
    meter.change(pace, taken, 0, tick(0));
    EXPECT_GT(meter.remaining(pace, tick(1)), 0U);
    const Pace none{mode, Nanos(0), 0};
    EXPECT_FALSE(Meter().wait_for(none, 1, tick(0)));
    EXPECT_EQ(Meter().remaining(none, tick(0)), 0U);
  }
}

}  // namespace
}  // namespace gatehouse::limits
