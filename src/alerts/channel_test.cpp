#include "gatehouse/alerts/channel.hpp"

#include <gtest/gtest.h>

namespace gatehouse::alerts {
namespace {

TEST(ChannelTest, KeepsPathAndQueryAsTheyAre) {
  const auto channel =
      Channel::parse(ChannelKind::webhook, "http://127.0.0.1:9000/a/b/?sig=x%2Fy&v=1#part");
  ASSERT_TRUE(channel) << channel.error().public_message;
  EXPECT_EQ(channel->endpoint.authority, "127.0.0.1:9000");
  EXPECT_EQ(channel->endpoint.base_path, "");
  EXPECT_EQ(channel->target.reveal(), "/a/b/?sig=x%2Fy&v=1");
  EXPECT_EQ(Channel::parse(ChannelKind::slack, "https://h")->target.reveal(), "/");
  EXPECT_EQ(Channel::parse(ChannelKind::slack, "https://h?a=b")->target.reveal(), "/?a=b");
  EXPECT_TRUE(Channel::parse(ChannelKind::slack, "https://h")->endpoint.tls);
}

TEST(ChannelTest, RefusesWhatIsNoUrlWithoutRepeatingIt) {
  for (const char* url : {"", "hooks.example/T0/secret", "ftp://h/secret", "https://u:secret@h/",
                          "https://h/secret\r\nx: y", "https://h/se cret", "https:///secret"}) {
    const auto channel = Channel::parse(ChannelKind::slack, url);
    ASSERT_FALSE(channel) << url;
    EXPECT_EQ(channel.error().code, core::Errc::invalid_argument);
    EXPECT_EQ(channel.error().public_message.find("secret"), std::string::npos);
  }
}

TEST(ChannelTest, FingerprintsTellAddressesApartAndHideThem) {
  const auto print = [](ChannelKind kind, const char* url) {
    return Channel::parse(kind, url)->fingerprint();
  };
  const std::string one = print(ChannelKind::webhook, "https://h/hook?key=canary");
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(one, print(ChannelKind::webhook, "https://H:443/hook?key=canary"));
  EXPECT_NE(one, print(ChannelKind::webhook, "https://h/hook?key=other"));
  EXPECT_NE(one, print(ChannelKind::webhook, "http://h/hook?key=canary"));
  EXPECT_NE(one, print(ChannelKind::slack, "https://h/hook?key=canary"));
}

TEST(ChannelTest, SecretsAreThoseOfStandardWebhooks) {
  const auto key = read_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->reveal().size(), 24U);
  for (const char* text : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                           "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"}) {
    const auto refused = read_webhook_secret(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().public_message.find("MfKQ"), std::string::npos);
  }
}

TEST(ChannelTest, TypesHaveLitellmsNames) {
  EXPECT_EQ(alert_type_named("budget_alerts"), AlertType::budget);
  EXPECT_EQ(alert_type_named("cooldown_deployment"), AlertType::cooldown);
  EXPECT_EQ(alert_type_named("llm_too_slow"), AlertType::slow_call);
  EXPECT_EQ(alert_type_named("db_exceptions"), AlertType::database);
  EXPECT_FALSE(alert_type_named("daily_reports"));
  AlertTypes types;
  EXPECT_TRUE(types.empty());
  types.add(AlertType::cooldown);
  EXPECT_TRUE(types.has(AlertType::cooldown));
  EXPECT_FALSE(types.has(AlertType::budget));
  EXPECT_TRUE(AlertTypes::all().has(AlertType::slow_call));
}

}  // namespace
}  // namespace gatehouse::alerts
