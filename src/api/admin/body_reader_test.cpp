#include "admin/body_reader.hpp"

#include <gtest/gtest.h>

namespace gatehouse::api::admin {
namespace {

core::Money usd(std::string_view text) {
  return *core::Money::from_usd(text);
}

TEST(BodyReader, ReadsEveryType) {
  const std::string body =
      R"({"alias":"a","limit":7,"blocked":true,"models":["m","n"],"aliases":{"x":"y"},)"
      R"("rpm":{"m":3},"metadata":{"a":[1, 2]},"expiry":"2026-08-01T12:00:00Z"})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<std::string> alias;
  std::optional<std::uint64_t> limit;
  bool blocked = false;
  std::vector<std::string> models;
  std::map<std::string, std::string> aliases;
  std::map<std::string, std::uint64_t> rpm;
  std::string metadata = "{}";
  std::optional<core::WallTime> expiry;
  reader.read("alias", alias);
  reader.read("limit", limit);
  reader.read("blocked", blocked);
  reader.read("models", models);
  reader.read("aliases", aliases);
  reader.read("rpm", rpm);
  reader.read_object("metadata", metadata);
  reader.read("expiry", expiry);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(alias, "a");
  EXPECT_EQ(limit, 7U);
  EXPECT_TRUE(blocked);
  EXPECT_EQ(models, (std::vector<std::string>{"m", "n"}));
  EXPECT_EQ(aliases.at("x"), "y");
  EXPECT_EQ(rpm.at("m"), 3U);
  EXPECT_EQ(metadata, R"({"a":[1, 2]})");
  EXPECT_EQ(expiry, core::WallTime(core::Seconds(1'785'585'600)));
  EXPECT_EQ(reader.rest(), "{}");
}

/// What a double would have spoilt.
TEST(BodyReader, MoneyIsExact) {
  const std::string body =
      R"({"a":0.1,"b":0.2,"c":1e-9,"d":9007199.254740993,"e":"12.5","f":123456789.123456789})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<core::Money> a, b, c, d, e, f;
  reader.read("a", a);
  reader.read("b", b);
  reader.read("c", c);
  reader.read("d", d);
  reader.read("e", e);
  reader.read("f", f);
  ASSERT_TRUE(errors.empty());
  EXPECT_EQ(*a->plus(*b), usd("0.3"));
  EXPECT_EQ(c->nano_usd(), 1);
  EXPECT_EQ(d->nano_usd(), 9'007'199'254'740'993);
  EXPECT_EQ(*e, usd("12.5"));
  EXPECT_EQ(f->nano_usd(), 123'456'789'123'456'789);
}

TEST(BodyReader, AbsentKeepsAndNullClears) {
  const std::string body = R"({"cleared":null,"models":null,"metadata":null})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<std::string> kept = "old";
  std::optional<std::string> cleared = "old";
  std::vector<std::string> models{"m"};
  std::string metadata = R"({"a":1})";
  reader.read("kept", kept);
  reader.read("cleared", cleared);
  reader.read("models", models);
  reader.read_object("metadata", metadata);
  EXPECT_EQ(kept, "old");
  EXPECT_FALSE(cleared);
  EXPECT_TRUE(models.empty());
  EXPECT_EQ(metadata, "{}");
  EXPECT_TRUE(reader.has("cleared"));
  EXPECT_FALSE(reader.is_set("cleared"));
}

TEST(BodyReader, UnknownFieldsAreKept) {
  const std::string body = R"({"key_alias":"a","guardrails":["g"],"a\u0062c":{"x": 1.50}})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<std::string> alias;
  reader.read("key_alias", alias);
  EXPECT_EQ(reader.rest(), R"({"guardrails":["g"],"abc":{"x": 1.50}})");
}

TEST(BodyReader, WrongTypesAreFindingsWithTheirPlace) {
  const std::string body = R"({"limit":"many","models":["a",5],"rpm":{"m":-1},"money":[],"n":1.5})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<std::uint64_t> limit = 3;
  std::vector<std::string> models;
  std::map<std::string, std::uint64_t> rpm;
  std::optional<core::Money> money;
  std::optional<std::int64_t> n;
  reader.read("limit", limit);
  reader.read("models", models);
  reader.read("rpm", rpm);
  reader.read("money", money);
  reader.read("n", n);
  EXPECT_EQ(limit, 3U);
  EXPECT_EQ(
      errors.answer().body,
      R"({"detail":[{"type":"int_parsing","loc":["body","limit"],)"
      R"("msg":"Input should be a valid integer, unable to parse string as an integer",)"
      R"("input":"many"},)"
      R"({"type":"string_type","loc":["body","models",1],"msg":"Input should be a valid string",)"
      R"("input":5},)"
      R"({"type":"greater_than_equal","loc":["body","rpm","m"],)"
      R"("msg":"Input should be greater than or equal to 0","input":-1},)"
      R"({"type":"float_type","loc":["body","money"],"msg":"Input should be a valid number",)"
      R"("input":[]},)"
      R"({"type":"int_from_float","loc":["body","n"],)"
      R"("msg":"Input should be a valid integer, got a number with a fractional part",)"
      R"("input":1.5}]})");
}

TEST(BodyReader, BrokenBodiesAreFindings) {
  for (const char* body : {"{", "[]", "5", "nonsense", R"({"a":1,"a":2})", R"({"a":{"b":1,"b":2}})",
                           R"({"a":1,"\u0061":2})"}) {
    FieldErrors errors;
    const std::string text = body;
    BodyReader reader(text, errors);
    EXPECT_FALSE(errors.empty()) << body;
  }
  FieldErrors errors;
  BodyReader empty("", errors);
  EXPECT_TRUE(errors.empty());
}

TEST(BodyReader, ObjectsWithinAreRead) {
  const std::string body =
      R"({"windows":[{"max_budget":1.5},7],"by_model":{"gpt":{"budget_limit":2}}})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<core::Money> window;
  reader.each_object("windows", [&](const std::string& key, BodyReader& inner) {
    EXPECT_EQ(key, "0");
    inner.read("max_budget", window);
  });
  std::string model;
  reader.each_object("by_model", [&](const std::string& key, BodyReader& inner) {
    model = key;
    inner.require("time_period");
  });
  EXPECT_EQ(window, usd("1.5"));
  EXPECT_EQ(model, "gpt");
  EXPECT_EQ(errors.answer().body,
            R"({"detail":[{"type":"dict_type","loc":["body","windows",1],)"
            R"("msg":"Input should be a valid dictionary","input":7},)"
            R"({"type":"missing","loc":["body","by_model","gpt","time_period"],)"
            R"("msg":"Field required","input":null}]})");
}

TEST(BodyReader, ChoicesAreClosed) {
  const std::string body = R"({"a":"user","b":"boss"})";
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<std::string> a, b;
  reader.read_choice("a", a, {"user", "admin"});
  reader.read_choice("b", b, {"user", "admin"});
  EXPECT_EQ(a, "user");
  EXPECT_FALSE(b);
  EXPECT_NE(errors.answer().body.find("Input should be 'user' or 'admin'"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::api::admin
