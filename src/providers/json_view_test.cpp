#include "json_view.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::providers {
namespace {

std::vector<std::string> values(std::string_view text) {
  const auto root = parse_json(text);
  EXPECT_TRUE(root.has_value()) << text;
  std::vector<std::string> found;
  for (const json::Member& member : Children(*root)) {
    found.push_back(key_of(member) + "=" + std::string(member.value));
  }
  return found;
}

using Strings = std::vector<std::string>;

TEST(JsonViewTest, WalksObjectsAndArraysInPlace) {
  EXPECT_EQ(values(R"( { "a" : 1.0 , "b":[1,{"x":"]}"}] ,"c" : "q\"}," , "d":{}, "e":null } )"),
            (Strings{"a=1.0", R"(b=[1,{"x":"]}"}])", R"(c="q\"},")", "d={}", "e=null"}));
  EXPECT_EQ(values(R"([1,"a\\",[],true , -1.5e+3])"),
            (Strings{"=1", R"(="a\\")", "=[]", "=true", "=-1.5e+3"}));
  EXPECT_EQ(values("{}"), Strings{});
  EXPECT_EQ(values("[ ]"), Strings{});
  EXPECT_EQ(values("5"), Strings{});
  EXPECT_EQ(values(R"("text")"), Strings{});
  EXPECT_EQ(values(R"({"\u0061\"":1})"), (Strings{"a\"=1"}));
  EXPECT_EQ(values(R"({"":""})"), (Strings{"=\"\""}));
}

TEST(JsonViewTest, KnowsKindsAndEscapes) {
  const auto root = parse_json(R"({"n":-0,"t":true,"f":false,"z":null,"s":"a","e":"\n"})");
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(find(*root, "n")->kind, json::Kind::number);
  EXPECT_EQ(find(*root, "t")->kind, json::Kind::boolean);
  EXPECT_EQ(find(*root, "f")->kind, json::Kind::boolean);
  EXPECT_EQ(find(*root, "z")->kind, json::Kind::null);
  EXPECT_FALSE(find_set(*root, "z").has_value());
  EXPECT_FALSE(find(*root, "missing").has_value());
  EXPECT_FALSE(find(*root, "s")->value_escaped);
  EXPECT_TRUE(find(*root, "e")->value_escaped);
  EXPECT_EQ(find_text(*root, "e"), "\n");
  EXPECT_EQ(find_text(*root, "n"), "");
}

TEST(JsonViewTest, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", "{\"a\":}", "[1,]", "01", "nul", "{\"a\":1}x", "\"\n\""}) {
    EXPECT_FALSE(parse_json(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_json(std::string(300, '[') + std::string(300, ']')).has_value());
  EXPECT_TRUE(parse_json(std::string(200, '[') + std::string(200, ']')).has_value());
}

TEST(JsonViewTest, MeasuresTextsWithoutDecodingThem) {
  const auto length = [](std::string_view text) { return text_length(first_value(text)); };
  EXPECT_EQ(length(R"("")"), 0U);
  EXPECT_EQ(length(R"("abc")"), 3U);
  EXPECT_EQ(length(R"("a\nb")"), 3U);
  EXPECT_EQ(length(R"("\u00e4\\")"), 2U);
  EXPECT_EQ(length("5"), 0U);
}

TEST(JsonViewTest, ReadsNumbers) {
  EXPECT_EQ(as_double(first_value("1.5e3")), 1500.0);
  EXPECT_EQ(as_double(first_value("1e999")), std::nullopt);
  EXPECT_EQ(as_double(first_value("\"1\"")), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::providers
