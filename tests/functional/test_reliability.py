"""Retries, fallbacks, cool-downs, time-outs, weights."""

import time
import unittest

import harness


class RetriesTest(harness.GatewayTest):
    router_settings = {"num_retries": 2, "disable_cooldowns": True,
                       "fallbacks": [{"primary": ["secondary"]}],
                       "context_window_fallbacks": [{"small": ["large"]}],
                       "content_policy_fallbacks": [{"strict": ["lenient"]}],
                       "model_group_alias": {"nickname": "chat",
                                             "secret": {"model": "chat", "hidden": True}}}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        names = ("primary", "secondary", "small", "large", "strict", "lenient", "chat")
        return [harness.deployment(name, name + "-upstream", base) for name in names]

    def models_called(self):
        return [entry["model"] for entry in self.fake.bill()]

    def test_a_passing_failure_is_retried(self):
        for status in (500, 502, 503, 504, 429, 408):
            self.fake.reset()
            self.fake.script("chat-upstream", [f"status={status}"])
            answer = self.gateway.chat("chat")
            self.assertEqual(answer.status, 200, (status, answer))
            self.assertEqual(answer.header("x-litellm-attempted-retries"), "1")
            self.assertEqual(len(self.models_called()), 2)

    def test_a_stream_is_retried_before_its_first_byte(self):
        self.fake.script("chat-upstream", ["status=503"])
        stream = self.gateway.chat_stream("chat")
        self.assertEqual(stream.all()[-1][1], "[DONE]")
        self.assertEqual(len(self.models_called()), 2)

    def test_retries_end(self):
        self.fake.script("chat-upstream", then="status=500")
        self.assert_error(self.gateway.chat("chat"), 500)
        self.assertLessEqual(len(self.models_called()), 3)

    def test_a_clients_mistake_is_not_retried(self):
        for status in (400, 413, 422):
            self.fake.reset()
            self.fake.script("chat-upstream", then=f"status={status}")
            self.assert_error(self.gateway.chat("chat"), status)
            self.assertEqual(len(self.models_called()), 1, status)

    def test_the_request_says_how_many(self):
        self.fake.script("chat-upstream", then="status=500")
        self.gateway.chat("chat", headers={"x-litellm-num-retries": "0"})
        self.assertEqual(len(self.models_called()), 1)
        self.fake.reset()
        self.fake.script("chat-upstream", then="status=500")
        self.gateway.chat("chat", num_retries=1)
        self.assertEqual(len(self.models_called()), 2)

    def test_fallbacks(self):
        self.fake.script("primary-upstream", then="status=500")
        answer = self.gateway.chat("primary")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("x-litellm-attempted-fallbacks"), "1")
        self.assertEqual(self.models_called()[-1], "secondary-upstream")
        self.assertEqual(
            self.gateway.metric("litellm_deployment_successful_fallbacks_total{requested_model="
                                '"primary",fallback_model="secondary"}'), 1)

    def test_fallbacks_of_the_request(self):
        self.fake.script("chat-upstream", then="status=500")
        answer = self.gateway.chat("chat", fallbacks=["large"])
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.models_called()[-1], "large-upstream")

    def test_fallbacks_by_kind(self):
        self.fake.script("small-upstream", then="status=400;code=context_length_exceeded")
        self.assertEqual(self.gateway.chat("small").status, 200)
        self.assertEqual(self.models_called()[-1], "large-upstream")
        self.fake.script("strict-upstream", then="content-filter")
        self.assertEqual(self.gateway.chat("strict").status, 200)
        self.assertEqual(self.models_called()[-1], "lenient-upstream")

    def test_when_all_fail_the_client_sees_the_last_failure(self):
        self.fake.script("*", then="status=503;message=nothing%20works")
        error = self.assert_error(self.gateway.chat("primary"), 503, "nothing works")
        self.assertEqual(self.gateway.metric("litellm_deployment_failed_fallbacks_total"), 1)
        self.assertIn("Received Model Group=", error["message"])

    def test_aliases(self):
        answer = self.gateway.chat("nickname")
        self.assertEqual(answer.json()["model"], "nickname")
        self.assertEqual(self.gateway.chat("secret").status, 200)
        ids = [item["id"] for item in self.gateway.get("/v1/models").json()["data"]]
        self.assertIn("nickname", ids)
        self.assertNotIn("secret", ids)


class CooldownTest(harness.GatewayTest):
    router_settings = {"num_retries": 0, "cooldown_time": 1}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [harness.deployment("alone", "alone-upstream", base),
                harness.deployment("mistake", "mistake-upstream", base),
                harness.deployment("pair", "pair-one", base),
                harness.deployment("pair", "pair-two", base),
                harness.deployment("chat", "chat-upstream", base)]

    def test_a_rate_limited_deployment_cools_down_and_comes_back(self):
        self.fake.script("alone-upstream", ["status=429"])
        self.assert_error(self.gateway.chat("alone"), 429)
        answer = self.gateway.chat("alone")
        self.assert_error(answer, 429, "No deployments available for selected model, Try again in")
        self.assertEqual(len(self.fake.bill()), 1, "a cooling deployment is not called")
        harness.wait_for(lambda: self.gateway.chat("alone").status == 200, 5, "the end of cooling")

    def test_another_deployment_serves_meanwhile(self):
        self.fake.script("pair-one", ["status=429"])
        statuses = [self.gateway.chat("pair").status for _ in range(20)]
        self.assertLessEqual(statuses.count(429), 1)
        self.assertEqual(statuses.count(200), 20 - statuses.count(429))

    def test_a_clients_mistake_does_not_cool(self):
        self.fake.script("mistake-upstream", ["status=400"] * 20)
        for _ in range(20):
            self.assert_error(self.gateway.chat("mistake"), 400)
        self.assertEqual(self.gateway.chat("mistake").status, 200)


class TimeoutsTest(harness.GatewayTest):
    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [harness.deployment("fake/*", "fake/*", base),
                harness.deployment("short", "fake/ttfb=3000", base, timeout=0.3),
                harness.deployment("short-stream", "fake/ttfb=3000", base, timeout=20,
                                   stream_timeout=0.3),
                harness.deployment("chat", "chat-upstream", base)]

    def check(self, send, low, high, statuses):
        begin = time.monotonic()
        answer = send()
        took = time.monotonic() - begin
        self.assertIn(answer.status, statuses, answer)
        self.assertTrue(low <= took <= high, took)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 5, "upstream let go")

    def test_of_the_deployment(self):
        self.check(lambda: self.gateway.chat("short"), 0.25, 2, (408, 504))

    def test_to_the_first_byte_of_a_stream(self):
        self.check(lambda: self.gateway.chat_stream("short-stream"), 0.25, 2, (408, 504))

    def test_of_the_request(self):
        self.check(lambda: self.gateway.chat("fake/ttfb=3000",
                                             headers={"x-litellm-timeout": "0.3"}),
                   0.25, 2, (408, 504))
        body = {"model": "fake/ttfb=3000", "timeout": 0.4,
                "messages": [{"role": "user", "content": "Hello"}]}
        self.check(lambda: self.gateway.post("/v1/chat/completions", body), 0.35, 2, (408, 504))

    def test_a_slow_but_steady_answer_is_fine(self):
        stream = self.gateway.chat_stream("fake/tokens=30;tps=20")
        self.assertEqual(stream.all()[-1][1], "[DONE]")


class WeightsTest(harness.GatewayTest):
    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [harness.deployment("mixed", "heavy", base, weight=9),
                harness.deployment("mixed", "light", base, weight=1),
                harness.deployment("chat", "chat-upstream", base)]

    def test_shares_follow_the_weights(self):
        for _ in range(300):
            self.assertEqual(self.gateway.chat("mixed").status, 200)
        heavy = sum(entry["model"] == "heavy" for entry in self.fake.bill())
        # 270 expected; five standard deviations are 26.
        self.assertTrue(244 <= heavy <= 296, heavy)


if __name__ == "__main__":
    unittest.main()
