#include "gatehouse/models/health.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gatehouse::models {
namespace {

using namespace std::chrono_literals;
using core::MonotonicTime;

class Health : public testing::Test {
 protected:
  void fail(FailureKind kind, std::optional<core::Nanos> retry_after = {}) {
    health.failed({.kind = kind, .retry_after = retry_after}, now, policy);
  }
  void succeed() { health.succeeded(now, 1ms); }
  core::Nanos left() const { return health.cooling_left(now); }

  MonotonicTime now{10min};
  CooldownPolicy policy;
  DeploymentHealth health;
};

TEST_F(Health, StartsReady) {
  EXPECT_FALSE(health.cooling(now));
  EXPECT_FALSE(health.cooling(MonotonicTime{}));
  EXPECT_EQ(left(), 0s);
}

TEST_F(Health, SomeFailuresCoolAtOnce) {
  for (const FailureKind kind : {FailureKind::rate_limited, FailureKind::authentication,
                                 FailureKind::not_found, FailureKind::timeout}) {
    DeploymentHealth fresh;
    fresh.failed({.kind = kind}, now, policy);
    EXPECT_EQ(fresh.cooling_left(now), 5s) << name_of(kind);
    EXPECT_TRUE(fresh.cooling(now + 5s - 1ns));
    EXPECT_FALSE(fresh.cooling(now + 5s));
  }
}

TEST_F(Health, AClientsMistakeNeverCounts) {
  for (int i = 0; i < 100; ++i) {
    fail(FailureKind::bad_request);
    fail(FailureKind::content_policy);
    fail(FailureKind::context_window, 60s);
  }
  EXPECT_FALSE(health.cooling(now));
  // Nor as a call: the fifth counted one decides.
  for (int i = 0; i < 4; ++i) fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
  fail(FailureKind::server_error);
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, BehindAWildcardAnUnknownModelIsTheClientsMistake) {
  policy.wildcard = true;
  for (int i = 0; i < 100; ++i) fail(FailureKind::not_found);
  EXPECT_FALSE(health.cooling(now));
}

TEST_F(Health, CoolsAboveHalfOfAtLeastFiveCalls) {
  for (int i = 0; i < 4; ++i) fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
  for (int i = 0; i < 4; ++i) succeed();
  fail(FailureKind::connection);  // 5 of 9
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, HalfIsNotAboveHalf) {
  for (int i = 0; i < 50; ++i) {
    succeed();
    fail(FailureKind::overloaded);
    EXPECT_FALSE(health.cooling(now)) << i;
  }
}

TEST_F(Health, EachMinuteIsCountedAnew) {
  for (int i = 0; i < 4; ++i) fail(FailureKind::server_error);
  now += 1min;
  fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
  for (int i = 0; i < 4; ++i) fail(FailureKind::server_error);
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, AFlappingUpstreamIsLeftOutAgainAsLongAsTheMinuteIsBad) {
  for (int i = 0; i < 9; ++i) fail(FailureKind::server_error);
  now += 6s;
  ASSERT_FALSE(health.cooling(now));
  fail(FailureKind::server_error);
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, RetryAfterProlongsUpToAMinute) {
  fail(FailureKind::rate_limited, 30s);
  EXPECT_EQ(left(), 30s);
  DeploymentHealth other;
  other.failed({.kind = FailureKind::rate_limited, .retry_after = 1'000'000'000s}, now, policy);
  EXPECT_EQ(other.cooling_left(now), 60s);
  DeploymentHealth third;  // shorter than our own pause, past, or negative
  third.failed({.kind = FailureKind::rate_limited, .retry_after = -1s}, now, policy);
  EXPECT_EQ(third.cooling_left(now), 5s);
  DeploymentHealth fourth;  // 503 with Retry-After
  fourth.failed({.kind = FailureKind::overloaded, .retry_after = 7s}, now, policy);
  EXPECT_EQ(fourth.cooling_left(now), 7s);
  DeploymentHealth fifth;
  fifth.failed({.kind = FailureKind::overloaded}, now, policy);
  EXPECT_EQ(fifth.cooling_left(now), 0s);
}

TEST_F(Health, ACoolDownIsNeverShortened) {
  fail(FailureKind::rate_limited, 60s);
  now += 1s;
  fail(FailureKind::rate_limited);
  EXPECT_EQ(left(), 59s);
  health.revive();
  EXPECT_EQ(left(), 0s);
}

TEST_F(Health, AllowedFailsReplacesTheHalfRule) {
  policy.allowed_fails = 3;
  for (int i = 0; i < 100; ++i) succeed();
  for (int i = 0; i < 3; ++i) fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
  fail(FailureKind::server_error);
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, AllowedFailsByKindReplacesTheImmediateCoolDown) {
  policy.allowed_fails_by_kind[static_cast<std::size_t>(FailureKind::timeout)] = 2;
  fail(FailureKind::timeout);
  fail(FailureKind::timeout);
  EXPECT_FALSE(health.cooling(now));
  fail(FailureKind::timeout);
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, CoolDownsCanBeSwitchedOff) {
  policy.enabled = false;
  for (int i = 0; i < 100; ++i) fail(FailureKind::rate_limited, 30s);
  EXPECT_FALSE(health.cooling(now));
}

TEST_F(Health, TheTimeIsConfigurable) {
  policy.time = 90s;
  fail(FailureKind::authentication);
  EXPECT_EQ(left(), 90s);
}

TEST_F(Health, LatencyIsAMovingAverage) {
  EXPECT_EQ(health.latency(), 0ns);
  health.succeeded(now, 800ms);
  EXPECT_EQ(health.latency(), 800ms);
  health.succeeded(now, 1600ms);
  EXPECT_EQ(health.latency(), 900ms);
  for (int i = 0; i < 200; ++i) health.succeeded(now, 100ms);
  EXPECT_LT(health.latency(), 101ms);
  DeploymentHealth instant;
  instant.succeeded(now, 0ns);
  EXPECT_GT(instant.latency(), 0ns);  // known, unlike a deployment that was never used
}

TEST_F(Health, InFlightFollowsTheGuards) {
  {
    InFlight first(health);
    InFlight second(health);
    EXPECT_EQ(health.in_flight(), 2u);
    InFlight moved(std::move(first));
    EXPECT_EQ(health.in_flight(), 2u);
    second = InFlight();
    EXPECT_EQ(health.in_flight(), 1u);
  }
  EXPECT_EQ(health.in_flight(), 0u);
}

TEST_F(Health, ManyThreadsLoseNothing) {
  constexpr int kThreads = 4, kCalls = 20'000;
  std::vector<std::thread> threads;
  policy.allowed_fails = kThreads * kCalls - 1;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < kCalls; ++i) {
        InFlight guard(health);
        succeed();
        fail(FailureKind::server_error);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(health.in_flight(), 0u);
  // One more failure than allowed is only reached when none was lost.
  EXPECT_TRUE(health.cooling(now));
}

TEST_F(Health, TheCountersOfAMinuteDoNotOverflow) {
  policy.allowed_fails = 2'000'000;
  for (int i = 0; i < 1'100'000; ++i) succeed();
  for (int i = 0; i < 10; ++i) fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
  now += 1min;
  policy.allowed_fails.reset();
  for (int i = 0; i < 4; ++i) fail(FailureKind::server_error);
  EXPECT_FALSE(health.cooling(now));
}

TEST(RetryBudget, StartsWithAReserve) {
  RetryBudget budget;
  for (std::uint32_t i = 0; i < RetryBudget::kReserve; ++i) EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
  EXPECT_EQ(budget.left(), 0u);
}

TEST(RetryBudget, SixRequestsEarnOneRetry) {
  RetryBudget budget;
  while (budget.take()) {
  }
  for (int i = 0; i < 5; ++i) budget.request();
  EXPECT_FALSE(budget.take());
  budget.request();
  EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
  for (int i = 0; i < 1000; ++i) budget.request();
  EXPECT_EQ(budget.left(), RetryBudget::kReserve);
}

TEST(RetryBudget, RetriesStayWithinAFifthAcrossThreads) {
  RetryBudget budget;
  constexpr int kThreads = 4, kRequests = 10'000;
  std::atomic<int> retries{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRequests; ++i) {
        budget.request();
        while (budget.take()) retries.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(retries.load(), kThreads * kRequests / 6 + static_cast<int>(RetryBudget::kReserve));
  EXPECT_GE(retries.load(), kThreads * kRequests / 6 - 1);
}

TEST(HealthRegistry, KeepsStateByIdAndForgetsWhatIsUnused) {
  HealthRegistry registry;
  const auto first = registry.deployment("a");
  EXPECT_EQ(registry.deployment("a"), first);
  EXPECT_NE(registry.deployment("b"), first);
  const auto group = registry.group("g");
  const std::weak_ptr<DeploymentHealth> unused = registry.deployment("c");
  EXPECT_FALSE(unused.expired());
  registry.collect();
  EXPECT_TRUE(unused.expired());
  EXPECT_EQ(registry.deployment("a"), first);
  EXPECT_EQ(registry.group("g"), group);
}

}  // namespace
}  // namespace gatehouse::models
