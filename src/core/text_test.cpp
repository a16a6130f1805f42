#include "gatehouse/core/text.hpp"

#include <gtest/gtest.h>

namespace gatehouse::core {
namespace {

TEST(Text, ComparesAsciiWithoutCase) {
  EXPECT_TRUE(iequals("Content-Type", "content-TYPE"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("[", "{")) << "letters alone have a case";
  EXPECT_FALSE(iequals("@", "`"));
  EXPECT_FALSE(iequals("\xc3\x84", "\xc3\xa4")) << "ASCII alone";
  EXPECT_TRUE(istarts_with("Bearer x", "bearer "));
  EXPECT_FALSE(istarts_with("Bear", "bearer"));
  EXPECT_EQ(to_lower("ÄBC-Z"), "Äbc-z");
}

TEST(Text, TrimsAndSplits) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim("\na\n"), "\na\n") << "line ends are no blanks of a header";
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split(",", ','), (std::vector<std::string_view>{"", ""}));
}

TEST(Text, ParsesWholeUnsignedNumbersOnly) {
  EXPECT_EQ(parse_u64("0"), 0u);
  EXPECT_EQ(parse_u64("007"), 7u);
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615u);
  for (const std::string_view bad :
       {"", "-1", "-0", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "18446744073709551616", "१"}) {
    EXPECT_FALSE(parse_u64(bad)) << bad;
  }
  EXPECT_FALSE(parse_u64(std::string_view("1\0", 2)));
}

TEST(Text, AppendsNumbers) {
  std::string out = "n=";
  append_number(out, std::uint64_t{18446744073709551615u});
  append_number(out, std::int64_t{-9223372036854775807 - 1});
  EXPECT_EQ(out, "n=18446744073709551615-9223372036854775808");
}

TEST(Text, KnowsUtf8) {
  for (const std::string_view good :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
    EXPECT_TRUE(is_utf8("x" + std::string(good) + "y"));
  }
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
  for (const std::string_view bad :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff",
        "\xc3\x28"}) {
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_FALSE(is_utf8("x" + std::string(bad)));
    EXPECT_FALSE(is_utf8(std::string(bad) + "y"));
  }
}

// faults.md F20.
TEST(Text, PrintableTextCannotForgeALine) {
  EXPECT_EQ(printable("Grüße 日本 \U0001F600"), "Grüße 日本 \U0001F600");
  EXPECT_EQ(printable("a\r\nb\tc"), "a\\x0d\\x0ab\\x09c");
  EXPECT_EQ(printable("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u0085\u009b"), "\\x85\\x9b");
  EXPECT_EQ(printable("\u202e\u2066\u200b\u2028\ufeff"),
            "\\u{202e}\\u{2066}\\u{200b}\\u{2028}\\u{feff}");
  EXPECT_EQ(printable("\u061c\u00ad\U000E0041"), "\\u{61c}\\xad\\u{e0041}");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
}

TEST(Text, PrintableTextKeepsItsLimit) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef…");
  EXPECT_EQ(printable("abcä", 4), "abc…") << "never half a character";
  EXPECT_EQ(printable("abc\x1b", 6), "abc…") << "never half an escape";
  EXPECT_EQ(printable("a", 0), "…");
  EXPECT_EQ(printable("", 0), "");
  for (std::size_t limit = 0; limit < 40; ++limit) {
    const std::string shown = printable("ab\x01\u202eä\U0001F600\xff zz", limit);
    EXPECT_LE(shown.size(), limit + std::string_view("…").size());
    EXPECT_TRUE(is_utf8(shown));
  }
}

std::string json(std::string_view text, JsonText style = JsonText::compact) {
  std::string out;
  append_json_string(out, text, style);
  return out;
}

TEST(Text, WritesJsonStrings) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\b\t\n\f\r\v"), R"("\b\t\n\f\r\u000b")");
  EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json("ä\u202e\U0001F600"), "\"ä\u202e\U0001F600\"");
  EXPECT_EQ(json("x\xffy\xc3"), "\"x\ufffdy\ufffd\"");
}

TEST(Text, WritesVisibleJsonStrings) {
  EXPECT_EQ(json("a\x7f\u0085\u202eä", JsonText::visible), R"("a\u007f\u0085\u202eä")");
  EXPECT_EQ(json("\U000E0041\U0001F600", JsonText::visible), "\"\\udb40\\udc41\U0001F600\"");
}

TEST(Text, MatchesWildcards) {
  EXPECT_TRUE(wildcard_match("gpt-4o", "gpt-4o"));
  EXPECT_FALSE(wildcard_match("gpt-4o", "gpt-4o-mini"));
  EXPECT_TRUE(wildcard_match("*", ""));
  EXPECT_TRUE(wildcard_match("openai/*", "openai/"));
  EXPECT_TRUE(wildcard_match("openai/*", "openai/gpt"));
  EXPECT_FALSE(wildcard_match("openai/*", "openai"));
  EXPECT_TRUE(wildcard_match("*-mini", "gpt-4o-mini"));
  EXPECT_TRUE(wildcard_match("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(wildcard_match("a*b*c", "acb"));
  EXPECT_TRUE(wildcard_match("**a**", "bab"));
  EXPECT_TRUE(wildcard_match("a*", "a*"));
  EXPECT_FALSE(wildcard_match("", "a"));
  EXPECT_TRUE(wildcard_match("", ""));
  EXPECT_FALSE(wildcard_match("a.c", "abc")) << "no other character is special";
}

TEST(Text, WildcardsCostNoMoreThanTheirProduct) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(wildcard_match(pattern + "b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace gatehouse::core
