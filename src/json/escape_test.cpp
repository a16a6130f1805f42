#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gatehouse/core/text.hpp"
#include "test_support.hpp"

namespace gatehouse::json {
namespace {

TEST(Quoting, EscapesWhatMustBe) {
  EXPECT_EQ(json::quoted(""), R"("")");
  EXPECT_EQ(json::quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json::quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json::quoted(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json::quoted("Grüße \U0001F600"), "\"Grüße \U0001F600\"");
  std::string out = "x";
  append_quoted(out, "y");
  EXPECT_EQ(out, "x\"y\"");
}

TEST(Quoting, RepairsInvalidUtf8) {
  EXPECT_EQ(json::quoted("a\xff\"b"), "\"a\ufffd\\\"b\"");
  EXPECT_EQ(json::quoted("\xe2\x82"), "\"\ufffd\"") << "one for a truncated sequence";
  EXPECT_EQ(json::quoted("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\"");
  EXPECT_EQ(json::quoted("\xc0\xaf"), "\"\ufffd\ufffd\"");
}

TEST(Quoting, IsUndoneByReadingForEveryByteAndPlace) {
  Scanner scanner;
  for (int c = 0; c < 0x80; ++c) {
    for (const std::size_t before : kShifts) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + "yy";
      const auto outline = scanner.scan_copy("[" + json::quoted(text) + "]");
      ASSERT_TRUE(outline) << c;
      ASSERT_EQ(as_string(outline->members()[0]), text);
    }
  }
}

TEST(Unescape, ResolvesEveryEscape) {
  EXPECT_EQ(unescape("plain"), "plain");
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape(R"(a\u0041\u00e4\u20AC\ud83d\ude00z)"), "aA\u00e4\u20ac\U0001F600z");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\\u0041)"), "\\u0041");
}

TEST(Unescape, LoneSurrogatesBecomeTheReplacementCharacter) {
  EXPECT_EQ(unescape(R"(\ud800)"), "\ufffd");
  EXPECT_EQ(unescape(R"(\udc00)"), "\ufffd");
  EXPECT_EQ(unescape(R"(\ud800x)"), "\ufffdx");
  EXPECT_EQ(unescape(R"(\ud800\n)"), "\ufffd\n");
  EXPECT_EQ(unescape(R"(\ud800\u0041)"), "\ufffdA");
  EXPECT_EQ(unescape(R"(\ud800\ud83d\ude00)"), "\ufffd\U0001F600");
  EXPECT_EQ(unescape(R"(\ude00\ud83d)"), "\ufffd\ufffd");
}

TEST(Unescape, SurvivesTextThatWasNotScanned) {
  EXPECT_EQ(unescape("a\\"), "a\ufffd");
  EXPECT_EQ(unescape("\\u12"), "\ufffd12");
  EXPECT_EQ(unescape("\\ud800\\u1"), "\ufffd\ufffd1");
}

// faults.md F20: the Big List of Naughty Strings passes unchanged.
TEST(NaughtyStrings, SurviveQuotingScanningAndReading) {
  const boost::json::value list =
      boost::json::parse(slurp(GATEHOUSE_TEST_DATA "/big-list-of-naughty-strings/blns.json"));
  ASSERT_GT(list.as_array().size(), 500u);
  Scanner scanner;
  std::string everything = "{\"\":0";
  std::vector<std::string> strings;
  for (const boost::json::value& entry : list.as_array()) {
    const std::string text(entry.as_string());
    ASSERT_TRUE(core::is_utf8(text));
    strings.push_back(text);
    const std::string quoted_text = json::quoted(text);
    const auto outline = scanner.scan_copy("{" + quoted_text + ":" + quoted_text + "}");
    ASSERT_TRUE(outline) << text;
    ASSERT_EQ(as_string(outline->members()[0]), text);
    ASSERT_NE(outline->find(text), nullptr) << text;
    if (const auto plain = as_plain_string(outline->members()[0])) {
      ASSERT_EQ(*plain, text);
    }
    everything += ',' + json::quoted("k" + text) + ':' + quoted_text;
  }
  const auto outline = scanner.scan_copy(everything + "}");
  ASSERT_TRUE(outline);
  ASSERT_EQ(outline->members().size(), strings.size() + 1);
  for (std::size_t i = 0; i < strings.size(); ++i) {
    ASSERT_EQ(as_string(outline->members()[i + 1]), strings[i]);
  }
}

TEST(NaughtyStrings, ReadTheSameAsTheDomReadsTheirOwnSpelling) {
  const std::string text = slurp(GATEHOUSE_TEST_DATA "/big-list-of-naughty-strings/blns.json");
  const boost::json::value list = boost::json::parse(text);
  Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  ASSERT_TRUE(outline);
  ASSERT_EQ(outline->members().size(), list.as_array().size());
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    ASSERT_EQ(as_string(outline->members()[i]), std::string(list.as_array()[i].as_string()));
  }
}

}  // namespace
}  // namespace gatehouse::json
