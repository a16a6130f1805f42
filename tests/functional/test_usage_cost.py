"""Usage and cost: exact, on streams too, and hidden from a client that did not ask."""

import json
import unittest
from decimal import Decimal

import harness


def nano(text):
    """A header's decimal number of USD as nano-USD; exact."""
    value = Decimal(text) * 10**9
    assert value == value.to_integral_value(), text
    return int(value)


class UsageTest(harness.GatewayTest):
    def check_cost(self, answer):
        entry = self.fake.wait_for_bill(1)[-1]
        cost = answer.header("x-litellm-response-cost")
        self.assertIsNotNone(cost, answer.headers)
        self.assertNotIn("e", cost.lower(), "a plain decimal number")
        self.assertEqual(nano(cost), entry["cost_nano_usd"], entry)

    def test_cost_equals_the_upstreams_bill(self):
        for model in ("fake/tokens=1", "fake/tokens=33333", "fake/tokens=12;reasoning=5",
                      "fake/cached=3", "anthropic-fake/tokens=12",
                      "anthropic-fake/cached=2;cache-write=3", "fake/ok"):
            for text in ("Hello", "x" * 4000):
                self.fake.reset()
                with self.subTest(model=model, bytes=len(text)):
                    send = self.gateway.messages if model.startswith("anth") else self.gateway.chat
                    more = {"max_tokens": 100_000} if model.startswith("anth") else {}
                    self.check_cost(send(model, text=text, **more))

    def test_cost_of_completions_and_embeddings(self):
        self.check_cost(self.gateway.post("/v1/completions", {"model": "chat", "prompt": "Once"}))
        self.fake.reset()
        self.check_cost(self.gateway.post("/v1/embeddings", {"model": "chat", "input": "abcdefg"}))

    def test_cost_of_translated_calls(self):
        self.check_cost(self.gateway.chat("anthropic-fake/tokens=9;cached=2;cache-write=1"))
        self.fake.reset()
        self.check_cost(self.gateway.messages("fake/tokens=9;cached=2;reasoning=4"))

    def test_answer_headers(self):
        answer = self.gateway.chat("chat")
        self.assertTrue(answer.header("x-litellm-call-id"))
        self.assertTrue(answer.header("x-litellm-model-id"))
        self.assertEqual(answer.header("x-litellm-model-group"), "chat")
        self.assertEqual(answer.header("x-litellm-model-api-base"), self.fake.url + "/v1")
        self.assertTrue(answer.header("x-litellm-version"))
        self.assertGreater(float(answer.header("x-litellm-response-duration-ms")), 0)
        self.assertGreaterEqual(float(answer.header("x-litellm-overhead-duration-ms")), 0)
        self.assertEqual(answer.header("x-litellm-attempted-retries"), "0")
        self.assertEqual(answer.header("x-litellm-attempted-fallbacks"), "0")
        self.assertEqual(answer.header("llm_provider-x-ratelimit-remaining-requests"), "9999")
        other = self.gateway.chat("chat")
        self.assertNotEqual(answer.header("x-litellm-call-id"), other.header("x-litellm-call-id"))
        failed = self.gateway.chat("fake/status=500")
        self.assertTrue(failed.header("x-litellm-call-id"))

    def test_streams_ask_for_usage_and_hide_it(self):
        stream = self.gateway.chat_stream("fake/tokens=5")
        events = stream.all()
        sent = json.loads(self.fake.requests()[-1]["body"])
        self.assertEqual(sent["stream_options"], {"include_usage": True})
        for _, data in events[:-1]:
            chunk = json.loads(data)
            self.assertFalse(chunk.get("usage"), chunk)
            self.assertTrue(chunk["choices"], "a chunk without choices is the usage chunk")
        self.assertIsNone(stream.header("x-litellm-response-cost"))

    def test_streams_show_usage_to_who_asks(self):
        events = self.gateway.chat_stream("fake/tokens=5",
                                          stream_options={"include_usage": True}).all()
        last = json.loads(events[-2][1])
        self.assertEqual(last["choices"], [])
        self.assertEqual(last["usage"]["completion_tokens"], 5)

    def test_other_stream_options_survive(self):
        self.gateway.chat_stream("fake/tokens=2",
                                 stream_options={"include_obfuscation": False}).all()
        sent = json.loads(self.fake.requests()[-1]["body"])
        self.assertEqual(sent["stream_options"],
                         {"include_obfuscation": False, "include_usage": True})

    def test_spend_metric_counts_streams_exactly(self):
        before = self.gateway.metric("litellm_spend_metric")
        for send in (lambda: self.gateway.chat_stream("fake/tokens=50").all(),
                     lambda: self.gateway.messages_stream("anthropic-fake/tokens=60").all(),
                     lambda: self.gateway.messages_stream("fake/tokens=70;cached=2").all(),
                     lambda: self.gateway.chat_stream("anthropic-fake/tokens=80").all(),
                     lambda: self.gateway.chat("fake/tokens=90")):
            send()
        billed = sum(entry["cost_nano_usd"] for entry in self.fake.wait_for_bill(5))
        harness.wait_for(
            lambda: self.gateway.metric("litellm_spend_metric") - before == Decimal(billed) / 10**9,
            5.0, f"a spend of {billed} nano-USD more (is "
                 f"{self.gateway.metric('litellm_spend_metric') - before})")


if __name__ == "__main__":
    unittest.main()
