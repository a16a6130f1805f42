#include "scalar_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gatehouse::config {
namespace {
using namespace std::chrono_literals;

TEST(ScalarText, Booleans) {
  for (const auto* text : {"true", "True", "TRUE", "yes", "Yes", "on", "ON"}) {
    EXPECT_EQ(parse_bool(text), true) << text;
  }
  for (const auto* text : {"false", "False", "no", "NO", "off"}) {
    EXPECT_EQ(parse_bool(text), false) << text;
  }
  for (const auto* text : {"", "1", "0", "y", "tru", "truee", "null"}) {
    EXPECT_FALSE(parse_bool(text)) << text;
  }
  EXPECT_FALSE(parse_core_bool("yes"));
}

TEST(ScalarText, Integers) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("+7"), 7);
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("1_000_000"), 1'000'000);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const auto* text : {"", "+", "-", "+-1", "--1", "1.0", "1e3", "0x10", " 1", "1 ", "_1", "1_",
                           "1__0", "9223372036854775808", "１"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
}

TEST(ScalarText, Numbers) {
  EXPECT_EQ(parse_number("0.5"), 0.5);
  EXPECT_EQ(parse_number("-2e3"), -2000.0);
  for (const auto* text : {"", "nan", "inf", "-inf", "1e400", "0.5x", "0x1p3", " 1"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(ScalarText, JsonNumbers) {
  for (const auto* text :
       {"0", "-0", "10", "1.50", "1e5", "1E+5", "1.5e-7", "123456789012345678901"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const auto* text :
       {"", "-", "01", "-01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1 ", "NaN"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

TEST(ScalarText, Bytes) {
  EXPECT_EQ(parse_bytes("65536"), 65536);
  EXPECT_EQ(parse_bytes("64KiB"), 65536);
  EXPECT_EQ(parse_bytes("64 KiB"), 65536);
  EXPECT_EQ(parse_bytes("32MiB"), 32 << 20);
  EXPECT_EQ(parse_bytes("10MB"), 10'000'000);
  EXPECT_EQ(parse_bytes("5B"), 5);
  EXPECT_EQ(parse_bytes("8388607TiB"), std::nullopt);
  for (const auto* text : {"", "KiB", "-1", "1.5MiB", "1 kib", "1K", "9007199254740993GiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_EQ(print_bytes(65536), "64KiB");
  EXPECT_EQ(print_bytes(1 << 30), "1GiB");
  EXPECT_EQ(print_bytes(1000), "1000");
  EXPECT_EQ(print_bytes(0), "0");
}

TEST(ScalarText, Durations) {
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("10 s"), 10s);
  EXPECT_EQ(parse_duration("6000"), 6000s);
  EXPECT_EQ(parse_duration("0.5"), 500ms);
  EXPECT_EQ(parse_duration("6000.0"), 6000s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5m"), 90s);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("1w"), 168h);
  EXPECT_EQ(parse_duration("1ns"), 1ns);
  EXPECT_EQ(parse_duration("106751d"), 106751 * 24h);
  for (const auto* text : {"", "s", "-1s", "+1s", "1e3", ".5", "1.", "1.5ns", "1mo", "1x", "ten",
                           "106752d", "99999999999999999999", "1s 2s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ScalarText, PrintedDurationsParseBack) {
  for (const core::Nanos value :
       {core::Nanos(0), core::Nanos(1), core::Nanos(1500), core::Nanos(250ms), core::Nanos(90s),
        core::Nanos(2h), core::Nanos(24h), core::Nanos(36h)}) {
    EXPECT_EQ(parse_duration(print_duration(value)), value) << print_duration(value);
  }
  EXPECT_EQ(print_duration(90s), "90s");
  EXPECT_EQ(print_duration(36h), "36h");
}

}  // namespace
}  // namespace gatehouse::config
