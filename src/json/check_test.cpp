#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gatehouse/json/parse_limits.hpp"
#include "test_support.hpp"

namespace gatehouse::json {
namespace {

std::string verdict(std::string_view text) {
  const auto checked = check(text);
  if (checked) return "ok";
  EXPECT_EQ(checked.error().code, core::Errc::invalid_argument);
  return checked.error().public_message;
}

TEST(Check, AcceptsWhatADomHolds) {
  for (const std::string_view text :
       {R"({"a":1,"b":{"a":2,"A":3},"c":[{"a":4},{"a":5}]})", R"("\u0000\ud83d\ude00")",
        "[9223372036854775807,18446744073709551615,-9223372036854775808]", "[1e308,-1e-300,0e999]",
        R"(["a\\","b"])", R"({"{\"":"},[","[":1})", R"({"a":[],"b":{},"c":"a"})"}) {
    EXPECT_EQ(verdict(text), "ok") << text;
  }
}

TEST(Check, RefusesWhatTheScannerRefuses) {
  EXPECT_EQ(verdict("[1,]"), "invalid JSON at byte 3: expected a value");
  EXPECT_EQ(verdict(""), "invalid JSON at byte 0: the text is empty");
  EXPECT_EQ(verdict(std::string(300, '[')), "invalid JSON at byte 256: nested too deeply");
}

TEST(Check, RefusesNamesThatADomWouldChooseBetween) {
  EXPECT_EQ(verdict(R"({"a":1,"b":2,"a":3})"), "invalid JSON at byte 13: member repeated");
  EXPECT_EQ(verdict(R"([{"x":{"a":1,"\u0061":2}}])"), "invalid JSON at byte 13: member repeated");
  EXPECT_EQ(verdict(R"({"a":{"b":1},"b":[{"c":{}}],"a":0})"),
            "invalid JSON at byte 28: member repeated");
  EXPECT_EQ(verdict(R"({"":1,"":2})"), "invalid JSON at byte 6: member repeated");
}

TEST(Check, RefusesLoneSurrogates) {
  EXPECT_EQ(verdict(R"(["ok","\ud800"])"), "invalid JSON at byte 7: lone surrogate");
  EXPECT_EQ(verdict(R"({"a\n\udc00":1})"), "invalid JSON at byte 5: lone surrogate");
}

TEST(Check, RefusesNumbersOutOfRange) {
  EXPECT_EQ(verdict("[1,18446744073709551616]"), "invalid JSON at byte 3: number out of range");
  EXPECT_EQ(verdict("-9223372036854775809"), "invalid JSON at byte 0: number out of range");
  EXPECT_EQ(verdict("[1e400]"), "invalid JSON at byte 1: number out of range");
  EXPECT_EQ(verdict("[1e-400]"), "invalid JSON at byte 1: number out of range");
  EXPECT_EQ(verdict("[0.0e1234567890]"), "invalid JSON at byte 1: number out of range");
  EXPECT_EQ(verdict("[0e+123456789,-0.0E-123456789]"), "ok");
  EXPECT_EQ(verdict("[" + std::string(100, '9') + "]"),
            "invalid JSON at byte 1: number out of range");
}

// The promise of the header: what passes is held by a DOM with the same depth and written back
// to the same values.
TEST(Check, WhatPassesSurvivesADom) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  std::size_t passed = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(GATEHOUSE_TEST_DATA "/JSONTestSuite/test_parsing")) {
    const std::string text = slurp(entry.path());
    if (!check(text)) continue;
    ++passed;
    boost::json::error_code error;
    const boost::json::value dom = boost::json::parse(text, error, {}, options);
    ASSERT_FALSE(error) << entry.path() << error.message();
    EXPECT_EQ(boost::json::parse(boost::json::serialize(dom)), dom);
  }
  EXPECT_GT(passed, 85u);
}

}  // namespace
}  // namespace gatehouse::json
