#include "litellm/spend_log_row.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::api::litellm {
namespace {

ledger::LoggedCall example() {
  ledger::LoggedCall call;
  call.call_id = "c1";
  call.request_id = "chatcmpl-1";
  call.call_type = "acompletion";
  call.status = "answered";
  call.http_status = 200;
  call.api_key = "abc";
  call.tags = R"(["a"])";
  call.cost = core::Money::nano_usd(12'345);
  call.prompt_tokens = 10;
  call.completion_tokens = 5;
  call.started_at = core::WallTime(core::Seconds(1'767'607'200));
  call.ended_at = call.started_at + core::Millis(1'500);
  return call;
}

std::string row_of(const ledger::LoggedCall& call, std::optional<std::uint64_t> session = {}) {
  admin::JsonWriter out;
  write_log_row(out, call, session);
  return std::move(out).take();
}

bool has(const std::string& row, std::string_view part) {
  return row.find(part) != std::string::npos;
}

TEST(SpendLogRow, MoneyIsExactAndTimesAreIso) {
  const std::string row = row_of(example());
  EXPECT_TRUE(has(row, R"("spend":0.000012345,"total_tokens":15,)")) << row;
  EXPECT_TRUE(has(row, R"("startTime":"2026-01-05T10:00:00Z")")) << row;
  EXPECT_TRUE(has(row, R"("endTime":"2026-01-05T10:00:01.500Z")")) << row;
  EXPECT_TRUE(has(row, R"("request_duration_ms":1500)")) << row;
  EXPECT_TRUE(has(row, R"("request_tags":["a"])")) << row;
}

TEST(SpendLogRow, AnAnswerWithoutAStreamStartsAtItsEnd) {
  ledger::LoggedCall call = example();
  EXPECT_TRUE(has(row_of(call), R"("completionStartTime":"2026-01-05T10:00:01.500Z")"));
  call.first_token_at = call.started_at + core::Millis(250);
  EXPECT_TRUE(has(row_of(call), R"("completionStartTime":"2026-01-05T10:00:00.250Z")"));
}

TEST(SpendLogRow, WhatIsUnknownIsNull) {
  const std::string row = row_of(example());
  for (const std::string_view part :
       {R"("team_id":null)", R"("organization_id":null)", R"("session_id":null)",
        R"("user_api_key_alias":null)", R"("error_information":null)",
        R"("spend_logs_metadata":null)"}) {
    EXPECT_TRUE(has(row, part)) << part;
  }
}

TEST(SpendLogRow, AFailureSaysWhy) {
  ledger::LoggedCall call = example();
  call.status = "failed";
  call.http_status = 429;
  call.error_class = "RateLimitError";
  call.error_message = "a \"quoted\" reason";
  call.provider = "openai";
  const std::string row = row_of(call);
  EXPECT_TRUE(has(row, R"("error_information":{"error_code":"429","error_class":"RateLimitError",)"
                       R"("error_message":"a \"quoted\" reason","traceback":"",)"
                       R"("llm_provider":"openai"})"))
      << row;
  EXPECT_TRUE(has(row, R"("status":"failure","agent_id":null)")) << row;
}

TEST(SpendLogRow, TheClientsOwnMetadataIsRepeated) {
  ledger::LoggedCall call = example();
  call.client_metadata = R"({"project":7})";
  EXPECT_TRUE(has(row_of(call), R"("spend_logs_metadata":{"project":7})"));
}

TEST(SpendLogRow, TheSizeOfTheSessionIsForTheDashboard) {
  EXPECT_FALSE(has(row_of(example()), "session_total_count"));
  EXPECT_TRUE(has(row_of(example(), 3), R"("session_total_count":3)"));
}

}  // namespace
}  // namespace gatehouse::api::litellm
