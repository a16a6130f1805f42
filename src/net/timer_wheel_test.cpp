#include "timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace gatehouse::net {
namespace {

using core::Millis;
using core::MonotonicTime;

constexpr MonotonicTime kStart{std::chrono::hours(1)};

TEST(TimerWheel, NothingArmedNeedsNoCall) {
  TimerWheel wheel(kStart);
  EXPECT_FALSE(wheel.next_call().has_value());
  wheel.fire(kStart + std::chrono::hours(24));
  EXPECT_FALSE(wheel.next_call().has_value());
}

TEST(TimerWheel, FiresNeverEarlyAndWithinOneTick) {
  for (const int due : {0, 1, 3, 4, 5, 255, 256, 257, 16'383, 16'384, 75'000, 600'000, 3'600'000}) {
    TimerWheel wheel(kStart + core::Nanos(777));
    int fired = 0;
    Timer timer([&] { ++fired; });
    wheel.arm(timer, kStart + Millis(due));
    for (int at = std::max(0, due - 5); at < due; ++at) {
      wheel.fire(kStart + Millis(at));
      ASSERT_EQ(fired, 0) << due << " fired at " << at;
    }
    wheel.fire(kStart + Millis(due + 5));
    EXPECT_EQ(fired, 1) << due;
    EXPECT_FALSE(timer.armed());
    EXPECT_FALSE(wheel.next_call().has_value());
  }
}

TEST(TimerWheel, FollowingNextCallReachesEveryDueTimeInOrder) {
  std::mt19937_64 random(7);
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<MonotonicTime> dues;
  std::vector<MonotonicTime> fired;
  MonotonicTime now = kStart;
  for (int i = 0; i < 2'000; ++i) {
    const auto spread = std::uint64_t{1} << (random() % 27);
    const MonotonicTime due = kStart + Millis(random() % spread);
    timers.push_back(std::make_unique<Timer>([&fired, &now, due] {
      fired.push_back(due);
      EXPECT_GE(now, due);
      EXPECT_LT(now - due, Millis(5));
    }));
    wheel.arm(*timers.back(), due);
  }
  int calls = 0;
  while (const auto next = wheel.next_call()) {
    ASSERT_GE(*next, now - TimerWheel::kTick);
    now = std::max(now, *next);
    wheel.fire(now);
    ASSERT_LT(++calls, 20'000);
  }
  EXPECT_EQ(fired.size(), timers.size());
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end(), [](auto left, auto right) {
    return left + Millis(4) < right;  // order holds between ticks
  }));
}

TEST(TimerWheel, RandomArmsMovesAndDisarmsAgreeWithAModel) {
  std::mt19937_64 random(11);
  TimerWheel wheel(kStart);
  constexpr std::size_t kTimers = 200;
  MonotonicTime now = kStart;
  std::vector<std::optional<MonotonicTime>> model(kTimers);
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::size_t i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<Timer>([&, i] {
      ASSERT_TRUE(model[i].has_value());
      EXPECT_LE(*model[i], now);
      model[i].reset();
    }));
  }
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % kTimers;
    if (random() % 4 == 0) {
      timers[i]->disarm();
      model[i].reset();
    } else {
      model[i] = now + Millis(random() % (std::uint64_t{1} << (random() % 20)));
      wheel.arm(*timers[i], *model[i]);
    }
    if (random() % 8 == 0) {
      now += Millis(random() % 5'000);
      wheel.fire(now);
      for (std::size_t k = 0; k < kTimers; ++k) {
        ASSERT_EQ(timers[k]->armed(), model[k].has_value());
        if (model[k]) {
          ASSERT_GT(*model[k] + TimerWheel::kTick, now);
        }
      }
    }
  }
}

TEST(TimerWheel, DisarmedTimersDoNotFire) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer first([&] { ++fired; });
  Timer second([&] { ++fired; });
  wheel.arm(first, kStart + Millis(10));
  wheel.arm(second, kStart + Millis(10));
  first.disarm();
  first.disarm();
  wheel.fire(kStart + Millis(100));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ArmingAgainMovesTheTimer) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer([&] { ++fired; });
  wheel.arm(timer, kStart + Millis(10));
  wheel.arm(timer, kStart + Millis(1'000));
  wheel.fire(kStart + Millis(500));
  EXPECT_EQ(fired, 0);
  wheel.fire(kStart + Millis(1'000));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, CallbackMayDisarmAndDestroyTimersDueInTheSameTick) {
  TimerWheel wheel(kStart);
  int fired = 0;
  std::unique_ptr<Timer> victim;
  std::unique_ptr<Timer> self;
  self = std::make_unique<Timer>([&] {
    ++fired;
    victim.reset();
    self.reset();
  });
  victim = std::make_unique<Timer>([&] { ++fired; });
  wheel.arm(*self, kStart + Millis(8));
  wheel.arm(*victim, kStart + Millis(8));
  wheel.fire(kStart + Millis(8));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(victim, nullptr);
}

TEST(TimerWheel, TimerThatRearmsItselfInThePastFiresOncePerCall) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer([&] {
    ++fired;
    wheel.arm(timer, kStart);
  });
  wheel.arm(timer, kStart);
  wheel.fire(kStart + Millis(20));
  wheel.fire(kStart + Millis(20));
  EXPECT_EQ(fired, 2);
  EXPECT_LE(*wheel.next_call(), kStart + Millis(20));
}

TEST(TimerWheel, FarthestDueTimeIsKept) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer([&] { ++fired; });
  wheel.arm(timer, MonotonicTime::max());
  wheel.fire(kStart + std::chrono::years(8));
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(timer.armed());
}

TEST(TimerWheel, DestructionDisarms) {
  Timer timer([] {});
  {
    TimerWheel wheel(kStart);
    wheel.arm(timer, kStart + Millis(10));
    EXPECT_TRUE(timer.armed());
  }
  EXPECT_FALSE(timer.armed());
}

}  // namespace
}  // namespace gatehouse::net
