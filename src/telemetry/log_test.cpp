#include "gatehouse/telemetry/log.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <type_traits>

#include "gatehouse/core/text.hpp"
#include "gatehouse/telemetry/log_sinks.hpp"

namespace gatehouse::telemetry {
namespace {
using namespace std::chrono_literals;

static_assert(!std::is_constructible_v<LogValue, core::Secret>);
static_assert(!std::is_constructible_v<LogValue, const core::Secret&>);
static_assert(!std::is_constructible_v<LogValue, void*>);

class Log : public testing::Test {
 protected:
  /// The fields of the only line, without time, level and event.
  std::string fields(Logger::Fields given) {
    const std::size_t before = sink_.lines().size();
    log_.info("e", given);
    EXPECT_EQ(sink_.lines().size(), before + 1);
    const std::string line = sink_.lines().back();
    constexpr std::string_view kHead =
        R"({"ts":"2026-01-01T00:00:00.000Z","level":"info","event":"e",)";
    EXPECT_TRUE(line.starts_with(kHead) && line.ends_with("}")) << line;
    return line.substr(kHead.size(), line.size() - kHead.size() - 1);
  }

  MemoryLogSink sink_;
  core::ManualClock clock_;
  Logger log_{sink_, clock_};
};

TEST_F(Log, AnEventIsOneLineOfJson) {
  log_.warning("started");
  EXPECT_EQ(sink_.lines().back(),
            R"({"ts":"2026-01-01T00:00:00.000Z","level":"warning","event":"started"})");
}

TEST_F(Log, ValuesKeepTheirTypes) {
  const std::string text = "text";
  EXPECT_EQ(fields({{"a", text}, {"b", "c"}, {"c", std::string_view("v")}}),
            R"("a":"text","b":"c","c":"v")");
  EXPECT_EQ(
      fields({{"t", true}, {"f", false}, {"i", -3}, {"u", std::uint64_t{1} << 63}, {"n", 7u}}),
      R"("t":true,"f":false,"i":-3,"u":9223372036854775808,"n":7)");
  EXPECT_EQ(fields({{"d", 0.25}, {"nan", std::numeric_limits<double>::quiet_NaN()}}),
            R"("d":0.25,"nan":null)");
  EXPECT_EQ(fields({{"s", 2s}, {"ms", 1500ms}, {"ns", 7ns}, {"m", -250us}}),
            R"("s":2,"ms":1.5,"ns":0.000000007,"m":-0.00025)");
  EXPECT_EQ(fields({{"usd", core::Money::nano_usd(12'500)}}), R"("usd":0.0000125)");
}

TEST_F(Log, ErrorsShowCodeTextsAndPlace) {
  const core::Error error{core::Errc::io, "public", "detail"};
  const std::string text = fields({{"error", error}});
  EXPECT_TRUE(text.starts_with(
      R"("error":{"code":"io","message":"public","detail":"detail","where":"log_test.cpp:)"))
      << text;
}

TEST_F(Log, LevelsHold) {
  log_.debug("no");
  EXPECT_TRUE(sink_.lines().empty());
  log_.set_level(LogLevel::error);
  log_.warning("no");
  EXPECT_TRUE(sink_.lines().empty());
  log_.error("yes");
  log_.set_level(LogLevel::debug);
  log_.debug("yes");
  EXPECT_EQ(sink_.lines().size(), 2u);
}

TEST_F(Log, LongTextsAreCutBetweenCharacters) {
  std::string text(2047, 'x');
  text += "äöü";
  EXPECT_EQ(fields({{"k", text}}), "\"k\":\"" + std::string(2047, 'x') + "…\"");
  EXPECT_EQ(fields({{"k", std::string(2048, 'x')}}), "\"k\":\"" + std::string(2048, 'x') + "\"");
}

TEST_F(Log, ForgedLinesStayInTheirField) {
  EXPECT_EQ(fields({{"k", "a\r\n{\"level\":\"info\"}\x1b[31m\u202e\u2028\x7f"}, {"k\n", "\xff"}}),
            "\"k\":\"a\\r\\n{\\\"level\\\":\\\"info\\\"}\\u001b[31m\\u202e\\u2028\\u007f\","
            "\"k\\n\":\"\xef\xbf\xbd\"");
  EXPECT_EQ(fields({{"nul", std::string_view("a\0b", 3)}}), R"("nul":"a\u0000b")");
}

TEST_F(Log, NaughtyStringsStayInTheirLine) {
  std::ifstream file(GATEHOUSE_TEST_DATA "/big-list-of-naughty-strings/blns.txt");
  ASSERT_TRUE(file);
  int seen = 0;
  for (std::string naughty; std::getline(file, naughty); ++seen) {
    const std::string line = fields({{"k", naughty}});
    for (const char c : line) {
      ASSERT_GE(static_cast<unsigned char>(c), 0x20) << naughty;
      ASSERT_NE(c, '\x7f') << naughty;
    }
    ASSERT_TRUE(core::is_utf8(line)) << naughty;
    for (const std::string_view bidi :
         {"\u202a", "\u202e", "\u2066", "\u2069", "\u200f", "\u2028"}) {
      ASSERT_EQ(line.find(bidi), std::string::npos) << naughty;
    }
  }
  EXPECT_GT(seen, 600);
}

}  // namespace
}  // namespace gatehouse::telemetry
