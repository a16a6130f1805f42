// Keys in bodies and answers.

#include <gtest/gtest.h>

#include "admin/field_errors.hpp"
#include "litellm/key_body.hpp"
#include "litellm/key_json.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/model_credentials.hpp"

namespace gatehouse::api::litellm {
namespace {

core::Money usd(std::string_view text) {
  return *core::Money::from_usd(text);
}

tenancy::KeyPatch patch_of(const std::string& text) {
  admin::FieldErrors errors;
  admin::BodyReader body(text, errors);
  tenancy::KeyPatch patch = read_key_patch(body);
  EXPECT_TRUE(errors.empty()) << errors.answer().body;
  return patch;
}

std::string errors_of(const std::string& text) {
  admin::FieldErrors errors;
  admin::BodyReader body(text, errors);
  (void)read_key_patch(body);
  return errors.answer().body;
}

TEST(KeyBody, TellsAbsentFromNullFromValue) {
  const auto patch = patch_of(R"({"key_alias":null,"models":["m"],"max_budget":0.1})");
  EXPECT_TRUE(patch.key_alias.clears());
  EXPECT_TRUE(patch.team_id.absent());
  EXPECT_EQ(patch.models.value(), std::vector<std::string>{"m"});
  EXPECT_EQ(patch.limits.max_budget.value(), usd("0.1"));
  EXPECT_EQ(patch.extra, "{}");
}

TEST(KeyBody, ReadsWindowsByEitherPairOfNames) {
  const auto patch =
      patch_of(R"({"budget_limits":[{"max_budget":1,"budget_duration":"1d"},{"max_budget":9}],)"
               R"("model_max_budget":{"a":{"budget_limit":2,"time_period":"1h"},)"
               R"("b":{"max_budget":3,"budget_duration":"30d"}}})");
  ASSERT_EQ(patch.limits.budget_limits.value().size(), 2U);
  EXPECT_EQ(patch.limits.budget_limits.value()[0].duration, "1d");
  EXPECT_EQ(patch.limits.budget_limits.value()[1].duration, "");
  EXPECT_EQ(patch.limits.model_max_budget.value().at("a").max, usd("2"));
  EXPECT_EQ(patch.limits.model_max_budget.value().at("b").duration, "30d");
}

TEST(KeyBody, TakesMetadataApart) {
  const auto patch = patch_of(
      R"({"metadata":{"tags":["t"],"model_rpm_limit":{"m":3},"own":{"deep":[1]}},"guardrails":[]})");
  EXPECT_EQ(patch.tags.value(), std::vector<std::string>{"t"});
  EXPECT_EQ(patch.limits.model_rpm_limit.value().at("m"), 3U);
  EXPECT_EQ(patch.metadata.value(), R"({"own":{"deep":[1]}})");
  EXPECT_EQ(patch.extra, R"({"guardrails":[]})");
}

TEST(KeyBody, NamesWhatIsWrong) {
  EXPECT_NE(errors_of(R"({"budget_limits":[{"budget_duration":"1d"}]})")
                .find(R"("loc":["body","budget_limits",0,"max_budget"],"msg":"Field required")"),
            std::string::npos);
  EXPECT_NE(errors_of(R"({"key_type":"root"})").find("literal_error"), std::string::npos);
  EXPECT_NE(errors_of(R"({"metadata":{"tags":[1]}})").find(R"(["body","metadata","tags",0])"),
            std::string::npos);
}

TEST(KeyJson, ShowsEveryFieldOnce) {
  tenancy::KeyRecord key;
  key.token = std::string(64, 'a');
  key.key_name = "sk-...abcd";
  key.tags = {"t"};
  key.metadata = R"({"own":1})";
  key.extra = R"({"guardrails":["g"],"permissions":{"p":true},"future":[1]})";
  key.limits.max_budget = usd("0.3");
  admin::JsonWriter out;
  write_key_row(out, key, {.spend = usd("0.1")});
  const std::string& text = out.view();
  EXPECT_TRUE(text.starts_with(R"({"token":"aaaa)"));
  EXPECT_NE(text.find(R"("metadata":{"own":1,"tags":["t"],"guardrails":["g"]})"),
            std::string::npos);
  EXPECT_NE(text.find(R"("permissions":{"p":true})"), std::string::npos);
  EXPECT_NE(text.find(R"("future":[1])"), std::string::npos);
  EXPECT_NE(text.find(R"("spend":0.1,)"), std::string::npos);
  EXPECT_NE(text.find(R"("max_budget":0.3,)"), std::string::npos);
  EXPECT_TRUE(json::check(text));  // no member is doubled
}

TEST(LimitFields, ResetAtIsTheEndOfTheCalendarPeriod) {
  tenancy::LimitTerms limits;
  const core::WallTime now{core::Seconds(1'785'585'600)};  // 2026-08-01T12:00:00Z
  EXPECT_FALSE(budget_reset_at(limits, now, nullptr));
  limits.budget_duration = "1d";
  EXPECT_EQ(budget_reset_at(limits, now, nullptr), now + std::chrono::hours(12));
}

TEST(ModelCredentials, AreKnownByNameAndNeverShown) {
  EXPECT_TRUE(is_credential("api_key"));
  EXPECT_TRUE(is_credential("aws_secret_access_key"));
  EXPECT_TRUE(is_credential("vertex_credentials"));
  EXPECT_FALSE(is_credential("model"));
  EXPECT_FALSE(is_credential("input_cost_per_token"));
  EXPECT_FALSE(is_credential("cache_read_input_token_cost"));
  EXPECT_FALSE(is_credential("output_cost_per_reasoning_token"));
  EXPECT_FALSE(is_credential("max_tokens"));
  EXPECT_EQ(shown_params(R"({"model":"openai/x","api_key":"sk-1","api_base":"b"})"),
            R"({"model":"openai/x","api_base":"b"})");
}

}  // namespace
}  // namespace gatehouse::api::litellm
