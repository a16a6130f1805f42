#include <gtest/gtest.h>

#include "gatehouse/alerts/alert.hpp"

namespace gatehouse::alerts {
namespace {

Alert key_alert() {
  Alert alert;
  alert.event = "threshold_crossed";
  alert.event_group = "key";
  alert.message = "Key Budget: 80% used";
  alert.at = core::WallTime(core::Seconds(1'767'225'600));
  alert.spend = core::Money::nano_usd(4'100'000'000);
  alert.max_budget = core::Money::nano_usd(5'000'000'000);
  alert.token = "abc123";
  alert.key_alias = "ci";
  alert.event_id = "id-1";
  return alert;
}

TEST(AlertTextTest, AWebhookHasLitellmsFields) {
  EXPECT_EQ(webhook_body(key_alert()),
            R"({"spend":4.1,"max_budget":5,"token":"abc123","user_id":null,"team_id":null,)"
            R"("team_alias":null,"customer_id":null,"organization_id":null,"user_email":null,)"
            R"("key_alias":"ci","projected_exceeded_date":null,"projected_spend":null,)"
            R"("event":"threshold_crossed","event_group":"key",)"
            R"("event_message":"Key Budget: 80% used","alert_type":"budget_alerts",)"
            R"("timestamp":"2026-01-01T00:00:00.000Z","event_id":"id-1","suppressed_alerts":0})");
}

TEST(AlertTextTest, DeploymentsAreDescribed) {
  Alert alert;
  alert.type = AlertType::cooldown;
  alert.event = "deployment_cooled_down";
  alert.deployment =
      DeploymentFacts{"id-1", "chat", "gpt-4o", "openai", "rate_limited", core::Millis(5'250)};
  alert.claim.suppressed = 7;
  const std::string body = webhook_body(alert);
  EXPECT_NE(body.find(R"("model_id":"id-1","model_group":"chat","model":"gpt-4o",)"
                      R"("provider":"openai","failure":"rate_limited","seconds":5.2,)"
                      R"("event_id":"","suppressed_alerts":7)"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("spend":null,"max_budget":null)"), std::string::npos) << body;
}

TEST(AlertTextTest, SlackTextCannotMentionOrLink) {
  Alert alert = key_alert();
  alert.key_alias = "<!channel> & `code` \"quoted\"\nline";
  const std::string body = slack_body(alert);
  EXPECT_TRUE(body.starts_with(R"({"text":"*Key Budget: 80% used*)")) << body;
  EXPECT_EQ(body.find("<!"), std::string::npos);
  EXPECT_NE(body.find("`&lt;!channel&gt; &amp; 'code' \\\"quoted\\\"\\\\x0aline`"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find("*Spend:* `$4.1`"), std::string::npos) << body;
}

}  // namespace
}  // namespace gatehouse::alerts
