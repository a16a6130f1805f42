"""Alerts: budgets and cool-downs, by webhook and Slack; once each, without a secret, never in the
way of a call."""

import base64
import hmac
import json
import time
import unittest

from admin import AdminTest, bearer, hash_of
from alert_sink import AlertSink
from harness import Gateway, RefusingPort, wait_for

SECRET_PATH = "/services/T0/B0/url-canary-81f2"


class AlertTest(AdminTest):
    alerting = ["webhook", "slack"]
    alerting_settings = {}

    @classmethod
    def setUpClass(cls):
        cls.hook = AlertSink()
        cls.addClassCleanup(cls.hook.stop)
        cls.slack = AlertSink()
        cls.addClassCleanup(cls.slack.stop)
        cls.gateway_env = {"WEBHOOK_URL": cls.hook.url(SECRET_PATH + "?sig=url-canary-81f2"),
                           "SLACK_WEBHOOK_URL": cls.slack.url(SECRET_PATH)}
        cls.extra_config = {
            "general_settings": {"alerting": cls.alerting, **cls.alerting_settings},
            "limits": {"reservation": "lenient"},
        }
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.hook.received.clear()
        self.slack.received.clear()

    def spend(self, key, status=200, **members):
        answer = self.gateway.chat("chat", headers=bearer(key), **members)
        self.assertEqual(answer.status, status, answer)
        return answer

    def cost_of_a_call(self):
        key = self.new_key()["key"]
        self.spend(key)
        return self.info(key)["spend"]


class BudgetAlertsTest(AlertTest):
    def test_each_bound_of_a_key_once(self):
        cost = self.cost_of_a_call()
        key = self.post("/key/generate", {"key_alias": "watched", "max_budget": cost * 10,
                                          "soft_budget": cost * 5, "budget_duration": "30d"})["key"]
        for _ in range(10):
            self.spend(key)
        for _ in range(5):
            self.spend(key, status=429)
        self.hook.wait_for(event="budget_crossed", key_alias="watched")
        events = [body["event"] for body in self.hook.bodies(key_alias="watched")]
        self.assertEqual(events, ["soft_budget_crossed", "threshold_crossed", "threshold_crossed",
                                  "budget_crossed"])
        soft, eighty, ninety_five, whole = self.hook.bodies(key_alias="watched")
        self.assertEqual(set(whole) - {"budget_duration", "budget_reset_at"}, {
            "spend", "max_budget", "token", "user_id", "team_id", "team_alias", "customer_id",
            "organization_id", "user_email", "key_alias", "projected_exceeded_date",
            "projected_spend", "event", "event_group", "event_message", "alert_type", "timestamp",
            "event_id", "suppressed_alerts"})
        self.assertEqual(len({body["event_id"] for body in (soft, eighty, ninety_five, whole)}), 4)
        self.assertEqual(whole["token"], hash_of(key))
        self.assertEqual(whole["event_group"], "key")
        self.assertAlmostEqual(whole["max_budget"], cost * 10, 12)
        self.assertAlmostEqual(whole["spend"], cost * 10, 12)
        self.assertAlmostEqual(eighty["spend"], cost * 8, 12)
        self.assertIn("80%", eighty["event_message"])
        self.assertIn("95%", ninety_five["event_message"])
        self.assertAlmostEqual(soft["max_budget"], cost * 5, 12)
        self.assertEqual(whole["budget_duration"], "30d")
        self.assertIn("budget_reset_at", whole)
        wait_for(lambda: sum("watched" in body["text"] for body in self.slack.bodies()) >= 4)
        self.assertEqual(sum("watched" in body["text"] for body in self.slack.bodies()), 4)
        self.assertEqual(set(self.slack.bodies()[0]), {"text"})
        self.assertGreaterEqual(self.gateway.metric('gatehouse_alerts_total{outcome="sent"}'), 8)
        self.assertGreaterEqual(
            self.gateway.metric('gatehouse_alerts_total{outcome="suppressed"}'), 5)

    def test_a_refused_first_call_is_an_exhausted_budget(self):
        key = self.new_key(key_alias="empty", max_budget=0)["key"]
        for _ in range(3):
            self.spend(key, status=429)
        found = self.hook.wait_for(key_alias="empty")
        self.assertEqual([body["event"] for body in found], ["budget_crossed"])
        self.assertIn("no room", found[0]["event_message"])

    def test_teams_users_and_customers_are_named(self):
        cost = self.cost_of_a_call()
        user = self.new_user(user_id="spender", user_email="spender@example.com",
                             max_budget=cost, auto_create_key=False)["user_id"]
        self.spend(self.new_key(user_id=user)["key"])
        found = self.hook.wait_for(event_group="internal_user", event="budget_crossed")[0]
        self.assertEqual((found["user_id"], found["user_email"], found["token"]),
                         ("spender", "spender@example.com", None))
        team = self.post("/team/new", {"team_alias": "spenders", "max_budget": cost})["team_id"]
        self.spend(self.new_key(team_id=team, key_alias="member-of-spenders")["key"])
        found = self.hook.wait_for(event_group="team", event="budget_crossed")[0]
        self.assertEqual((found["team_id"], found["team_alias"], found["key_alias"]),
                         (team, "spenders", None))
        self.post("/customer/new", {"user_id": "buyer", "max_budget": cost})
        self.spend(self.new_key()["key"], user="buyer")
        found = self.hook.wait_for(event_group="customer", event="budget_crossed")[0]
        self.assertEqual(found["customer_id"], "buyer")

    def test_no_secret_leaves(self):
        key = self.new_key(key_alias="<!channel> quiet", max_budget=0)["key"]
        self.spend(key, status=429)
        self.hook.wait_for(key_alias="<!channel> quiet")
        wait_for(lambda: [body for body in self.slack.bodies() if "quiet" in body["text"]])
        sent = json.dumps([self.hook.received, self.slack.received]).replace(SECRET_PATH, "") \
            .replace("?sig=url-canary-81f2", "")
        log = self.gateway.program.output()
        for secret in (key, "url-canary-81f2", self.gateway.default_headers["Authorization"]):
            self.assertNotIn(secret, sent)
            self.assertNotIn(secret, log)
        self.assertNotIn("<!channel>", json.dumps(self.slack.bodies()))
        self.assertEqual({path for path, _ in self.hook.received},
                         {SECRET_PATH + "?sig=url-canary-81f2"})


class CooldownAlertsTest(AlertTest):
    alerting = ["webhook"]
    router_settings = {"num_retries": 0, "allowed_fails": 0, "cooldown_time": 1}
    alerting_settings = {"alerting_args": {"cooldown_alert_ttl": 2}, "alerting_threshold": 1}

    @classmethod
    def model_list(cls):
        models = super().model_list()
        for number, model in enumerate(models):
            model["model_info"] = {"id": f"deployment-{number}"}
        return models

    def test_a_deployment_is_told_of_once_in_a_window(self):
        self.fake.script("chat-upstream", then="status=500")
        answers = [self.gateway.chat("chat").status for _ in range(6)]
        self.assertEqual(answers[0], 500)
        self.assertIn(429, answers)
        found = self.hook.wait_for(event="deployment_cooled_down")
        self.assertEqual(found[0]["model_id"], "deployment-2")
        self.assertEqual((found[0]["model_group"], found[0]["model"], found[0]["provider"],
                          found[0]["failure"], found[0]["event_group"], found[0]["spend"]),
                         ("chat", "chat-upstream", "openai", "server_error", "deployment", None))
        self.assertGreater(found[0]["seconds"], 0)

        # Cool-downs follow each other; the next alert comes with the next window and says how many
        # there were.
        def fail_until_told():
            self.gateway.chat("chat")
            return len(self.hook.bodies(event="deployment_cooled_down")) >= 2
        wait_for(fail_until_told, 10)
        second = self.hook.bodies(event="deployment_cooled_down")[1]
        self.assertGreaterEqual(second["suppressed_alerts"], 1)

    def test_slow_calls(self):
        self.assertEqual(self.gateway.chat("claude").status, 200)
        self.fake.script("claude-upstream", then="ttfb=1100")
        self.assertEqual(self.gateway.chat("claude").status, 200)
        found = self.hook.wait_for(event="slow_call")
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["model_id"], "deployment-3")
        self.assertGreaterEqual(found[0]["seconds"], 1.1)
        self.assertEqual(found[0]["alert_type"], "llm_too_slow")


class ProviderAlertsTest(AlertTest):
    alerting = ["webhook"]
    router_settings = {"num_retries": 0, "disable_cooldowns": True, "provider_budget_config": {
        "openai": {"budget_limit": 0.0000001, "time_period": "1d"}}}

    def test_a_provider_without_budget_is_told_of_once_and_not_healthy(self):
        self.assertEqual([self.gateway.chat("chat").status for _ in range(3)], [200, 429, 429])
        found = self.hook.wait_for(event_group="provider", event="budget_crossed")
        self.assertEqual([(body["event"], body["subject_id"], body["budget_duration"])
                          for body in found], [("budget_crossed", "openai", "1d")])
        self.assertEqual(self.get("/health?model=chat")["unhealthy_count"], 1)
        self.assertEqual(self.get("/health?model=claude")["healthy_count"], 1)
        self.assertEqual(len(self.hook.bodies(event_group="provider", event="budget_crossed")), 1)


class TestAlertsTest(AlertTest):
    def test_services(self):
        self.assertEqual(self.get("/health/services?service=webhook")["status"], "success")
        self.assertEqual(len(self.hook.bodies(event="test")), 1)
        self.assertEqual(self.get("/health/services?service=slack")["status"], "success")
        self.assertIn("test alert", self.slack.bodies()[0]["text"])
        # LiteLLM's own name for the same.
        self.assertEqual(self.get("/health/services?service=slack_budget_alerts")["status"],
                         "success")
        self.assertEqual(len(self.slack.bodies()), 2)
        self.hook.answers.append(403)
        error = self.refused("GET", "/health/services?service=webhook", status=502)
        self.assertIn("status 403", error["message"])
        self.refused("GET", "/health/services?service=pigeon", status=400)
        self.assertEqual(self.ask("GET", "/health/services", status=422)["detail"][0]["loc"],
                         ["query", "service"])
        log = self.gateway.program.output()
        self.assertNotIn("url-canary", log)

    def test_a_neutral_variable_stands_in_for_slack(self):
        sink = AlertSink()
        self.addCleanup(sink.stop)
        gateway = Gateway(self.config(), env={"ALERTING_WEBHOOK_URL": sink.url()})
        self.addCleanup(gateway.stop)
        self.assertIn("webhook has no address: set WEBHOOK_URL", gateway.program.output())
        self.assertEqual(gateway.get("/health/services?service=slack").status, 200)
        self.assertEqual(len(sink.received), 1)

    def test_channels_follow_a_reload(self):
        another = AlertSink()
        self.addCleanup(another.stop)
        config = self.config()
        config["general_settings"]["alerting"] = ["webhook", "pigeon"]
        config["general_settings"]["alert_types"] = ["budget_alerts", "daily_reports"]
        config["general_settings"]["alert_to_webhook_url"] = {"budget_alerts": another.url()}
        self.gateway.write_config(config)
        start = len(self.gateway.program.lines)
        self.gateway.reload()
        self.gateway.program.wait_for_line(r'"reloaded"', start=start)
        log = "\n".join(self.gateway.program.lines[start:])
        self.assertIn("pigeon: no alerts are sent there", log)
        self.assertIn("daily_reports: no alert of this type is sent", log)
        key = self.new_key(max_budget=0, key_alias="moved")["key"]
        self.spend(key, status=429)
        another.wait_for(key_alias="moved")
        self.assertEqual(self.hook.bodies(key_alias="moved"), [])
        self.refused("GET", "/health/services?service=slack", status=422)
        self.gateway.write_config(self.config())
        start = len(self.gateway.program.lines)
        self.gateway.reload()
        self.gateway.program.wait_for_line(r'"reloaded"', start=start)
        self.assertEqual(self.get("/health/services?service=slack")["status"], "success")


class DeliveryTest(AlertTest):
    def own_gateway(self, url):
        gateway = Gateway(self.config(), env={"WEBHOOK_URL": url})
        self.addCleanup(gateway.stop)
        return gateway

    def exhausted(self, gateway, alias):
        key = gateway.post("/key/generate", {"max_budget": 0, "key_alias": alias}).json()["key"]
        self.assertEqual(gateway.chat("chat", headers=bearer(key)).status, 429)

    def test_failures_are_tried_again_and_redirects_are_not_followed(self):
        elsewhere = AlertSink()
        self.addCleanup(elsewhere.stop)
        sink = AlertSink([503, (429, {"Retry-After": "0"}), 200,
                          (302, {"Location": elsewhere.url()})])
        self.addCleanup(sink.stop)
        gateway = self.own_gateway(sink.url())
        self.exhausted(gateway, "first")
        sink.wait_for(3, key_alias="first")
        self.exhausted(gateway, "second")
        wait_for(lambda: gateway.metric('gatehouse_alerts_total{outcome="failed"}') == 1)
        self.assertEqual(len(sink.bodies(key_alias="second")), 1)
        self.assertEqual(elsewhere.received, [])
        self.assertEqual(gateway.metric("gatehouse_alert_retries_total"), 2)

    def test_what_waits_is_delivered_at_the_end(self):
        sink = AlertSink([500])
        self.addCleanup(sink.stop)
        gateway = self.own_gateway(sink.url())
        self.exhausted(gateway, "late")
        gateway.program.signal(15)
        self.assertEqual(gateway.program.wait(), 0)
        self.assertEqual(len(sink.bodies(key_alias="late")), 2)

    def test_an_address_that_is_down_stops_nobody(self):
        refusing = RefusingPort()
        self.addCleanup(refusing.close)
        gateway = self.own_gateway(f"http://127.0.0.1:{refusing.port}/")
        for number in range(5):
            self.exhausted(gateway, f"unheard-{number}")
        self.assertEqual(gateway.chat("chat").status, 200)
        wait_for(lambda: "alert_not_delivered" in gateway.program.output() or
                 gateway.program.output().count('"alert"') >= 5)
        gateway.program.signal(15)
        self.assertEqual(gateway.program.wait(15), 0)
        self.assertIn("alerts_left_to_the_next_start", gateway.program.output())
        self.assertNotIn("alerts_dropped", gateway.program.output())

    def test_webhooks_are_signed(self):
        """As a receiver checks it: standardwebhooks.com."""
        sink = AlertSink([503])
        self.addCleanup(sink.stop)
        key = bytes(range(32))
        secret = "whsec_" + base64.b64encode(key).decode()
        gateway = Gateway(self.config(), env={"WEBHOOK_URL": sink.url(), "WEBHOOK_SECRET": secret,
                                              "SLACK_WEBHOOK_URL": self.slack.url()})
        self.addCleanup(gateway.stop)
        self.exhausted(gateway, "signed")
        sink.wait_for(2, key_alias="signed")
        self.assertEqual(gateway.get("/health/services?service=webhook").status, 200)
        for fields, body in sink.requests:
            signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
            mac = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
            self.assertEqual(fields["webhook-signature"], "v1," + mac)
            self.assertEqual(json.loads(body)["event_id"], fields["webhook-id"])
            self.assertLess(abs(time.time() - int(fields["webhook-timestamp"])), 60)
        ids = [fields["webhook-id"] for fields, _ in sink.requests]
        self.assertEqual(ids[0], ids[1], "a further try is the same event")
        self.assertNotEqual(ids[1], ids[2])
        self.slack.wait_for()
        self.assertNotIn("webhook-signature", self.slack.requests[-1][0])
        self.assertNotIn(secret[6:], gateway.program.output())

    def test_a_wrong_secret_is_refused_at_the_start(self):
        for where in ("file", "environment"):
            config, env = self.config(), {"WEBHOOK_URL": self.hook.url()}
            if where == "file":
                config["general_settings"]["alert_webhook_secret"] = "whsec_canary-72"
            else:
                env["WEBHOOK_SECRET"] = "whsec_canary-72"
            gateway = Gateway(config, env=env, wait=False)
            self.addCleanup(gateway.stop)
            self.assertEqual(gateway.program.wait(), 2)
            self.assertIn("whsec_ and base64", gateway.program.output())
            self.assertNotIn("canary-72", gateway.program.output())

    def test_a_wrong_address_is_refused_at_the_start(self):
        gateway = Gateway(self.config(), env={"WEBHOOK_URL": "ftp://canary-71/"}, wait=False)
        self.addCleanup(gateway.stop)
        self.assertEqual(gateway.program.wait(), 2)
        self.assertIn("general_settings.alerting", gateway.program.output())
        self.assertNotIn("canary-71", gateway.program.output())


if __name__ == "__main__":
    unittest.main()
