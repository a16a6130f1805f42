#include "gatehouse/json/writer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gatehouse::json {
namespace {

TEST(Writer, SetsTheCommas) {
  std::string out;
  Writer(out)
      .begin_object()
      .member("a", "x")
      .key("list")
      .begin_array()
      .number(std::uint64_t{1})
      .begin_array()
      .end_array()
      .begin_object()
      .end_object()
      .null()
      .boolean(true)
      .end_array()
      .member_raw("raw", R"({"b":1} )")
      .member_raw_if("left out", "")
      .member_raw_if("there", "2")
      .end_object();
  EXPECT_EQ(out, R"({"a":"x","list":[1,[],{},null,true],"raw":{"b":1} ,"there":2})");
}

TEST(Writer, EscapesTextsAndNamesFromOutside) {
  std::string out;
  Writer(out).begin_object().quoted_key("a\"b").text("line\n\x01").end_object();
  EXPECT_EQ(out, "{\"a\\\"b\":\"line\\n\\u0001\"}");
}

TEST(Writer, GoesOnWithADocumentAndStartsOneBehindWhiteSpace) {
  std::string out = "data: ";
  Writer(out).begin_object().member("a", "x");
  Writer(out).member("b", "y").end_object();
  EXPECT_EQ(out, R"(data: {"a":"x","b":"y"})");
}

TEST(Writer, NumbersKeepTheirRange) {
  std::string out;
  Writer(out)
      .begin_array()
      .number(std::numeric_limits<std::uint64_t>::max())
      .number(std::numeric_limits<std::int64_t>::min())
      .number(0.1)
      .end_array();
  EXPECT_EQ(out, "[18446744073709551615,-9223372036854775808,0.1]");
}

}  // namespace
}  // namespace gatehouse::json
