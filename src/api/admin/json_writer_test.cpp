#include "admin/json_writer.hpp"

#include <gtest/gtest.h>

namespace gatehouse::api::admin {
namespace {

TEST(JsonWriter, WritesEveryKindOfMember) {
  JsonWriter out;
  out.begin_object()
      .member("text", "a \"b\"")
      .member("none", std::optional<std::string>())
      .member("money", core::Money::nano_usd(1))
      .member("count", std::uint64_t{7})
      .member("flag", true)
      .member("time", core::WallTime(core::Seconds(1'785'585'600)))
      .member("list", std::vector<std::string>{"x", "y"})
      .member("map", std::map<std::string, std::uint64_t>{{"m", 3}})
      .member_raw("raw", R"({"k":[]})")
      .end_object();
  EXPECT_EQ(out.view(),
            R"({"text":"a \"b\"","none":null,"money":0.000000001,"count":7,"flag":true,)"
            R"("time":"2026-08-01T12:00:00Z","list":["x","y"],"map":{"m":3},"raw":{"k":[]}})");
}

TEST(JsonWriter, SeparatesWhateverStandsBefore) {
  JsonWriter out;
  out.begin_array().begin_object().end_object().text(":").text("[").begin_array().end_array();
  out.end_array();
  EXPECT_EQ(out.view(), R"([{},":","[",[]])");
}

}  // namespace
}  // namespace gatehouse::api::admin
