#include "gatehouse/core/clock.hpp"

#include <gtest/gtest.h>

namespace gatehouse::core {
namespace {

WallTime at(std::int64_t seconds, std::int64_t millis = 0) {
  return WallTime(Seconds(seconds)) + Millis(millis);
}

TEST(Clock, FormatsRfc3339) {
  EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(at(1'767'225'600, 7)), "2026-01-01T00:00:00.007Z");
  EXPECT_EQ(format_rfc3339(at(1'709'210'096, 999)), "2024-02-29T12:34:56.999Z");
  EXPECT_EQ(format_rfc3339(at(951'782'400)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(at(4'102'444'799)), "2099-12-31T23:59:59.000Z");
  EXPECT_EQ(format_rfc3339(at(1) + Nanos(1'999'999)), "1970-01-01T00:00:01.001Z") << "truncated";
}

TEST(Clock, FormatsTimesBeforeTheEpoch) {
  EXPECT_EQ(format_rfc3339(at(0, -1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59.000Z");
  EXPECT_EQ(format_rfc3339(at(0) - Nanos(1)), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, FormatsHttpDates) {
  EXPECT_EQ(format_http_date(at(784'111'777)), "Sun, 06 Nov 1994 08:49:37 GMT")
      << "the example of RFC 9110";
  EXPECT_EQ(format_http_date(at(1'767'225'600)), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_EQ(format_http_date(at(1'709'210'096, 999)), "Thu, 29 Feb 2024 12:34:56 GMT");
}

TEST(Clock, ReadsHttpDates) {
  for (const WallTime time : {at(784'111'777), at(1'709'210'096), at(0)}) {
    EXPECT_EQ(parse_http_date(format_http_date(time)), time);
  }
  EXPECT_FALSE(parse_http_date("Thu, 30 Feb 2024 12:34:56 GMT"));
  EXPECT_FALSE(parse_http_date("Thu, 01 Jan 9999 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Wed, 31 Dec 1969 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Thu, 01 Jan 2026 24:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Thu, 01 Jan 2026 00:00:00 UTC"));
  EXPECT_FALSE(parse_http_date("1767225600"));
  EXPECT_FALSE(parse_http_date(""));
}

TEST(Clock, ManualTimeMovesByHand) {
  ManualClock clock;
  const MonotonicTime start = clock.monotonic();
  EXPECT_EQ(format_rfc3339(clock.wall()), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(clock.monotonic(), start);
  clock.advance(Millis(1'500));
  EXPECT_EQ(clock.monotonic() - start, Millis(1'500));
  EXPECT_EQ(format_rfc3339(clock.wall()), "2026-01-01T00:00:01.500Z");
  clock.set_wall(at(0));
  EXPECT_EQ(clock.monotonic() - start, Millis(1'500)) << "wall clocks may jump, this one not";
}

TEST(Clock, SystemTimeGoesForward) {
  const SystemClock clock;
  const MonotonicTime first = clock.monotonic();
  EXPECT_LE(first, clock.monotonic());
  EXPECT_GT(clock.wall(), at(1'700'000'000));
}

}  // namespace
}  // namespace gatehouse::core
