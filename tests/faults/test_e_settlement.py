"""What a call costs when it goes wrong: rows E2, E3, E6, E8, E10, E13, F3 and F4 of faults.md.

The fake provider keeps its own bill. Where it told the gateway its figures, both must be equal;
where it could not, the gateway estimates and says so.
"""

import json
import unittest
from decimal import Decimal

from support import harness

# Nano-USD per token, as in harness.PRICES.
PROMPT, COMPLETION = 1000, 2000
DIALECTS = ("fake/", "anthropic-fake/")


class SettlementTest(harness.GatewayTest):
    extra_config = {"limits": {"abandoned_calls": "cancel"}}
    router_settings = {"num_retries": 0, "disable_cooldowns": True,
                       "fallbacks": [{"breaks": ["spare"]}, {"silent": ["spare"]}]}

    @classmethod
    def model_list(cls):
        good = cls.fake.url + "/v1"
        return super().model_list() + [
            harness.deployment("breaks", "fake/tokens=20;rst=6", good),
            harness.deployment("silent", "fake/hang", good, timeout=0.5),
            harness.deployment("spare", "spare-upstream", good)]

    def setUp(self):
        super().setUp()
        self.before = self.figures()

    def figures(self):
        return {name: self.gateway.metric(name) for name in (
            "litellm_spend_metric", "litellm_proxy_total_requests_metric",
            "gatehouse_usage_estimated_total", "gatehouse_usage_clamped_total")}

    def told(self):
        """Nano-USD, records, estimates and clamps since the test began, once there is a record."""
        def look():
            now = {name: value - self.before[name] for name, value in self.figures().items()}
            return now if now["litellm_proxy_total_requests_metric"] else None
        now = harness.wait_for(look, 5, "a record")
        return (int(now["litellm_spend_metric"] * 10**9),
                *(int(value) for value in list(now.values())[1:]))

    # E3: what was relayed before a break is billed, once.

    def test_e3_a_broken_stream_is_billed_for_what_was_relayed(self):
        for send in (self.gateway.chat_stream, self.gateway.messages_stream):
            for dialect in DIALECTS:
                for behaviour in ("rst=6", "half-close=6"):
                    with self.subTest(send=send.__name__, dialect=dialect, behaviour=behaviour):
                        self.fake.reset()
                        self.before = self.figures()
                        send(f"{dialect}tokens=20;{behaviour}").all()
                        entry = self.fake.wait_for_bill(1)[0]
                        cost, records, estimates, _ = self.told()
                        self.assertEqual(records, 1)
                        if dialect.startswith("anth"):
                            # The prompt was told at the start, the text was relayed.
                            self.assertEqual(cost, entry["cost_nano_usd"])
                        else:
                            self.assertEqual(estimates, 1)
                            self.assertGreaterEqual(cost, entry["cost_nano_usd"])
                            # The words are counted exactly, the prompt's frame is estimated.
                            self.assertEqual(
                                (cost - entry["completion_tokens"] * COMPLETION) % PROMPT, 0)
                            self.assertLessEqual(cost, 2 * entry["cost_nano_usd"])

    # E6: an upstream that does not stop is billed at most what the client allowed.

    def test_e6_at_most_the_allowed_output_is_billed(self):
        for send in (self.gateway.chat_stream, self.gateway.messages_stream):
            for dialect in DIALECTS:
                with self.subTest(send=send.__name__, dialect=dialect):
                    self.before = self.figures()
                    send(dialect + "endless", max_tokens=10).all()
                    cost, records, _, clamps = self.told()
                    self.assertEqual((records, clamps), (1, 1))
                    self.assertGreaterEqual(cost, 10 * COMPLETION)
                    self.assertLessEqual(cost, 10 * COMPLETION + 20 * PROMPT)

    # E8: what cannot be used was billed nevertheless; one record says so.

    def test_e8_a_useless_answer_is_settled_as_an_estimate(self):
        for model, stream in (("fake/invalid-json", False), ("anthropic-fake/invalid-json", False),
                              ("fake/tokens=20;invalid-json=6", True),
                              ("fake/content-type=application/json", True), ("fake/rst", False)):
            with self.subTest(model=model):
                self.before = self.figures()
                if stream:
                    self.gateway.chat_stream(model, max_tokens=50).all()
                else:
                    self.assert_error(self.gateway.chat(model, max_tokens=50), 502)
                cost, records, estimates, _ = self.told()
                self.assertEqual((records, estimates), (1, 1))
                self.assertTrue(6 * PROMPT <= cost <= 20 * PROMPT + 50 * COMPLETION, cost)

    def test_e8_a_refusal_costs_nothing(self):
        for behaviour in ("status=400", "status=429", "status=500", "status=503", "hang-up",
                          "redirect"):
            with self.subTest(behaviour=behaviour):
                self.before = self.figures()
                self.gateway.chat("fake/" + behaviour)
                self.assertEqual(self.told(), (0, 1, 0, 0))

    # E10: a report beyond what the client allowed.

    def reply(self, dialect, completion):
        if dialect == "fake/":
            return {"id": "x", "object": "chat.completion", "created": 1, "model": "m",
                    "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": "Hello"}}],
                    "usage": {"prompt_tokens": 5, "completion_tokens": completion,
                              "total_tokens": completion + 5}}
        return {"id": "x", "type": "message", "role": "assistant", "model": "m",
                "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 5, "output_tokens": completion}}

    def test_e10_more_than_was_allowed_is_clamped_flagged_and_logged(self):
        for dialect, model in (("fake/", "chat"), ("anthropic-fake/", "claude")):
            for send in (self.gateway.chat, self.gateway.messages):
                for reported, billed in ((10, 10), (11, 10), (900_000, 10), (9_000_000, 10)):
                    with self.subTest(model=model, send=send.__name__, reported=reported):
                        self.before = self.figures()
                        lines = len(self.gateway.program.lines)
                        upstream = "chat-upstream" if model == "chat" else "claude-upstream"
                        self.fake.script(upstream,
                                         [{"body": json.dumps(self.reply(dialect, reported))}])
                        answer = send(model, max_tokens=10)
                        expected = 5 * PROMPT + billed * COMPLETION
                        self.assertEqual(
                            Decimal(answer.header("x-litellm-response-cost")) * 10**9, expected)
                        self.assertEqual(self.told(), (expected, 1, 0, int(reported > 10)))
                        if reported > 10:
                            self.gateway.program.wait_for_line("usage_clamped", 5, start=lines)

    def test_e10_several_choices_have_the_allowance_several_times(self):
        for members, allowed in (({"n": 3}, 30), ({"best_of": 4}, 40), ({"n": 2, "best_of": 4}, 40),
                                 ({"max_completion_tokens": 25}, 25)):
            with self.subTest(members=members):
                self.before = self.figures()
                self.fake.script("chat-upstream", [{"body": json.dumps(self.reply("fake/", 1000))}])
                self.gateway.chat("chat", max_tokens=10, **members)
                self.assertEqual(self.told()[0], 5 * PROMPT + allowed * COMPLETION)

    def test_e10_a_count_beyond_every_window_is_nonsense(self):
        for dialect, model in (("fake/", "chat"), ("anthropic-fake/", "claude")):
            self.before = self.figures()
            self.fake.script("chat-upstream" if model == "chat" else "claude-upstream",
                             [{"body": json.dumps(self.reply(dialect, 500_000_000))}])
            self.assertEqual(self.gateway.chat(model).status, 200)
            cost, records, estimates, _ = self.told()
            self.assertEqual((records, estimates), (1, 1))
            self.assertLess(cost, 1_000_000)

    # E2, E13: each try that the provider may bill is billed once.

    def test_e13_both_tries_are_billed_once(self):
        answer = self.gateway.chat("breaks", max_tokens=20)
        self.assertEqual(answer.header("x-litellm-attempted-fallbacks"), "1")
        spare = self.fake.wait_for_bill(2)[-1]
        self.assertEqual(spare["model"], "spare-upstream")
        cost, records, estimates, _ = self.told()
        self.assertEqual((records, estimates), (1, 1))
        self.assertGreater(cost - spare["cost_nano_usd"], 6 * PROMPT)
        self.assertLessEqual(cost - spare["cost_nano_usd"], 20 * PROMPT + 20 * COMPLETION)

    def test_e2_a_try_that_was_given_up_is_billed_for_its_prompt(self):
        answer = self.gateway.chat("silent")
        self.assertEqual(answer.status, 200, answer)
        spare = [entry for entry in self.fake.wait_for_bill(2)
                 if entry["model"] == "spare-upstream"][0]
        cost, records, estimates, _ = self.told()
        self.assertEqual((records, estimates), (1, 1))
        self.assertTrue(6 * PROMPT <= cost - spare["cost_nano_usd"] <= 20 * PROMPT, cost)

    # F3, F4: a client that leaves early.

    def test_f3_f4_a_client_that_leaves_pays_for_its_prompt(self):
        for model in ("fake/ttfb=20000", "anthropic-fake/ttfb=20000"):
            for stream in (True, False):
                with self.subTest(model=model, stream=stream):
                    self.fake.reset()
                    self.before = self.figures()
                    with self.gateway.socket() as client:
                        client.send(harness.raw_chat(model, stream=stream))
                        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 5,
                                         "the call upstream")
                    billed = self.fake.wait_for_bill(1)[0]["cost_nano_usd"]
                    cost, records, estimates, _ = self.told()
                    self.assertEqual((records, estimates), (1, 1))
                    self.assertGreaterEqual(cost, billed)
                    self.assertLessEqual(cost, 2 * billed)


if __name__ == "__main__":
    unittest.main()
