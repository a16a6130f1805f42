#include "gatehouse/limits/time_zone.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "gatehouse/limits/period.hpp"
#include "posix_rule.hpp"
#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::BudgetLimit;
using core::Errc;
using core::Nanos;
using core::WallTime;
using test::utc;

TimeZone zone(const std::string& name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << name;
  return loaded ? *loaded : TimeZone();
}

std::int64_t seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

Period day(WallTime at, const TimeZone& in) {
  return period_of(BudgetLimit{.max = {}, .duration = "1d"}, at, in);
}

TEST(TimeZone, AgreesWithTheCLibrary) {
  std::mt19937_64 random(7);
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                           "Africa/Casablanca", "Europe/Dublin", "Asia/Kathmandu",
                           "America/Santiago", "Pacific/Kiritimati", "Etc/GMT+5", "UTC"}) {
    const TimeZone in = zone(name);
    ASSERT_EQ(setenv("TZ", name, 1), 0);
    tzset();
    for (int i = 0; i < 2'000; ++i) {
      // From 1970 on: before, the C library knows offsets by other rules.
      const auto at = static_cast<std::int64_t>(random() % 7'000'000'000U);
      const time_t moment = at;
      tm parts{};
      localtime_r(&moment, &parts);
      ASSERT_EQ(in.offset_at(at), parts.tm_gmtoff) << name << " at " << at;
    }
  }
  unsetenv("TZ");
  tzset();
}

TEST(TimeZone, HasOnePeriodForADayOfChange) {
  const TimeZone berlin = zone("Europe/Berlin");
  // Set forward on 2026-03-29, back on 2026-10-25.
  const Period spring = day(utc(2026, 3, 29, 12), berlin);
  EXPECT_EQ(spring, (Period{utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)}));
  const Period autumn = day(utc(2026, 10, 25, 12), berlin);
  EXPECT_EQ(autumn, (Period{utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)}));
  // By the rule of the footer, long after the last row of the table.
  const Period later = day(utc(2200, 7, 1, 12), berlin);
  EXPECT_EQ(later, (Period{utc(2200, 6, 30, 22), utc(2200, 7, 1, 22)}));
  const Period month =
      period_of(BudgetLimit{.max = {}, .duration = "1mo"}, utc(2026, 10, 10), berlin);
  EXPECT_EQ(month, (Period{utc(2026, 9, 30, 22), utc(2026, 10, 31, 23)}));
}

TEST(TimeZone, CountsAnHourShownTwiceAsOne) {
  const TimeZone berlin = zone("Europe/Berlin");
  const BudgetLimit half{.max = {}, .duration = "30m"};
  // 02:00 to 03:00 is shown from 00:00 and again from 01:00 UTC.
  EXPECT_EQ(period_of(half, utc(2026, 10, 25, 0, 10), berlin),
            (Period{utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 30)}));
  EXPECT_EQ(period_of(half, utc(2026, 10, 25, 1, 10), berlin),
            (Period{utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 2)}));
  // 02:00 to 03:00 is left out at 01:00 UTC.
  EXPECT_EQ(period_of(half, utc(2026, 3, 29, 1), berlin),
            (Period{utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 30)}));
}

TEST(TimeZone, KnowsDaysWithoutMidnight) {
  // 2018-11-04 began at 01:00 in São Paulo.
  const Period first = day(utc(2018, 11, 4, 12), zone("America/Sao_Paulo"));
  EXPECT_EQ(first, (Period{utc(2018, 11, 4, 3), utc(2018, 11, 5, 2)}));
  // Samoa had no 2011-12-30.
  const Period last = day(utc(2011, 12, 30, 9, 59), zone("Pacific/Apia"));
  EXPECT_EQ(last.end, utc(2011, 12, 30, 10));
  EXPECT_EQ(day(last.end, zone("Pacific/Apia")).end, utc(2011, 12, 31, 10));
  // St. John's set its clock back from 00:01 to 23:01: the new day had begun.
  const Period odd = day(utc(2010, 11, 7, 3), zone("America/St_Johns"));
  EXPECT_EQ(odd, (Period{utc(2010, 11, 7, 2, 30), utc(2010, 11, 8, 3, 30)}));
}

TEST(TimeZone, RefusesNamesThatAreNoZones) {
  for (const char* name : {"", "/etc/passwd", "../../etc/passwd", "Europe/../UTC", "Europe//Berlin",
                           "Europe/", "a b", "x.tab", "Europe\\Berlin"}) {
    EXPECT_EQ(TimeZone::load(name).error().code, Errc::invalid_argument) << name;
  }
  EXPECT_EQ(TimeZone::load(std::string(65, 'a')).error().code, Errc::invalid_argument);
  EXPECT_EQ(TimeZone::load("Europe/Nowhere").error().code, Errc::not_found);
  EXPECT_FALSE(TimeZone::load("Europe"));  // a folder
  EXPECT_TRUE(TimeZone::load("UTC", "no such folder"));
}

TEST(TimeZone, RefusesBrokenFiles) {
  std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(TimeZone::parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(TimeZone::parse(whole.substr(0, size))) << size;
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {  // must neither crash nor hang
    std::string broken = whole;
    for (int k = 0; k < 3; ++k) broken[random() % broken.size()] = static_cast<char>(random());
    const auto in = TimeZone::parse(broken);
    if (!in) continue;
    const auto at = static_cast<std::int64_t>(random() % 7'000'000'000U);
    ASSERT_LE(in->first(in->reached(at)), at);
  }
}

TEST(PosixRule, KnowsItsThreeKindsOfDays) {
  const auto rule = parse_posix_rule("<-03>3<-02>,M3.2.0/-1:30,J60/25");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->offset, -3 * 3600);
  ASSERT_TRUE(rule->summer);
  EXPECT_EQ(rule->summer->offset, -2 * 3600);
  EXPECT_EQ(rule->summer->begin.local_in(2026), seconds(utc(2026, 3, 7, 22, 30)));
  EXPECT_EQ(rule->summer->end.local_in(2026), seconds(utc(2026, 3, 2, 1)));
  EXPECT_EQ(rule->summer->end.local_in(2024), seconds(utc(2024, 3, 2, 1)));
  const auto zero = parse_posix_rule("AAA0BBB-1,59/0,364/0");
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->summer->begin.local_in(2024), seconds(utc(2024, 2, 29)));
  EXPECT_EQ(zero->summer->begin.local_in(2026), seconds(utc(2026, 3, 1)));
}

TEST(PosixRule, RefusesEverythingElse) {
  for (const char* text :
       {"", "C1", "CET", "CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J10", "<CET-1",
        "CET-25", "CET-1CEST,J366,J10", "CET-1CEST,366,10", "CET-1x", "CET-1CEST,M3.5.0/168,J1",
        "CET-1CEST,M3.5.0,M10.5.0/3 "}) {
    EXPECT_FALSE(parse_posix_rule(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::limits
