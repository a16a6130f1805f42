#include "gatehouse/limits/period.hpp"

#include <gtest/gtest.h>

#include <random>

#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::BudgetLimit;
using core::Nanos;
using core::Seconds;
using core::WallTime;
using test::utc;

constexpr Nanos kOne{1};

Period period(const std::string& duration, WallTime at) {
  return period_of(BudgetLimit{.max = {}, .duration = duration}, at);
}

struct Case {
  const char* duration;
  WallTime at;
  WallTime start;
  WallTime end;
};

const Case kCases[] = {
    {"1d", utc(2026, 7, 15, 13, 1), utc(2026, 7, 15), utc(2026, 7, 16)},
    {"24h", utc(2026, 7, 15, 13, 1), utc(2026, 7, 15), utc(2026, 7, 16)},
    {"7d", utc(2026, 7, 15, 13, 1), utc(2026, 7, 13), utc(2026, 7, 20)},  // a Monday
    {"1w", utc(2026, 7, 19, 23, 59, 59), utc(2026, 7, 13), utc(2026, 7, 20)},
    {"2w", utc(2026, 7, 15), utc(2026, 7, 6), utc(2026, 7, 20)},
    {"14d", utc(2026, 7, 15), utc(2026, 7, 6), utc(2026, 7, 20)},
    {"30d", utc(2026, 7, 15), utc(2026, 7, 1), utc(2026, 8, 1)},
    {"1mo", utc(2026, 12, 31, 23), utc(2026, 12, 1), utc(2027, 1, 1)},
    {"1mo", utc(2024, 2, 29), utc(2024, 2, 1), utc(2024, 3, 1)},
    {"30d", utc(2100, 2, 28, 23), utc(2100, 2, 1), utc(2100, 3, 1)},  // no leap year
    {"1d", utc(2024, 2, 29, 12), utc(2024, 2, 29), utc(2024, 3, 1)},
    {"1d", utc(2200, 6, 1, 12), utc(2200, 6, 1), utc(2200, 6, 2)},
    {"7d", utc(2200, 6, 3), utc(2200, 6, 2), utc(2200, 6, 9)},
    {"1h", utc(2038, 1, 19, 3, 14, 7), utc(2038, 1, 19, 3), utc(2038, 1, 19, 4)},
    {"1h", utc(2038, 1, 19, 3, 14, 8), utc(2038, 1, 19, 3), utc(2038, 1, 19, 4)},
    {"1h", utc(2026, 7, 15, 13, 1), utc(2026, 7, 15, 13), utc(2026, 7, 15, 14)},
    {"6h", utc(2026, 7, 15, 13, 1), utc(2026, 7, 15, 12), utc(2026, 7, 15, 18)},
    {"7h", utc(2026, 7, 15, 23), utc(2026, 7, 15, 21), utc(2026, 7, 16)},
    {"36h", utc(1970, 1, 6, 13), utc(1970, 1, 6, 12), utc(1970, 1, 8)},
    {"1m", utc(2026, 7, 15, 13, 1, 30), utc(2026, 7, 15, 13, 1), utc(2026, 7, 15, 13, 2)},
    {"25m", utc(2026, 7, 15, 13, 55), utc(2026, 7, 15, 13, 50), utc(2026, 7, 15, 14)},
    {"90m", utc(2026, 7, 15, 4), utc(2026, 7, 15, 3), utc(2026, 7, 15, 4, 30)},
    {"60m", utc(2026, 7, 15, 4, 59), utc(2026, 7, 15, 4), utc(2026, 7, 15, 5)},
    {"10s", utc(2026, 7, 15, 4, 0, 19), utc(2026, 7, 15, 4, 0, 10), utc(2026, 7, 15, 4, 0, 20)},
    {"25s", utc(2026, 7, 15, 4, 0, 59), utc(2026, 7, 15, 4, 0, 50), utc(2026, 7, 15, 4, 1)},
    {"90s", utc(2026, 7, 15, 4, 2), utc(2026, 7, 15, 4, 1, 30), utc(2026, 7, 15, 4, 3)},
    {"3d", utc(1970, 1, 5), utc(1970, 1, 5), utc(1970, 1, 8)},
    {"3d", utc(1970, 1, 4, 23), utc(1970, 1, 2), utc(1970, 1, 5)},  // before the first Monday
    {"1mo", utc(1969, 12, 31), utc(1969, 12, 1), utc(1970, 1, 1)},
};

TEST(Period, FollowsTheCalendarToTheNanosecond) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.duration) + " at " + core::format_rfc3339(c.at));
    const Period expected{c.start, c.end};
    EXPECT_EQ(period(c.duration, c.at), expected)
        << core::format_rfc3339(period(c.duration, c.at).start);
    EXPECT_EQ(period(c.duration, c.start), expected);
    EXPECT_EQ(period(c.duration, c.end - kOne), expected);
    EXPECT_EQ(period(c.duration, c.end).start, c.end);
    EXPECT_EQ(period(c.duration, c.start - kOne).end, c.start);
  }
}

TEST(Period, WithoutDurationRunsForEver) {
  const Period ever{WallTime{}, WallTime::max()};
  EXPECT_EQ(period("", utc(2026, 1, 1)), ever);
  EXPECT_EQ(period("", utc(1960, 1, 1)), ever);
}

TEST(Period, WithAnAnchorIsExact) {
  const WallTime anchor = utc(2026, 1, 15, 10, 37, 11) + Nanos(5);
  const BudgetLimit limit{.max = {}, .duration = "1mo", .anchor = anchor};
  const Nanos month = std::chrono::hours(30 * 24);
  EXPECT_EQ(period_of(limit, anchor), (Period{anchor, anchor + month}));
  EXPECT_EQ(period_of(limit, anchor + month - kOne), (Period{anchor, anchor + month}));
  EXPECT_EQ(period_of(limit, anchor + month), (Period{anchor + month, anchor + 2 * month}));
  EXPECT_EQ(period_of(limit, anchor - kOne), (Period{anchor - month, anchor}));
  const BudgetLimit longest{.max = {}, .duration = "106751d", .anchor = anchor};
  EXPECT_EQ(period_of(longest, anchor), (Period{anchor, WallTime::max()}));
  EXPECT_EQ(period_of(longest, anchor - kOne).end, anchor);
}

TEST(Period, TilesTimeForEveryDurationAndZone) {
  std::mt19937_64 random(20260711);
  std::vector<TimeZone> zones{TimeZone::utc(), TimeZone::fixed(Seconds(19'800)),
                              TimeZone::fixed(Seconds(-34'200))};
  for (const char* name : {"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
                           "America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut", "America/Havana"}) {
    auto zone = TimeZone::load(name);
    ASSERT_TRUE(zone) << name;
    zones.push_back(*zone);
  }
  const std::string durations[] = {"1s", "7s",  "90s", "1m", "30m", "45m", "90m", "1h",  "5h",
                                   "7h", "24h", "36h", "1d", "2d",  "7d",  "10d", "30d", "1mo"};
  const auto from = utc(1965, 1, 1).time_since_epoch().count();
  const auto span = static_cast<std::uint64_t>(utc(2200, 1, 1).time_since_epoch().count() - from);
  for (int i = 0; i < 20'000; ++i) {
    const TimeZone& zone = zones[random() % zones.size()];
    const BudgetLimit limit{.max = {}, .duration = durations[random() % std::size(durations)]};
    const WallTime at{Nanos(from + static_cast<std::int64_t>(random() % span))};
    const Period p = period_of(limit, at, zone);
    SCOPED_TRACE(limit.duration + " at " + core::format_rfc3339(at));
    ASSERT_LE(p.start, at);
    ASSERT_LT(at, p.end);
    ASSERT_EQ(period_of(limit, p.start, zone), p);
    ASSERT_EQ(period_of(limit, p.end - kOne, zone), p);
    ASSERT_EQ(period_of(limit, p.end, zone).start, p.end);
    ASSERT_EQ(period_of(limit, p.start - kOne, zone).end, p.start);
  }
}

TEST(Duration, IsExactForExpiry) {
  const auto length = [](std::string_view text) { return exact_duration(text).value(); };
  EXPECT_EQ(length("30s"), Seconds(30));
  EXPECT_EQ(length("5m"), Seconds(300));
  EXPECT_EQ(length("1h"), Seconds(3600));
  EXPECT_EQ(length("7d"), Seconds(7 * 86400));
  EXPECT_EQ(length("2w"), Seconds(14 * 86400));
  EXPECT_EQ(length("1mo"), Seconds(30 * 86400));
  EXPECT_EQ(length("2mo"), Seconds(60 * 86400));
  EXPECT_EQ(length("9223372036s"), Seconds(9'223'372'036));
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const char* text : {"",
                           "s",
                           "1",
                           "-1",
                           "-1d",
                           "+1d",
                           "1.5h",
                           "1 h",
                           "1H",
                           "1y",
                           "1dd",
                           "mo",
                           "0s",
                           "0mo",
                           "9223372037s",
                           "106752d",
                           "18446744073709551616s",
                           "99999999999999999999999d",
                           "0x1d",
                           "1d\n"}) {
    const auto length = exact_duration(text);
    ASSERT_FALSE(length) << text;
    EXPECT_EQ(length.error().code, core::Errc::invalid_argument);
    EXPECT_FALSE(check_budget_duration(text)) << text;
  }
}

TEST(Duration, OfBudgetsKnowsOneMonth) {
  for (const char* text : {"1s", "90m", "24h", "1d", "30d", "45d", "2w", "1mo"}) {
    EXPECT_TRUE(check_budget_duration(text)) << text;
  }
  EXPECT_FALSE(check_budget_duration("2mo"));
  EXPECT_FALSE(check_budget_duration("12mo"));
}

}  // namespace
}  // namespace gatehouse::limits
