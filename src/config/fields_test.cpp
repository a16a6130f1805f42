#include <gtest/gtest.h>

#include "gatehouse/config/binder.hpp"

namespace gatehouse::config {
namespace {
using namespace std::chrono_literals;

struct Odd {
  std::int32_t signed_number = -1;
  std::uint64_t wide = 0;
  std::optional<std::uint32_t> rpm;
  std::optional<core::Seconds> timeout;
  std::optional<bool> flag;
  std::optional<std::string> name;
  std::optional<core::Money> budget;
  double ratio = 0.5;
  core::Seconds coarse = 10s;
  std::map<std::string, std::string> headers;
  std::map<std::string, core::Secret> secrets;
  std::vector<std::pair<std::string, std::string>> fallbacks;
};
void describe(Section& s, Odd& c) {
  s.integer("signed_number", c.signed_number, {}, {});
  s.integer("wide", c.wide, {}, {});
  s.integer("rpm", c.rpm, {.min = 1}, {});
  s.duration("timeout", c.timeout, {}, {});
  s.boolean("flag", c.flag, {});
  s.text("name", c.name, {.allow_missing_variable = true});
  s.money("budget", c.budget, {});
  s.number("ratio", c.ratio, {0, 1}, {});
  s.duration("coarse", c.coarse, {0s, 60s}, {});
  s.text_map("headers", c.headers, {});
  s.secret_map("secrets", c.secrets, {});
  s.custom("fallbacks", {.text = "pairs"}, R"({"type":"array"})",
           [&](const Node& value, Problems& problems) {
             for (const Node* item : value.children()) {
               if (item->children().size() != 1) {
                 problems.error(item->path(), item->line(), "must be one pair");
                 continue;
               }
               const Node& pair = *item->children()[0];
               c.fallbacks.emplace_back(pair.key(), pair.text());
             }
           });
}

std::pair<Odd, std::string> read_odd(std::string_view text) {
  Problems problems;
  const auto document = parse_yaml(text, problems);
  Odd odd;
  if (document) {
    odd = read<Odd>(
        document->root(), [](std::string_view) -> std::optional<std::string> { return {}; },
        problems);
  }
  return {odd, problems.to_text("f")};
}

TEST(Fields, OptionalValuesStayEmptyUnlessGiven) {
  const auto [none, silent] = read_odd("rpm:\ntimeout: ~\n");
  EXPECT_EQ(silent, "");
  EXPECT_FALSE(none.rpm || none.timeout || none.flag || none.name || none.budget);
  const auto [all, text] =
      read_odd("{rpm: 5, timeout: 1.5m, flag: false, name: '', budget: 12.50}");
  EXPECT_EQ(text, "");
  EXPECT_EQ(all.rpm, 5u);
  EXPECT_EQ(all.timeout, 90s);
  EXPECT_EQ(all.flag, false);
  EXPECT_EQ(all.name, "");
  EXPECT_EQ(all.budget, core::Money::nano_usd(12'500'000'000));
}

TEST(Fields, AWrongOptionalValueStaysEmpty) {
  const auto [odd, text] = read_odd("{rpm: 0, budget: cheap, name: os.environ/NONE}");
  EXPECT_FALSE(odd.rpm || odd.budget || odd.name);
  EXPECT_EQ(text,
            "f:1: error: rpm: must be an integer between 1 and 4294967295, is '0'\n"
            "f:1: warning: name: environment variable NONE is not set\n"
            "f:1: error: budget: must be an amount in USD such as 12.50, is 'cheap'\n");
}

TEST(Fields, IntegersKeepToTheirType) {
  EXPECT_EQ(read_odd("signed_number: -2147483648").first.signed_number, INT32_MIN);
  EXPECT_NE(read_odd("signed_number: 2147483648").second, "");
  EXPECT_NE(read_odd("wide: -1").second, "");
  EXPECT_EQ(read_odd("wide: 9223372036854775807").first.wide, 9223372036854775807u);
  EXPECT_EQ(read_odd("wide: '12'").first.wide, 12u);
}

TEST(Fields, DurationsFinerThanTheirTypeAreRefused) {
  EXPECT_EQ(read_odd("coarse: 1500ms").second,
            "f:1: error: coarse: must be a multiple of 1s, is '1500ms'\n");
  EXPECT_EQ(read_odd("coarse: 61").second,
            "f:1: error: coarse: must be a duration such as 10s of at most 1m, is '61'\n");
}

TEST(Fields, NumbersHaveBounds) {
  EXPECT_EQ(read_odd("ratio: 0.25").first.ratio, 0.25);
  EXPECT_EQ(read_odd("ratio: 1.5").second,
            "f:1: error: ratio: must be a number between 0 and 1, is '1.5'\n");
}

TEST(Fields, MapsKeepTheirNames) {
  const auto [odd, text] = read_odd("headers: {X-A: 1, x-b: two}\nsecrets: {token: s3cr3t}\n");
  EXPECT_EQ(text, "");
  EXPECT_EQ(odd.headers, (std::map<std::string, std::string>{{"X-A", "1"}, {"x-b", "two"}}));
  EXPECT_EQ(odd.secrets.at("token").reveal(), "s3cr3t");
  EXPECT_EQ(read_odd("headers: {a: [1]}").second,
            "f:1: error: headers.a: must be a single value\n");
  EXPECT_EQ(read_odd("secrets: [1]").second, "f:1: error: secrets: must be a map of texts\n");
}

TEST(Fields, CustomShapesReportWithTheirPath) {
  const auto [odd, text] = read_odd("fallbacks: [{a: b}, {c: d, e: f}]");
  EXPECT_EQ(odd.fallbacks, (std::vector<std::pair<std::string, std::string>>{{"a", "b"}}));
  EXPECT_EQ(text, "f:1: error: fallbacks[1]: must be one pair\n");
}

TEST(Fields, SchemaShowsEachShape) {
  Problems problems;
  const auto tree = parse_yaml(schema_of<Odd>("odd"), problems);
  ASSERT_TRUE(tree) << problems.to_text("schema");
  const auto shape = [&](std::string_view key) {
    return to_json(*tree->root().find("properties")->find(key)->find("anyOf")->children()[1]);
  };
  EXPECT_EQ(shape("fallbacks"), R"({"type":"array"})");
  EXPECT_EQ(shape("headers"), R"({"type":"object","additionalProperties":{"type":"string"}})");
  EXPECT_EQ(
      shape("ratio"),
      R"({"anyOf":[{"type":"number","minimum":0,"maximum":1},{"$ref":"#/$defs/environment"}]})");
  EXPECT_EQ(tree->root().find("properties")->find("rpm")->find("default"), nullptr);
}

}  // namespace
}  // namespace gatehouse::config
