#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "gatehouse/limits/admission.hpp"
#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::LimitSet;
using core::Money;
using core::Nanos;
using core::Scope;
using core::WallTime;
using test::account;
using test::budgets;
using test::call;
using test::nano;
using test::tick;
using test::usd;
using test::utc;

const WallTime kAt = utc(2026, 7, 15, 12);

void in_threads(int count, const std::function<void(int)>& work) {
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// 500 calls of 8 threads at once against bounds worth 10, all kept open.
std::size_t admitted_of_500(const std::vector<Charge>& charges, const Rules& rules = {}) {
  std::mutex mutex;
  std::vector<Admission> open;
  std::atomic<int> left = 500;
  in_threads(8, [&](int) {
    while (left.fetch_sub(1) > 0) {
      auto admission = Admission::admit(charges, call(usd(1), 1), rules);
      if (!admission) continue;
      const std::lock_guard lock(mutex);
      open.push_back(*std::move(admission));
    }
  });
  return open.size();
}

TEST(Cap, WorthTenAdmitsExactlyTenOnEachScope) {
  for (std::size_t scope = 0; scope < core::kScopes; ++scope) {
    const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
    const auto bounded = account(static_cast<Scope>(scope), "b");
    const std::vector<Charge> charges{{account(Scope::key, "other"), nullptr},
                                      {bounded, &limits},
                                      {account(Scope::global, "last"), nullptr}};
    EXPECT_EQ(admitted_of_500(charges), 10U);
    EXPECT_EQ(bounded->balance(limits.budgets[0], kAt).reserved, Money{});
    EXPECT_EQ(bounded->parallel_requests(), 0U);
  }
}

TEST(Cap, OfRatesHoldsExactly) {
  for (const RateMode mode : {RateMode::fixed_window, RateMode::token_bucket}) {
    for (const core::RateLimit& rate :
         {core::RateLimit{.requests_per_minute = 10}, core::RateLimit{.tokens_per_minute = 10},
          core::RateLimit{.parallel_requests = 10}}) {
      LimitSet limits;
      limits.rate = rate;
      EXPECT_EQ(admitted_of_500({{account(), &limits}}, {.rate = mode}), 10U);
    }
  }
}

TEST(Cap, OnTwoScopesNeverAdmitsMore) {
  for (int round = 0; round < 20; ++round) {
    const LimitSet wide = budgets({{.max = usd(12), .duration = "1d"}});
    const LimitSet narrow = budgets({{.max = usd(10), .duration = "7d"}});
    const auto key = account(), team = account(Scope::team);
    // Those that wait for the narrow one hold the wide one for a moment: at most 8 threads do.
    const std::size_t admitted = admitted_of_500({{key, &wide}, {team, &narrow}});
    EXPECT_LE(admitted, 10U);
    EXPECT_GE(admitted, 5U);
    // The narrow one first: those that fail hold nothing.
    const auto key2 = account(), team2 = account(Scope::team);
    EXPECT_EQ(admitted_of_500({{team2, &narrow}, {key2, &wide}}), 10U);
    EXPECT_EQ(key->balance(wide.budgets[0], kAt).reserved, Money{});
    EXPECT_EQ(team->balance(narrow.budgets[0], kAt).reserved, Money{});
  }
}

TEST(Cap, IsNeverPassedWhileCallsComeAndGo) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto key = account();
  std::atomic<std::int64_t> open = 0, most = 0;
  in_threads(8, [&](int) {
    for (int i = 0; i < 5'000; ++i) {
      auto admission = Admission::admit({{key, &limits}}, call(usd(1)), {});
      if (!admission) continue;
      const std::int64_t now = ++open;
      std::int64_t seen = most;
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      --open;
    }
  });
  EXPECT_LE(most, 10);
}

TEST(Rollover, PutsEachChargeIntoExactlyOnePeriod) {
  const LimitSet limits = budgets({{.max = Money::max(), .duration = "1m"}});
  const auto key = account();
  std::atomic<std::int64_t> clock = kAt.time_since_epoch().count();
  std::mutex mutex;
  std::map<WallTime, std::int64_t> settled;  // what the ledger would have
  std::int64_t total = 0;
  in_threads(8, [&](int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<std::pair<Admission, WallTime>> open;
    for (int i = 0; i < 4'000; ++i) {
      const WallTime at{Nanos(clock.fetch_add(10'000'000))};  // 320 s in all
      auto admission = Admission::admit({{key, &limits}}, call(nano(7), 0, tick(0), at), {});
      ASSERT_TRUE(admission);
      const auto periods = admission->periods();
      ASSERT_EQ(periods.size(), 2U);
      // Its own period, or the next one when another thread was there already.
      ASSERT_GE(periods[1].period_start, period_of(limits.budgets[0], at).start);
      open.emplace_back(*std::move(admission), periods[1].period_start);
      if (open.size() < 20) continue;
      const std::size_t index = random() % open.size();
      std::swap(open[index], open.back());
      const auto cost = static_cast<std::int64_t>(random() % 10);
      open.back().first.settle(nano(cost), 0, tick(0));
      const std::lock_guard lock(mutex);
      settled[open.back().second] += cost;
      total += cost;
      open.pop_back();
    }
  });
  const WallTime end{Nanos(clock.load() - 1)};
  const auto balance = key->balance(limits.budgets[0], end);
  EXPECT_EQ(balance.reserved, Money{});
  EXPECT_EQ(balance.spent.nano_usd(), settled[period_of(limits.budgets[0], end).start]);
  EXPECT_EQ(key->balance({}, end).spent.nano_usd(), total);
  EXPECT_GE(settled.size(), 5U);
}

TEST(Thresholds, AreReportedOnceOverAllThreads) {
  LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  limits.soft_budget = usd(5);
  const auto key = account();
  std::atomic<int> reported = 0;
  in_threads(8, [&](int) {
    for (int i = 0; i < 1'000; ++i) {
      auto admission = Admission::admit({{key, &limits}}, call(nano(1'250'000)), {});
      ASSERT_TRUE(admission);
      reported += static_cast<int>(admission->take_thresholds().size());
      reported += static_cast<int>(admission->settle(nano(1'250'000), 0, tick(0)).size());
    }
  });
  EXPECT_EQ(reported, 5);
}

// faults.md G8.
TEST(Soak, AMillionCallsLeaveNothingReserved) {
  LimitSet limits = budgets({{.max = usd(1'000'000), .duration = "1h"}, {.max = usd(50)}});
  limits.rate = {.tokens_per_minute = 20'000, .parallel_requests = 90};
  const auto key = account(), team = account(Scope::team), tag = account(Scope::tag);
  const LimitSet none;
  std::atomic<std::int64_t> spent = 0, admitted = 0, clock = 0;
  in_threads(4, [&](int seed) {
    std::mt19937 random(static_cast<unsigned>(seed) + 100);
    std::vector<Admission> open;
    for (int i = 0; i < 250'000; ++i) {
      const std::int64_t now = clock.fetch_add(100'000'000);
      const WallTime at = kAt + Nanos(now);
      std::vector<Charge> charges{{key, &limits}, {team, &none}};
      auto admission = Admission::admit(
          std::move(charges), call(nano(random() % 1'000), random() % 100, tick(now), at), {});
      if (admission) {
        ++admitted;
        open.push_back(*std::move(admission));
      }
      if (open.empty() || random() % 4 == 0) continue;
      const std::size_t index = random() % open.size();
      std::swap(open[index], open.back());
      if (random() % 8 == 0) {
        (void)open.back().extend({{tag, &limits}},
                                 call(nano(random() % 3'000), random() % 200, tick(now), at), {});
      }
      if (random() % 3 != 0) {
        const auto cost = static_cast<std::int64_t>(random() % 1'000);
        open.back().settle(nano(cost), random() % 100, tick(now));
        spent += cost;
      }
      open.pop_back();
    }
  });
  const WallTime end = kAt + Nanos(clock.load());
  for (const auto& each : {key, team, tag}) {
    EXPECT_EQ(each->parallel_requests(), 0U);
    for (const core::BudgetLimit& budget : limits.budgets) {
      EXPECT_EQ(each->balance(budget, end).reserved, Money{});
    }
  }
  EXPECT_EQ(key->balance({}, end).spent.nano_usd(), spent);
  EXPECT_EQ(team->balance({}, end).spent.nano_usd(), spent);
  EXPECT_GT(admitted, 300'000);
}

TEST(AccountBook, GivesAllThreadsTheSameAccount) {
  AccountBook book;
  std::vector<std::vector<std::shared_ptr<Account>>> seen(8);
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 2'000; ++i) {
      const std::string id = std::to_string(i);
      auto found = book.find(Scope::key, id);
      if (!found) found = book.add(Scope::key, id, {});
      seen[static_cast<std::size_t>(thread)].push_back(found);
      if (i % 100 == 0) book.drop_idle(tick(1));  // all of them are held
    }
  });
  EXPECT_EQ(book.size(), 2'000U);
  for (const auto& each : seen) EXPECT_EQ(each, seen[0]);
  seen.clear();
  EXPECT_EQ(book.drop_idle(tick(1)), 2'000U);
}

}  // namespace
}  // namespace gatehouse::limits
