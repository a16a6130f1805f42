#include "admin/query_reader.hpp"

#include <gtest/gtest.h>

namespace gatehouse::api::admin {
namespace {

TEST(QueryReader, ReadsTypedParameters) {
  FieldErrors errors;
  QueryReader query("page=2&full=true&min=0.1&day=2026-08-01&name=a%20b&id=x&id=y", errors);
  EXPECT_EQ(query.count("page", 1, {1, 100}), 2U);
  EXPECT_EQ(query.count("size", 10, {1, 100}), 10U);
  EXPECT_TRUE(query.flag("full", false));
  EXPECT_EQ(query.money("min"), core::Money::nano_usd(100'000'000));
  EXPECT_EQ(query.time("day"), core::WallTime(core::Seconds(1'785'542'400)));
  EXPECT_EQ(query.text("name"), "a b");
  EXPECT_EQ(query.texts("id"), (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(errors.empty());
}

TEST(QueryReader, WrongParametersAreFindings) {
  FieldErrors errors;
  QueryReader query("page=0&size=x&order=up", errors);
  query.count("page", 1, {1, 100});
  query.count("size", 10, {1, 100});
  query.choice("order", {"asc", "desc"});
  query.required_text("start_date");
  EXPECT_EQ(errors.answer().body,
            R"({"detail":[{"type":"greater_than_equal","loc":["query","page"],)"
            R"("msg":"Input should be greater than or equal to 1","input":"0"},)"
            R"({"type":"int_parsing","loc":["query","size"],)"
            R"("msg":"Input should be a valid integer, unable to parse string as an integer",)"
            R"("input":"x"},)"
            R"({"type":"literal_error","loc":["query","order"],)"
            R"("msg":"Input should be 'asc' or 'desc'","input":"up"},)"
            R"({"type":"missing","loc":["query","start_date"],"msg":"Field required",)"
            R"("input":null}]})");
}

}  // namespace
}  // namespace gatehouse::api::admin
