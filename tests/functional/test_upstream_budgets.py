"""Budgets of deployments, providers and everybody, and the metrics of what is left."""

import unittest
from decimal import Decimal

import harness
from admin import AdminTest


class UpstreamBudgetsTest(AdminTest):
    router_settings = {
        "num_retries": 0, "disable_cooldowns": True,
        "fallbacks": [{"frugal": ["rich"]}],
        "provider_budget_config": {"anthropic": {"budget_limit": 0.0000001, "time_period": "1d"},
                                   "openai": {"max_budget": 50, "budget_duration": "30d"}},
        "model_budget_config": {"dear": {"budget_limit": 0.0000001, "time_period": "1d"},
                                "chat": {"budget_limit": 20}}}
    extra_config = {"litellm_settings": {"max_budget": 100, "budget_duration": "30d"}}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        poor = {"max_budget": 0.0000001, "budget_duration": "1d"}
        return [
            harness.deployment("chat", "chat-upstream", base),
            harness.deployment("shared", "poor-upstream", base, **poor),
            harness.deployment("shared", "rich-upstream", base),
            harness.deployment("frugal", "frugal-upstream", base, **poor),
            harness.deployment("rich", "rich-upstream", base),
            harness.deployment("alone", "alone-upstream", base, **poor),
            harness.deployment("dear", "dear-upstream", base),
            harness.deployment("claude", "claude-upstream", cls.fake.url, provider="anthropic"),
        ]

    def models_called(self):
        return {entry["model"] for entry in self.fake.bill()}

    def test_the_next_deployment_serves(self):
        for _ in range(10):
            answer = self.gateway.chat("shared", max_tokens=10)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.header("x-litellm-attempted-retries"), "0")
        self.assertEqual(self.models_called(), {"rich-upstream"})

    def test_a_fallback_serves(self):
        answer = self.gateway.chat("frugal", max_tokens=10)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("x-litellm-attempted-fallbacks"), "1")

    def test_the_client_is_told_when_nobody_is_left(self):
        for model in ("alone", "claude"):
            answer = self.gateway.chat(model, max_tokens=10)
            self.assert_error(answer, 429, "No deployments available - crossed budget")
            self.assertGreater(int(answer.header("retry-after")), 0)
        self.assertEqual(self.fake.bill(), [])

    def test_a_model_s_budget_holds_for_everybody(self):
        for key in (self.new_key()["key"], self.new_key()["key"], harness.MASTER_KEY):
            answer = self.gateway.chat("dear", max_tokens=10,
                                       headers={"Authorization": f"Bearer {key}"})
            self.assert_error(answer, 429, "Budget has been exceeded! Model=dear ")
        self.assertEqual(self.fake.bill(), [])

    def test_the_bound_is_shown_but_not_part_of_the_id(self):
        entries = {entry["model_name"]: entry for entry in self.get("/model/info")["data"]
                   if entry["model_name"] == "alone"}
        self.assertEqual(entries["alone"]["litellm_params"]["max_budget"], 0.0000001)
        self.assertEqual(entries["alone"]["litellm_params"]["budget_duration"], "1d")

    def test_global_spend_tells_the_configured_budget(self):
        self.assertEqual(self.gateway.chat("chat", max_tokens=10).status, 200)
        told = self.get("/global/spend")
        self.assertEqual(Decimal(str(told["max_budget"])), 100)
        self.assertGreater(told["spend"], 0)

    def test_metrics_tell_what_is_left(self):
        key = self.new_key(max_budget=3, budget_duration="1d", key_alias="gauge")["key"]
        self.assertEqual(self.gateway.chat(
            "chat", max_tokens=10, headers={"Authorization": f"Bearer {key}"}).status, 200)
        spent = Decimal(str(self.info(key)["spend"]))
        self.assertGreater(spent, 0)
        self.assertEqual(self.gateway.metric("litellm_remaining_api_key_budget_metric"), 3 - spent)
        self.assertEqual(self.gateway.metric("litellm_api_key_max_budget_metric"), 3)
        hours = self.gateway.metric("litellm_api_key_budget_remaining_hours_metric")
        self.assertTrue(0 < hours <= 24, hours)
        openai = self.gateway.metric(
            'litellm_provider_remaining_budget_metric{api_provider="openai"}')
        self.assertTrue(49 < openai < 50, openai)
        left = self.gateway.metric('gatehouse_model_remaining_budget_usd{model_group="chat"}')
        self.assertTrue(19 < left < 20, left)
        # What the provider says of its own limits.
        text = self.gateway.get("/metrics").body.decode()
        line = next(line for line in text.splitlines()
                    if line.startswith("litellm_remaining_requests_metric{")
                    and 'model_group="chat"' in line)
        self.assertIn('litellm_model_name="chat-upstream"', line)
        self.assertEqual(line.rsplit(" ", 1)[1], "9999")
        self.assertNotIn(key, text)


class BadBudgetsTest(unittest.TestCase):
    """Every mistake of a file is named with its place."""

    def start(self, config):
        gateway = harness.Gateway(config, wait=False)
        self.addCleanup(gateway.stop)
        self.assertNotEqual(gateway.program.wait(), 0)
        return gateway.program.output()

    def test_a_period_that_is_none(self):
        entry = harness.deployment("m", "x", "http://127.0.0.1:1/v1", max_budget=1,
                                   budget_duration="fortnight")
        text = self.start({"model_list": [entry]})
        self.assertIn("model_list[0].litellm_params.budget_duration", text)

    def test_a_model_budget_with_a_period_that_is_none(self):
        text = self.start({"router_settings": {
            "model_budget_config": {"m": {"budget_limit": 1, "time_period": "fortnight"}}}})
        self.assertIn("router_settings.model_budget_config.m", text)

    def test_a_provider_budget_without_an_amount(self):
        text = self.start({"router_settings": {
            "provider_budget_config": {"openai": {"time_period": "1d"}}}})
        self.assertIn("router_settings.provider_budget_config.openai", text)
        self.assertIn("budget_limit", text)


if __name__ == "__main__":
    unittest.main()
