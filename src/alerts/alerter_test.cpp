#include "gatehouse/alerts/alerter.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "alerter_test_support.hpp"

namespace gatehouse::alerts {
namespace {

using test::alert;
using test::AlerterTest;
using test::channel;

std::size_t naming(const std::vector<std::string>& bodies, std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      bodies, [&](const std::string& body) { return body.find(text) != std::string::npos; }));
}

TEST_F(AlerterTest, DeliversInOrderToThoseWhoWantIt) {
  Receiver hook;
  Receiver slack;
  Channel narrow = channel(slack.url("/slack"), ChannelKind::slack);
  narrow.types = AlertTypes().add(AlertType::cooldown);
  const auto alerter = start({channel(hook.url()), narrow});
  alerter->post(alert("one"));
  alerter->post(alert("two", AlertType::cooldown));
  const auto bodies = hook.bodies(2);
  ASSERT_EQ(bodies.size(), 2U);
  EXPECT_NE(bodies[0].find(R"("event_message":"one")"), std::string::npos);
  EXPECT_NE(bodies[1].find(R"("event_message":"two")"), std::string::npos);
  EXPECT_EQ(hook.last_target(), "/hook?key=canary");
  ASSERT_EQ(slack.bodies(1).size(), 1U);
  EXPECT_TRUE(slack.bodies(1)[0].starts_with(R"({"text":"*two*)")) << slack.bodies(1)[0];
  alerter->stop(core::Seconds(5));
  EXPECT_EQ(alerter->counts().sent, 3U);
  EXPECT_NE(lines.text().find(R"("message":"one")"), std::string::npos) << "every alert is logged";
}

TEST_F(AlerterTest, TriesAgainWhereThatCanHelp) {
  Receiver hook({{.status = 503}, {.status = 429, .header = "retry-after", .value = "0"}});
  const auto alerter = start({channel(hook.url())});
  alerter->post(alert("patient"));
  EXPECT_EQ(hook.bodies(3).size(), 3U);
  alerter->stop(core::Seconds(5));
  EXPECT_EQ(alerter->counts().sent, 1U);
  EXPECT_EQ(alerter->counts().retried, 2U);
  EXPECT_EQ(alerter->counts().failed, 0U);
}

TEST_F(AlerterTest, WaitsAsLongAsItIsTold) {
  Receiver hook(std::deque<Reply>{{.status = 429, .header = "retry-after", .value = "1"}});
  const auto alerter = start({channel(hook.url())});
  const core::MonotonicTime begun = clock.monotonic();
  alerter->post(alert("later"));
  EXPECT_EQ(hook.bodies(2).size(), 2U);
  EXPECT_GE(clock.monotonic() - begun, core::Seconds(1));
}

TEST_F(AlerterTest, WaitsUntilTheDateItIsTold) {
  const core::WallTime later = clock.wall() + core::Seconds(2);
  Receiver hook(std::deque<Reply>{
      {.status = 503, .header = "retry-after", .value = core::format_http_date(later)}});
  const auto alerter = start({channel(hook.url())});
  alerter->post(alert("later"));
  EXPECT_EQ(hook.bodies(2).size(), 2U);
  EXPECT_GE(clock.wall(), std::chrono::floor<core::Seconds>(later));
}

TEST_F(AlerterTest, EventsHaveOneIdAndASignatureForEachTry) {
  Receiver hook(std::deque<Reply>{{.status = 503}});
  Receiver slack;
  Channel signed_hook = channel(hook.url());
  signed_hook.signing_key = read_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  const auto alerter = start({signed_hook, channel(slack.url(), ChannelKind::slack)});
  alerter->post(alert("one"));
  alerter->post(alert("two"));
  const auto fields = hook.fields(3);
  const auto bodies = hook.bodies(3);
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0].id, "00000000-0000-7000-8000-000000000001");
  EXPECT_EQ(fields[1].id, fields[0].id);
  EXPECT_NE(fields[2].id, fields[0].id);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NE(bodies[i].find(R"("event_id":")" + fields[i].id), std::string::npos) << bodies[i];
    EXPECT_EQ(
        fields[i].signature,
        webhook_signature(signed_hook.signing_key, {fields[i].id, bodies[i]}, fields[i].timestamp));
  }
  EXPECT_EQ(slack.fields(2)[0].id, fields[0].id);
  EXPECT_EQ(slack.fields(2)[0].signature, "");
}

TEST_F(AlerterTest, WhatIsNotTakenRestsAndLetsOthersPass) {
  Receiver hook({{.status = 500}, {.status = 500}, {.status = 200}, {.status = 500}});
  AlerterOptions options = quick();
  options.delivery.tries = 2;
  options.delivery.first_rest = core::Seconds(1);
  options.delivery.give_up_after = core::Seconds(60);
  const auto alerter = start({channel(hook.url())}, options);
  alerter->post(alert("stubborn"));
  alerter->post(alert("lucky"));
  const auto bodies = hook.bodies(5);
  ASSERT_EQ(bodies.size(), 5U);
  EXPECT_NE(bodies[2].find("lucky"), std::string::npos);
  EXPECT_NE(bodies[3].find("stubborn"), std::string::npos);
  EXPECT_NE(bodies[4].find("stubborn"), std::string::npos) << "one try after each rest";
  alerter->stop(core::Seconds(5));
  EXPECT_EQ(alerter->counts().sent, 2U);
  EXPECT_EQ(alerter->counts().retried, 3U);
  EXPECT_EQ(alerter->counts().failed, 0U);
  EXPECT_EQ(alerter->counts().waiting, 0);
  EXPECT_NE(lines.text().find("alert_postponed"), std::string::npos);
}

TEST_F(AlerterTest, AnAddressThatIsNamedTwiceIsToldOnce) {
  Receiver hook;
  Channel budgets = channel(hook.url());
  budgets.types = AlertTypes().add(AlertType::budget);
  Channel both = channel(hook.url());
  both.types = AlertTypes().add(AlertType::budget).add(AlertType::cooldown);
  const auto alerter = start({budgets, both});
  alerter->post(alert("one"));
  alerter->post(alert("two", AlertType::cooldown));
  alerter->stop(core::Seconds(5));
  EXPECT_EQ(hook.bodies(2).size(), 2U);
}

TEST_F(AlerterTest, GivesUpOnRefusalsAndNeverFollowsARedirect) {
  Receiver elsewhere;
  Receiver hook({{.status = 307, .header = "location", .value = elsewhere.url()},
                 {.status = 400},
                 {.status = 500},
                 {.status = 500},
                 {.status = 500},
                 {.status = 500}});
  const auto alerter = start({channel(hook.url())});
  for (const char* name : {"redirected", "refused", "failing", "fine"}) alerter->post(alert(name));
  const auto bodies = hook.bodies(7);
  EXPECT_EQ(naming(bodies, "redirected"), 1U);
  EXPECT_EQ(naming(bodies, "refused"), 1U);
  EXPECT_EQ(naming(bodies, "failing"), 4U);
  EXPECT_EQ(naming(bodies, "fine"), 1U);
  alerter->stop(core::Seconds(5));
  EXPECT_TRUE(elsewhere.bodies(0).empty());
  EXPECT_EQ(alerter->counts().failed, 3U);
  EXPECT_EQ(alerter->counts().sent, 1U);
  EXPECT_NE(lines.text().find("redirects are not followed"), std::string::npos) << lines.text();
  EXPECT_EQ(lines.text().find("canary"), std::string::npos) << "the URL is a secret";
}

TEST_F(AlerterTest, ASilentAddressHoldsUpNobodyElseAndRoomIsBounded) {
  Receiver silent(std::deque<Reply>{{.silent = true}});
  Receiver hook;
  AlerterOptions narrow = quick();
  narrow.max_queued = 4;
  const auto alerter = start({channel(silent.url()), channel(hook.url())}, narrow);
  alerter->post(alert("first"));
  EXPECT_EQ(silent.bodies(1).size(), 1U);
  for (int i = 0; i < 6; ++i) {
    alerter->post(alert("next"));
    EXPECT_EQ(hook.bodies(static_cast<std::size_t>(i) + 2).size(), static_cast<std::size_t>(i) + 2);
  }
  EXPECT_EQ(alerter->counts().dropped, 2U) << "four wait behind the silent one";
  const core::MonotonicTime begun = clock.monotonic();
  alerter->stop(core::Millis(50));
  EXPECT_LT(clock.monotonic() - begun, core::Seconds(2));
  EXPECT_EQ(alerter->counts().failed, 1U);
  EXPECT_EQ(alerter->counts().dropped, 6U);
  alerter->post(alert("too late"));
  EXPECT_EQ(alerter->counts().dropped, 7U);
}

TEST_F(AlerterTest, StoppingDeliversWhatWaits) {
  Receiver hook;
  const auto alerter = start({channel(hook.url())});
  for (int i = 0; i < 50; ++i) alerter->post(alert("waiting"));
  alerter->stop(core::Seconds(10));
  EXPECT_EQ(hook.bodies(50).size(), 50U);
  EXPECT_EQ(alerter->counts().sent, 50U);
}

TEST_F(AlerterTest, ChannelsAreReplaced) {
  Receiver first;
  Receiver second;
  const auto alerter = start({channel(first.url())});
  EXPECT_TRUE(alerter->has_channel(ChannelKind::webhook));
  alerter->post(alert("one"));
  alerter->set_channels({channel(second.url(), ChannelKind::slack)});
  alerter->post(alert("two"));
  EXPECT_EQ(second.bodies(1).size(), 1U);
  EXPECT_EQ(first.bodies(1).size(), 1U);
  EXPECT_FALSE(alerter->has_channel(ChannelKind::webhook));
  EXPECT_TRUE(alerter->has_channel(ChannelKind::slack));
}

TEST_F(AlerterTest, TestsTellWhatHappened) {
  Receiver hook({{.status = 200}, {.status = 403}});
  const auto alerter = start({channel(hook.url())});
  EXPECT_TRUE(alerter->send_test(ChannelKind::webhook));
  const auto refused = alerter->send_test(ChannelKind::webhook);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().public_message.find("status 403"), std::string::npos);
  EXPECT_EQ(alerter->send_test(ChannelKind::slack).error().code, core::Errc::not_found);
  EXPECT_NE(hook.bodies(2)[0].find(R"("event":"test")"), std::string::npos);
}

TEST_F(AlerterTest, ClaimsAreCounted) {
  const auto alerter = start({});
  const core::WallTime later = clock.wall() + core::Seconds(60);
  EXPECT_TRUE(alerter->claim("budget", later));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(alerter->claim("budget", later));
  EXPECT_EQ(alerter->counts().suppressed, 5U);
  telemetry::Exposition out;
  alerter->collect(out);
  EXPECT_NE(out.take().find(R"(gatehouse_alerts_total{outcome="suppressed"} 5)"),
            std::string::npos);
}

}  // namespace
}  // namespace gatehouse::alerts
