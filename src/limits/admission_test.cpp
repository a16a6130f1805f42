#include "gatehouse/limits/admission.hpp"

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::BudgetLimit;
using core::LimitSet;
using core::Money;
using core::Nanos;
using core::Scope;
using core::Seconds;
using core::WallTime;
using test::account;
using test::budgets;
using test::call;
using test::nano;
using test::tick;
using test::usd;
using test::utc;
using Reason = Denial::Reason;

const Rules kStrict;
const Rules kLenient{.reservation = ReservationMode::lenient};

auto admit(const std::shared_ptr<Account>& to, const LimitSet& limits, const Demand& demand,
           const Rules& rules = kStrict) {
  return Admission::admit({{to, &limits}}, demand, rules);
}

TEST(Admission, ReservesAndSettles) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto key = account();
  const WallTime at = utc(2026, 7, 15, 12);
  {
    auto admission = admit(key, limits, call(usd(4)));
    ASSERT_TRUE(admission);
    EXPECT_EQ(admission->reserved(), usd(4));
    EXPECT_EQ(key->balance(limits.budgets[0], at).reserved, usd(4));
    EXPECT_EQ(key->parallel_requests(), 1U);
    EXPECT_TRUE(admission->settle(usd(3), 0, tick(1)).empty());
    EXPECT_EQ(key->balance(limits.budgets[0], at).spent, usd(3));
    EXPECT_EQ(key->balance(limits.budgets[0], at).reserved, Money{});
    EXPECT_EQ(key->parallel_requests(), 0U);
    EXPECT_TRUE(admission->settle(usd(3), 0, tick(2)).empty());  // counts once
  }
  EXPECT_EQ(key->balance(limits.budgets[0], at).spent, usd(3));
  EXPECT_EQ(key->balance({}, at).spent, usd(3));  // lifetime
}

TEST(Admission, GivesEverythingBackWithoutSettlement) {
  LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  limits.rate = {.requests_per_minute = 5, .tokens_per_minute = 100, .parallel_requests = 1};
  const auto key = account();
  {
    ASSERT_TRUE(admit(key, limits, call(usd(4), 60)));
  }
  EXPECT_EQ(key->balance(limits.budgets[0], utc(2026, 7, 15, 12)).reserved, Money{});
  EXPECT_EQ(key->balance({}, utc(2026, 7, 15, 12)).reserved, Money{});
  EXPECT_EQ(key->parallel_requests(), 0U);
  auto next = admit(key, limits, call(usd(10), 100));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->rates(tick(0)).at(0).remaining_requests, 3U);  // the request was made
}

TEST(Admission, NamesThePeriodsForTheLedger) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"},
                                   {.max = usd(20), .duration = "1mo"},
                                   {.max = usd(5), .duration = "1d"},
                                   {.max = usd(99)}});
  auto admission = Admission::admit({{account(), &limits}, {account(Scope::team, "t"), nullptr}},
                                    call(usd(1)), kStrict);
  ASSERT_TRUE(admission);
  const auto periods = admission->periods();
  ASSERT_EQ(periods.size(), 4U);
  EXPECT_EQ(periods[0].duration, "");
  EXPECT_EQ(periods[0].period_start, WallTime{});
  EXPECT_EQ(periods[0].period_end, WallTime::max());
  EXPECT_EQ(periods[1].duration, "1d");
  EXPECT_EQ(periods[1].period_start, utc(2026, 7, 15));
  EXPECT_EQ(periods[1].period_end, utc(2026, 7, 16));
  EXPECT_EQ(periods[2].duration, "1mo");
  EXPECT_EQ(periods[2].period_start, utc(2026, 7, 1));
  EXPECT_EQ(periods[2].id, "k");
  EXPECT_EQ(periods[3].scope, Scope::team);
  EXPECT_EQ(periods[3].id, "t");
}

TEST(Strict, AdmitsWhatFitsToTheNano) {
  const LimitSet limits = budgets({{.max = nano(100), .duration = "1d"}});
  const auto key = account();
  auto first = admit(key, limits, call(nano(60)));
  ASSERT_TRUE(first);
  EXPECT_FALSE(admit(key, limits, call(nano(41))));
  auto second = admit(key, limits, call(nano(40)));
  ASSERT_TRUE(second);
  EXPECT_FALSE(admit(key, limits, call(nano(1))));
  first->settle(nano(10), 0, tick(0));
  EXPECT_TRUE(admit(key, limits, call(nano(50))));
}

TEST(Strict, DenialTellsEverything) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto team = account(Scope::team, "t1");
  auto settled = admit(team, limits, call(usd(3)));
  settled->settle(usd(3), 0, tick(0));
  auto held = admit(team, limits, call(usd(2)));
  Demand demand = call(usd(9));
  demand.fixed_cost = usd(1);
  const auto refused = admit(team, limits, demand);
  ASSERT_FALSE(refused);
  const Denial& denial = refused.error();
  EXPECT_EQ(denial.reason, Reason::budget);
  EXPECT_EQ(denial.scope, Scope::team);
  EXPECT_EQ(denial.id, "t1");
  EXPECT_EQ(denial.duration, "1d");
  EXPECT_EQ(denial.spent, usd(3));
  EXPECT_EQ(denial.reserved, usd(2));
  EXPECT_EQ(denial.max, usd(10));
  EXPECT_EQ(denial.resets_at, utc(2026, 7, 16));
  EXPECT_EQ(denial.retry_after, std::chrono::hours(12));
  EXPECT_EQ(denial.affordable_output, usd(4));
  demand.output_cost = denial.affordable_output;
  EXPECT_TRUE(admit(team, limits, demand));
}

TEST(Strict, AffordableIsTheLeastOverAllBudgetsOfAllCharges) {
  const LimitSet first = budgets({{.max = usd(50)}, {.max = usd(8), .duration = "1d"}});
  const LimitSet second = budgets({{.max = usd(5), .duration = "7d"}});
  const LimitSet third = budgets({{.max = usd(3), .duration = "1mo"}});
  const std::vector<Charge> charges{{account(Scope::key), &first},
                                    {account(Scope::team), &second},
                                    {account(Scope::user), &third}};
  Demand demand = call(usd(9));
  demand.fixed_cost = usd(1);
  const auto refused = Admission::admit(charges, demand, kStrict);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().scope, Scope::key);  // the first that failed
  EXPECT_EQ(refused.error().affordable_output, usd(2));
  demand.output_cost = usd(2);
  EXPECT_TRUE(Admission::admit(charges, demand, kStrict));
  demand.fixed_cost = usd(4);
  EXPECT_EQ(Admission::admit(charges, demand, kStrict).error().affordable_output, usd(-1));
}

TEST(Strict, ZeroBudgetRefusesAllThatCosts) {
  const LimitSet limits = budgets({{.max = Money{}}});
  EXPECT_FALSE(admit(account(), limits, call(nano(1))));
  EXPECT_TRUE(admit(account(), limits, call(Money{})));
  const LimitSet below = budgets({{.max = usd(-1)}});
  EXPECT_FALSE(admit(account(), below, call(nano(1))));
  EXPECT_TRUE(admit(account(), below, call(Money{})));
}

TEST(Lenient, BlocksAtOrAboveTheBudgetByScope) {
  const LimitSet limits = budgets({{.max = usd(10)}});
  struct Case {
    Scope scope;
    bool blocks_at;
  };
  for (const Case c : {Case{Scope::key, true},
                       {Scope::organization, true},
                       {Scope::team_member, true},
                       {Scope::team, false},
                       {Scope::user, false},
                       {Scope::end_user, false},
                       {Scope::tag, false},
                       {Scope::key_model, false},
                       {Scope::team_model, false},
                       {Scope::global, false}}) {
    SCOPED_TRACE(core::name_of(c.scope));
    const auto under = account(c.scope, "x", {{"", {}, nano(9'999'999'999)}});
    EXPECT_TRUE(admit(under, limits, call(usd(500)), kLenient));
    const auto at = account(c.scope, "x", {{"", {}, usd(10)}});
    EXPECT_EQ(admit(at, limits, call(nano(1)), kLenient).has_value(), !c.blocks_at);
    const auto over = account(c.scope, "x", {{"", {}, nano(10'000'000'001)}});
    EXPECT_FALSE(admit(over, limits, call(nano(1)), kLenient));
    EXPECT_TRUE(admit(over, limits, call(Money{}), kLenient));
    const LimitSet zero = budgets({{.max = Money{}}});
    EXPECT_EQ(admit(account(c.scope), zero, call(nano(1)), kLenient).has_value(), !c.blocks_at);
  }
}

TEST(Lenient, CountsWhatIsReserved) {
  const LimitSet limits = budgets({{.max = usd(10)}});
  const auto key = account();
  auto first = admit(key, limits, call(usd(9)), kLenient);
  ASSERT_TRUE(first);
  auto second = admit(key, limits, call(usd(9)), kLenient);
  ASSERT_TRUE(second);
  EXPECT_FALSE(admit(key, limits, call(usd(9)), kLenient));
}

TEST(Amounts, ThatOverflowAreRefused) {
  const LimitSet none;
  const auto key = account();
  for (const Money bad : {nano(-1), nano(std::numeric_limits<std::int64_t>::min())}) {
    EXPECT_EQ(admit(key, none, call(bad)).error().reason, Reason::amount);
    Demand demand = call(usd(1));
    demand.fixed_cost = bad;
    EXPECT_EQ(admit(key, none, demand).error().reason, Reason::amount);
  }
  Demand both = call(Money::max());
  both.fixed_cost = nano(1);
  EXPECT_EQ(admit(key, none, both).error().reason, Reason::amount);
  EXPECT_EQ(key->parallel_requests(), 0U);

  auto whole = admit(key, none, call(Money::max()));
  ASSERT_TRUE(whole);
  const auto refused = admit(key, none, call(nano(1)));  // no budget, but no room either
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::budget);
  EXPECT_EQ(refused.error().max, Money::max());
  EXPECT_EQ(refused.error().affordable_output, Money{});
  EXPECT_TRUE(admit(key, none, call(Money{})));
  whole->settle(Money::max(), 0, tick(0));
  auto more = admit(key, none, call(Money{}));
  more->settle(Money::max(), 0, tick(0));
  EXPECT_EQ(key->balance({}, utc(2026, 7, 15)).spent, Money::max());
}

TEST(Amounts, NegativeSettlementCountsAsZero) {
  const auto key = account();
  const LimitSet none;
  auto admission = admit(key, none, call(usd(1)));
  admission->settle(usd(-5), 0, tick(0));
  EXPECT_EQ(key->balance({}, utc(2026, 7, 15)).spent, Money{});
}

TEST(Rollover, HappensToTheNanosecond) {
  const LimitSet limits = budgets({{.max = usd(1), .duration = "1d"}});
  const auto key = account();
  const WallTime midnight = utc(2026, 7, 16);
  auto before = admit(key, limits, call(usd(1), 0, tick(0), midnight - Nanos(1)));
  ASSERT_TRUE(before);
  EXPECT_FALSE(admit(key, limits, call(usd(1), 0, tick(0), midnight - Nanos(1))));
  EXPECT_EQ(key->balance(limits.budgets[0], midnight).reserved, Money{});
  auto after = admit(key, limits, call(usd(1), 0, tick(0), midnight));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->periods()[1].period_start, midnight);
  // The old reservation does not touch the new period.
  before->settle(usd(1), 0, tick(0));
  EXPECT_EQ(key->balance(limits.budgets[0], midnight).spent, Money{});
  EXPECT_EQ(key->balance(limits.budgets[0], midnight).reserved, usd(1));
  EXPECT_EQ(key->balance({}, midnight).spent, usd(1));
}

TEST(Rollover, NeverGoesBack) {
  const LimitSet limits = budgets({{.max = usd(1), .duration = "1d"}});
  const auto key = account();
  const WallTime midnight = utc(2026, 7, 16);
  auto today = admit(key, limits, call(usd(1), 0, tick(0), midnight));
  ASSERT_TRUE(today);
  // The clock is set back to the day before, of which nothing was spent.
  const auto refused = admit(key, limits, call(usd(1), 0, tick(0), midnight - Nanos(1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reserved, usd(1));
  auto free = admit(key, limits, call(Money{}, 0, tick(0), midnight - Seconds(7200)));
  ASSERT_TRUE(free);
  EXPECT_EQ(free->periods()[1].period_start, midnight);
  // A counter that the ledger has from the time before the clock was set back.
  const auto loaded = account(Scope::key, "k", {{"1d", midnight, usd(1)}});
  EXPECT_FALSE(admit(loaded, limits, call(nano(1), 0, tick(0), midnight - Nanos(1))));
  EXPECT_TRUE(admit(loaded, limits, call(usd(1), 0, tick(0), utc(2026, 7, 17))));
}

TEST(Rollover, FollowsAnAlignmentThatChanges) {
  const LimitSet month = budgets({{.max = usd(1), .duration = "30d"}});
  const auto key = account();
  {
    admit(key, month, call(usd(1), 0, tick(0), utc(2026, 7, 15)))->settle(usd(1), 0, tick(0));
  }
  const LimitSet earlier =
      budgets({{.max = usd(1), .duration = "30d", .anchor = utc(2026, 6, 20)}});
  EXPECT_FALSE(admit(key, earlier, call(usd(1), 0, tick(0), utc(2026, 7, 16))));
  const LimitSet later = budgets({{.max = usd(1), .duration = "30d", .anchor = utc(2026, 7, 16)}});
  auto anew = admit(key, later, call(usd(1), 0, tick(0), utc(2026, 7, 16)));
  ASSERT_TRUE(anew);
  EXPECT_EQ(anew->periods()[1].period_end, utc(2026, 8, 15));
}

TEST(Rollover, FollowsTheZone) {
  const TimeZone india = TimeZone::fixed(Seconds(19'800));
  const Rules rules{.zone = &india};
  const LimitSet limits = budgets({{.max = usd(1), .duration = "1d"}});
  auto admission = admit(account(), limits, call(usd(1)), rules);
  EXPECT_EQ(admission->periods()[1].period_start, utc(2026, 7, 14, 18, 30));
}

TEST(Thresholds, AreReportedOnce) {
  LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  limits.soft_budget = usd(5);
  const auto key = account();
  const auto spend = [&](Money cost, WallTime at = utc(2026, 7, 15)) {
    auto admission = admit(key, limits, call(cost, 0, tick(0), at), kLenient);
    EXPECT_TRUE(admission);
    EXPECT_TRUE(admission->take_thresholds().empty());
    return admission->settle(cost, 0, tick(0));
  };
  EXPECT_TRUE(spend(nano(4'999'999'999)).empty());
  const auto soft = spend(nano(1));
  ASSERT_EQ(soft.size(), 1U);
  EXPECT_TRUE(soft[0].soft);
  EXPECT_EQ(soft[0].max, usd(5));
  EXPECT_EQ(soft[0].spent, usd(5));
  EXPECT_EQ(soft[0].duration, "1d");
  EXPECT_TRUE(spend(nano(2'999'999'999)).empty());
  const auto eighty = spend(nano(1));
  ASSERT_EQ(eighty.size(), 1U);
  EXPECT_EQ(eighty[0].percent, 80U);
  EXPECT_EQ(eighty[0].period_end, utc(2026, 7, 16));
  EXPECT_FALSE(eighty[0].soft);
  EXPECT_TRUE(spend(nano(1)).empty());
  const auto rest = spend(usd(2));
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0].percent, 90U);
  EXPECT_EQ(rest[1].percent, 95U);
  EXPECT_EQ(rest[2].percent, 100U);
  EXPECT_EQ(spend(usd(10), utc(2026, 7, 16)).size(), 5U);  // a new period, all of them
}

TEST(Thresholds, OfALoweredLimitShowAtTheNextCall) {
  LimitSet limits = budgets({{.max = usd(100)}});
  const auto key = account();
  {
    EXPECT_TRUE(admit(key, limits, call(usd(9)))->settle(usd(9), 0, tick(0)).empty());
  }
  limits.budgets[0].max = usd(10);
  auto next = admit(key, limits, call(Money{}));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->take_thresholds().size(), 2U);
  EXPECT_TRUE(next->take_thresholds().empty());
  limits.budgets[0].max = usd(11);  // raised: 80 % of it is a new amount, and reached
  EXPECT_EQ(admit(key, limits, call(Money{}))->take_thresholds().size(), 1U);
  limits.budgets[0].max = usd(10);
  EXPECT_TRUE(admit(key, limits, call(Money{}))->take_thresholds().empty());
}

TEST(Thresholds, ReachedBeforeTheStartAreMarked) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto key = account(Scope::key, "k", {{"1d", utc(2026, 7, 15), nano(8'500'000'000)}});
  auto admission = admit(key, limits, call(usd(1)));
  ASSERT_TRUE(admission);
  const auto known = admission->take_thresholds();
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].percent, 80U);
  EXPECT_TRUE(known[0].known);
  EXPECT_EQ(known[0].period_end, utc(2026, 7, 16));
  const auto passed = admission->settle(usd(1), 0, tick(0));
  ASSERT_EQ(passed.size(), 2U);
  EXPECT_EQ(passed[0].percent, 90U);
  EXPECT_EQ(passed[1].percent, 95U);
  EXPECT_FALSE(passed[0].known || passed[1].known);
}

TEST(Thresholds, OutliveARefusalByAnotherScope) {
  const LimitSet limits = budgets({{.max = usd(10)}});
  const auto key = account(Scope::key, "k", {{"", {}, usd(9)}});
  const auto team = account(Scope::team, "t");
  const LimitSet poor = budgets({{.max = Money{}}});
  EXPECT_FALSE(Admission::admit({{key, &limits}, {team, &poor}}, call(nano(500'000'000)), kStrict));
  EXPECT_EQ(admit(key, limits, call(Money{}))->take_thresholds().size(), 2U);
}

TEST(Thresholds, OfAnEarlierPeriodAreNotKnown) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto key = account(Scope::key, "k", {{"1d", utc(2026, 7, 14), nano(9'900'000'000)}});
  auto admission = admit(key, limits, call(usd(9)));
  ASSERT_TRUE(admission);
  EXPECT_TRUE(admission->take_thresholds().empty());
  const auto passed = admission->settle(usd(9), 0, tick(0));
  ASSERT_EQ(passed.size(), 2U);
  EXPECT_FALSE(passed[0].known);
}

}  // namespace
}  // namespace gatehouse::limits
