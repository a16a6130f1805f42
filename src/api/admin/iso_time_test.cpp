#include "admin/iso_time.hpp"

#include <gtest/gtest.h>

namespace gatehouse::api::admin {
namespace {

core::WallTime at(std::int64_t seconds) {
  return core::WallTime(core::Seconds(seconds));
}

TEST(IsoTime, WholeSecondsHaveNoFraction) {
  EXPECT_EQ(iso_time(at(1'785'585'600)), "2026-08-01T12:00:00Z");
  EXPECT_EQ(iso_time(at(1'785'585'600) + core::Millis(250)), "2026-08-01T12:00:00.250Z");
}

TEST(IsoTime, ReadsWhatClientsSend) {
  for (const char* text :
       {"2026-08-01T12:00:00Z", "2026-08-01 12:00:00", "2026-08-01T12:00",
        "2026-08-01T14:00:00+02:00", "2026-08-01T06:30:00-0530", "2026-08-01T12:00:00.000000Z"}) {
    const auto time = parse_iso_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, at(1'785'585'600)) << text;
  }
  EXPECT_EQ(parse_iso_time("2026-08-01"), at(1'785'542'400));
  EXPECT_EQ(parse_iso_date("2026-08-01"), at(1'785'542'400));
}

TEST(IsoTime, RefusesTheRest) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-08-01T",
                           "2026-08-01T25:00", "2026-08-01T12:00:00.", "2026-08-01T12:00:00Zx",
                           "1969-12-31", "9999-01-01", "2026-08-01T12:00:00+99:00", "2026-8-1"}) {
    EXPECT_FALSE(parse_iso_time(text)) << text;
  }
  EXPECT_FALSE(parse_iso_date("2026-08-01T00:00"));
}

}  // namespace
}  // namespace gatehouse::api::admin
