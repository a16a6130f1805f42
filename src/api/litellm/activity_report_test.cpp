#include "litellm/activity_report.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gatehouse::api::litellm {
namespace {

ledger::ActivityLine line(std::string key, std::string model, std::int64_t nano) {
  ledger::ActivityLine made;
  made.date = "2026-01-05";
  made.subject = "red";
  made.api_key = std::move(key);
  made.model = std::move(model);
  made.model_group = "fast";
  made.provider = "openai";
  made.call_type = "acompletion";
  made.sums.spend = core::Money::nano_usd(nano);
  made.sums.prompt_tokens = 10;
  made.sums.completion_tokens = 5;
  made.sums.requests = made.sums.successful = 1;
  return made;
}

std::string metrics(std::string_view spend, int lines) {
  const auto times = [&](int n) { return std::to_string(n * lines); };
  return R"("metrics":{"spend":)" + std::string(spend) + R"(,"prompt_tokens":)" + times(10) +
         R"(,"completion_tokens":)" + times(5) +
         R"(,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"total_tokens":)" +
         times(15) + R"(,"successful_requests":)" + times(1) +
         R"(,"failed_requests":0,"api_requests":)" + times(1) + "}";
}

class ActivityReportTest : public ::testing::Test {
 protected:
  std::string day(const std::vector<ledger::ActivityLine>& lines) {
    admin::JsonWriter out;
    total_ = write_day(out, lines, names_);
    return std::move(out).take();
  }
  ActivityNames names_{
      .keys = {{"k1", {.api_key = "k1", .alias = "main", .key_name = "", .team_id = "red"}}},
      .teams = {{"red", "Red Team"}}};
  ledger::UsageSums total_;
};

TEST_F(ActivityReportTest, ADayHasMetricsAndBreakdowns) {
  const std::string json = day({line("k1", "gpt-4o", 1'000), line("k2", "gpt-4o", 500)});
  EXPECT_TRUE(json.starts_with(R"({"date":"2026-01-05",)" + metrics("0.0000015", 2) +
                               R"(,"breakdown":{"models":{"gpt-4o":{)" + metrics("0.0000015", 2)))
      << json;
  EXPECT_EQ(total_.spend.nano_usd(), 1'500);
  for (const std::string_view part :
       {R"("model_groups":{"fast":{)", R"("mcp_servers":{})", R"("providers":{"openai":{)",
        R"("endpoints":{"/chat/completions":{)", R"("entities":{"red":{)",
        R"("metadata":{"team_alias":"Red Team"})"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

TEST_F(ActivityReportTest, KeysAreNamedWhereTheirNameIsKnown) {
  const std::string json = day({line("k1", "gpt-4o", 1'000), line("k2", "gpt-4o", 500)});
  EXPECT_NE(
      json.find(R"("api_keys":{"k1":{)" + metrics("0.000001", 1) +
                R"(,"metadata":{"key_alias":"main","team_id":"red"}},"k2":{)" +
                metrics("0.0000005", 1) + R"(,"metadata":{"key_alias":null,"team_id":null}})"),
      std::string::npos)
      << json;
}

/// A call that was refused before a model was found belongs to its key, and to no model.
TEST_F(ActivityReportTest, NothingIsCalledByAnEmptyName) {
  ledger::ActivityLine refused = line("k1", "", 0);
  refused.model_group = refused.provider = "";
  const std::string json = day({refused});
  EXPECT_NE(json.find(R"("models":{},"model_groups":{},"mcp_servers":{},"providers":{})"),
            std::string::npos)
      << json;
  EXPECT_EQ(total_.requests, 1);
}

TEST_F(ActivityReportTest, TheEndHasTotalsAndSaysWhetherThereIsMore) {
  ledger::UsageSums sums;
  sums.spend = core::Money::nano_usd(1);
  sums.requests = 2;
  admin::JsonWriter out;
  out.begin_object();
  write_report_end(out, sums, {2, 3});
  out.end_object();
  EXPECT_EQ(std::move(out).take(),
            R"({"metadata":{"total_spend":0.000000001,"total_prompt_tokens":0,)"
            R"("total_completion_tokens":0,"total_tokens":0,"total_api_requests":2,)"
            R"("total_successful_requests":0,"total_failed_requests":0,)"
            R"("total_cache_read_input_tokens":0,"total_cache_creation_input_tokens":0,)"
            R"("page":2,"total_pages":3,"has_more":true}})");
}

}  // namespace
}  // namespace gatehouse::api::litellm
