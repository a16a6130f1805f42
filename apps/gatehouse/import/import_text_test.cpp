#include <gtest/gtest.h>

#include "csv.hpp"
#include "pg_text.hpp"

namespace gatehouse::app::import {
namespace {

std::vector<CsvRow> rows_of(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvRow> rows;
  CsvRow row;
  for (;;) {
    const auto more = reader.next(row);
    EXPECT_TRUE(more) << (more ? "" : more.error().public_message);
    if (!more || !*more) return rows;
    rows.push_back(row);
  }
}

std::string error_of(std::string_view text, CsvLimits limits = {}) {
  CsvReader reader(text, limits);
  CsvRow row;
  for (;;) {
    const auto more = reader.next(row);
    if (!more) return more.error().public_message;
    if (!*more) return "";
  }
}

TEST(CsvReader, TellsNullFromEmpty) {
  const auto rows = rows_of("a,b,c\n1,,\"\"\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1][0], "1");
  EXPECT_FALSE(rows[1][1].has_value());
  EXPECT_EQ(rows[1][2], "");
}

TEST(CsvReader, ReadsQuotesLinesAndBothLineEnds) {
  const auto rows = rows_of(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x \"\"y\"\", z\",\"two\nlines\"\r\nlast,one");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0][0], "a");
  EXPECT_EQ(rows[1][0], "x \"y\", z");
  EXPECT_EQ(rows[1][1], "two\nlines");
  EXPECT_EQ(rows[2][1], "one");
}

TEST(CsvReader, ALineIsCountedWithinQuotes) {
  CsvReader reader("a\n\"1\n2\n3\"\nx\n");
  CsvRow row;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(reader.line(), 5U);
}

TEST(CsvReader, RefusesWhatIsNoCsv) {
  EXPECT_EQ(error_of("a,b\nx\"y,1\n"), "line 2: a quote within a field without quotes");
  EXPECT_EQ(error_of("a\n\"x\"y\n"), "line 2: text behind a closing quote");
  EXPECT_EQ(error_of("a\n\"x\n"), "line 2: a quote that is not closed");
  EXPECT_EQ(error_of("a\rb\n"), "line 1: a carriage return on its own");
  EXPECT_EQ(error_of("a,b\n1\n"), "line 2: 1 fields, the first line has 2");
  EXPECT_EQ(error_of(std::string_view("a\n\0\n", 4)), "line 2: a NUL");
  EXPECT_EQ(error_of("a\n\xC0\x80\n"), "line 2: bytes that are no UTF-8");
}

TEST(CsvReader, BoundsBite) {
  EXPECT_EQ(error_of("a,b,c\n", {.columns = 2}), "line 1: too many fields");
  EXPECT_EQ(error_of("a,b\n", {.columns = 2}), "");
  EXPECT_EQ(error_of("abc\n", {.field_bytes = 2}), "line 1: a field that is too long");
  EXPECT_EQ(error_of("\"abc\"\n", {.field_bytes = 2}), "line 1: a field that is too long");
  EXPECT_EQ(error_of("\"a\"\"\"\n", {.field_bytes = 1}), "line 1: a field that is too long");
  EXPECT_EQ(error_of("\"ab\"\n", {.field_bytes = 2}), "");
}

TEST(CsvReader, NothingFollowsAnError) {
  CsvReader reader("a\n\"x\"y\nb\n");
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_FALSE(reader.next(row));
  const auto after = reader.next(row);
  ASSERT_TRUE(after);
  EXPECT_FALSE(*after);
}

TEST(ParseArray, ReadsPostgresArrays) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(*parse_array("{}"), Texts());
  EXPECT_EQ(*parse_array("{gpt-4o,claude}"), (Texts{"gpt-4o", "claude"}));
  EXPECT_EQ(*parse_array(R"({"a b","q\"x","b\\s","",NULL})"), (Texts{"a b", "q\"x", "b\\s", ""}));
  for (const char* bad : {"", "{", "}", "{a", "a}", "{a,}", "{,a}", "{\"a}", "{a}x", "{{a}}"}) {
    EXPECT_FALSE(parse_array(bad)) << bad;
  }
}

TEST(ParseTimestamp, ReadsPostgresTimes) {
  const auto at = [](std::string_view text) {
    const auto time = parse_timestamp(text);
    return time ? core::format_rfc3339(*time) : time.error().public_message;
  };
  EXPECT_EQ(at("2026-01-05 10:11:12.345"), "2026-01-05T10:11:12.345Z");
  EXPECT_EQ(at("2026-01-05T10:11:12Z"), "2026-01-05T10:11:12.000Z");
  EXPECT_EQ(at("2026-01-05 10:11:12+05:30"), "2026-01-05T04:41:12.000Z");
  EXPECT_EQ(at("2026-01-05 10:11:12.5-02"), "2026-01-05T12:11:12.500Z");
  EXPECT_EQ(at("2024-02-29 00:00:00"), "2024-02-29T00:00:00.000Z");
  for (const char* bad :
       {"", "2026-02-29 00:00:00", "2026-13-01 00:00:00", "2026-01-01", "2026-01-01 24:00:00",
        "2026-01-01 00:60:00", "2026-01-01 00:00:00.", "2026-01-01 00:00:00x", "infinity",
        "9999-01-01 00:00:00", "2026-01-01 00:00:00+99"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
}

TEST(ParseBoolean, KnowsFourTexts) {
  EXPECT_TRUE(*parse_boolean("t"));
  EXPECT_FALSE(*parse_boolean("false"));
  EXPECT_FALSE(parse_boolean("1"));
}

}  // namespace
}  // namespace gatehouse::app::import
