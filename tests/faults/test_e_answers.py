"""Rows E8-E12, E15 of faults.md: what an upstream says."""

import concurrent.futures
import json
import time
import unittest
from decimal import Decimal

from support import assert_peak, harness


class ContentFaultsTest(harness.GatewayTest):
    # E8: invalid JSON, broken events.

    def test_e8_invalid_json(self):
        for behaviour in ("invalid-json", "body=", "body=null", "body=%5B%5D", "body=%22text%22",
                          "body=%3Chtml%3E502%3C/html%3E;content-type=text/html", "body=%7B%7D%7D",
                          "body=%7B%22a%22:%22%FF%22%7D"):
            for dialect in ("fake/", "anthropic-fake/"):
                with self.subTest(dialect=dialect, behaviour=behaviour):
                    answer = self.gateway.chat(dialect + behaviour)
                    self.assert_error(answer, 502)

    def test_e8_broken_events(self):
        for dialect in ("fake/", "anthropic-fake/"):
            for behaviour in ("invalid-json=6", "sse-error=6"):
                stream = self.gateway.chat_stream(f"{dialect}tokens=20;{behaviour}")
                events = self.assert_broken_stream(stream)
                self.assertTrue(harness.text_of_chat_stream(events[:-1]))

    def test_e8_a_stream_that_is_no_stream(self):
        stream = self.gateway.chat_stream("fake/body=%7B%7D;content-type=application/json")
        if stream.status == 200:
            self.assert_broken_stream(stream)
        else:
            self.assertEqual(stream.status, 502)
            stream.close()

    # E9: events cut at every byte.

    def test_e9_cut_at_every_byte(self):
        text = "é😀\u2028z"
        for dialect, read in (("fake/", harness.text_of_chat_stream),
                              ("anthropic-fake/", harness.text_of_chat_stream)):
            whole = self.gateway.chat_stream(f"{dialect}echo", text=text)
            expected = whole.all()
            self.assertEqual(read(expected), text)
            with self.fake.socket() as client:
                path = b"/v1/messages" if dialect.startswith("anth") else b"/v1/chat/completions"
                body = json.dumps({"model": "fake/echo;close", "stream": True, "max_tokens": 100,
                                   "messages": [{"role": "user", "content": text}]}).encode()
                client.send(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                            % len(body) + body)
                size = len(client.read_to_end().split(b"\r\n\r\n", 1)[1])
            for at in range(1, size):
                stream = self.gateway.chat_stream(f"{dialect}echo;cut-at={at};gap=1", text=text)
                events = stream.all()
                self.assertEqual(read(events), text, (dialect, at))
                self.assertEqual(events[-1][1], "[DONE]", (dialect, at))
                self.assertEqual(len(events), len(expected), (dialect, at))

    def test_e9_line_ends_and_comments(self):
        for dialect in ("fake/", "anthropic-fake/"):
            for behaviour in ("crlf", "cr", "comments", "crlf;comments;cut=1", "cr;cut=1"):
                with self.subTest(dialect=dialect, behaviour=behaviour):
                    stream = self.gateway.chat_stream(f"{dialect}tokens=3;{behaviour}")
                    events = stream.all()
                    self.assertEqual(events[-1][1], "[DONE]")
                    self.assertEqual(len(harness.text_of_chat_stream(events)), 12)

    # E10: usage.

    def cost(self, answer):
        value = answer.header("x-litellm-response-cost")
        self.assertIsNotNone(value, answer)
        return Decimal(value)

    def test_e10_nonsense_is_estimated_and_never_billed_as_told(self):
        honest = self.cost(self.gateway.chat("fake/tokens=40"))
        for mode in ("absent", "null", "empty", "negative", "huge", "text", "float"):
            with self.subTest(mode=mode):
                answer = self.gateway.chat(f"fake/tokens=40;usage={mode}")
                self.assertEqual(answer.status, 200, answer)
                cost = self.cost(answer)
                self.assertGreater(cost, 0)
                self.assertLess(cost, honest * 5)
                self.assertGreater(cost, honest / 5)

    def test_e10_zero_is_zero(self):
        self.assertEqual(self.cost(self.gateway.chat("fake/tokens=40;usage=zero")), 0)

    def test_e10_the_same_for_anthropic(self):
        honest = self.cost(self.gateway.messages("anthropic-fake/tokens=40"))
        for mode in ("absent", "negative", "huge", "text"):
            with self.subTest(mode=mode):
                cost = self.cost(self.gateway.messages(f"anthropic-fake/tokens=40;usage={mode}"))
                self.assertTrue(honest / 5 < cost < honest * 5, (honest, cost))

    def test_e10_streams_survive_nonsense(self):
        for dialect in ("fake/", "anthropic-fake/"):
            for mode in ("absent", "null", "empty", "negative", "huge", "text", "float", "repeated",
                         "lower", "zero"):
                with self.subTest(dialect=dialect, mode=mode):
                    stream = self.gateway.chat_stream(f"{dialect}tokens=9;usage={mode}")
                    self.assertEqual(stream.all()[-1][1], "[DONE]")

    def spend(self):
        return self.gateway.metric("litellm_spend_metric")

    def test_e10_every_estimate_is_flagged(self):
        modes = ("absent", "null", "empty", "negative", "huge", "text", "float")
        for send in (lambda mode: self.gateway.chat(f"fake/tokens=9;usage={mode}"),
                     lambda mode: self.gateway.chat_stream(f"fake/tokens=9;usage={mode}").all(),
                     lambda mode: self.gateway.messages(f"anthropic-fake/tokens=9;usage={mode}")):
            for mode in modes:
                with self.subTest(mode=mode):
                    before = self.gateway.metric("gatehouse_usage_estimated_total")
                    send(mode)
                    harness.wait_for(lambda: self.gateway.metric(
                        "gatehouse_usage_estimated_total") == before + 1, 3, "a flag")

    def test_e10_a_repeated_or_lower_report_counts_once_and_in_full(self):
        for dialect in ("fake/", "anthropic-fake/"):
            for mode in ("repeated", "lower"):
                with self.subTest(dialect=dialect, mode=mode):
                    self.fake.reset()
                    before = self.spend()
                    self.gateway.chat_stream(f"{dialect}tokens=40;usage={mode}").all()
                    billed = Decimal(self.fake.wait_for_bill(1)[0]["cost_nano_usd"]) / 10**9
                    harness.wait_for(lambda: self.spend() - before == billed, 3,
                                     f"spend of {billed} (is {self.spend() - before})")

    # E15: codings.

    def test_e15_codings_are_refused_or_bounded(self):
        for behaviour in ("gzip-bomb=1024", "coding=br", "coding=zstd", "coding=made-up",
                          "coding=gzip"):
            with self.subTest(behaviour=behaviour):
                self.assert_error(self.gateway.chat("fake/" + behaviour), 502)
        assert_peak(self, self.gateway)
        self.assert_alive()

    def test_e15_the_gateway_asks_for_no_coding(self):
        self.gateway.chat("chat", headers={"Accept-Encoding": "gzip, br"})
        headers = {name.lower(): value for name, value in self.fake.requests()[-1]["headers"]}
        self.assertIn(headers.get(b"accept-encoding", b"identity"), (b"identity", b""))


class RateLimitTest(harness.GatewayTest):
    """E11: Retry-After in every form."""

    router_settings = {"num_retries": 1, "disable_cooldowns": True}

    @classmethod
    def model_list(cls):
        return [harness.deployment(f"m{number}", f"up{number}", cls.fake.url + "/v1")
                for number in range(12)]

    def calls(self, number, retry_after, timeout=None):
        """Runs one call against a 429 followed by a good answer."""
        behaviour = "status=429" + (f";retry-after={retry_after}" if retry_after is not None else "")
        self.fake.script(f"up{number}", [behaviour])
        headers = {"x-litellm-timeout": str(timeout)} if timeout else None
        begin = time.monotonic()
        answer = self.gateway.chat(f"m{number}", headers=headers)
        took = time.monotonic() - begin
        bill = [entry for entry in self.fake.bill() if entry["model"] == f"up{number}"]
        return answer, took, bill

    def gap(self, bill):
        return (bill[1]["received_ms"] - bill[0]["ended_ms"]) / 1000

    def test_e11_seconds_are_waited_for(self):
        answer, _, bill = self.calls(0, "1")
        self.assertEqual(answer.status, 200, answer)
        self.assertGreaterEqual(self.gap(bill), 0.99)

    def test_e11_a_date_is_waited_for(self):
        answer, _, bill = self.calls(1, "date+2")
        self.assertEqual(answer.status, 200, answer)
        # A date has whole seconds.
        self.assertGreaterEqual(self.gap(bill), 0.99)

    def test_e11_past_negative_absent_and_nonsense_do_not_block(self):
        for number, value in ((2, "date-100"), (3, "-1"), (4, None), (5, "soon"), (6, "0")):
            answer, took, bill = self.calls(number, value)
            self.assertEqual(answer.status, 200, (value, answer))
            self.assertLess(took, 5, value)
            self.assertEqual(len(bill), 2)

    def test_e11_a_wait_beyond_the_deadline_is_not_begun(self):
        for number, value in ((7, "30"), (8, "1000000000"), (9, "99999999999999999999")):
            answer, took, bill = self.calls(number, value, timeout=3)
            self.assertIn(answer.status, (408, 429, 504), answer)
            self.assertLess(took, 4)
            self.assertEqual(len(bill), 1, "no call before the due time")


CALLS = 400


def amplification(test, model):
    """Calls upstream per call of a client, of sixteen clients at once."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: test.gateway.chat(model).status, range(CALLS)))
    test.assertTrue(all(status in (200, 429) or status >= 500 for status in statuses), statuses)
    return test.fake.get("/__bill").json()["totals"]["calls"] / CALLS


class FlappingTest(harness.GatewayTest):
    """E12: retries add at most 20 %, also where no breaker helps."""

    router_settings = {"num_retries": 3, "disable_cooldowns": True}

    @classmethod
    def model_list(cls):
        return [harness.deployment("down", "fake/status=503", cls.fake.url + "/v1"),
                harness.deployment("flapping", "fake/flap=50", cls.fake.url + "/v1"),
                harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1")]

    def test_e12_a_deployment_that_is_down(self):
        self.assertLessEqual(amplification(self, "down"), 1.2)

    def test_e12_a_flapping_deployment(self):
        self.assertLessEqual(amplification(self, "flapping"), 1.2)


class BreakerTest(harness.GatewayTest):
    """E12 with LiteLLM's defaults: a deployment that fails is left alone until it is tried again."""

    router_settings = {"num_retries": 2, "cooldown_time": 60}

    @classmethod
    def model_list(cls):
        return [harness.deployment("down", "fake/status=503", cls.fake.url + "/v1"),
                harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1")]

    def test_e12_the_breaker_opens(self):
        # Half of at least five calls must fail; those of sixteen clients may be under way.
        self.assertLessEqual(amplification(self, "down"), 50 / CALLS)
        self.assertGreaterEqual(self.gateway.metric("litellm_deployment_cooled_down_total"), 1)


class OutlierTest(harness.GatewayTest):
    router_settings = {"num_retries": 0, "cooldown_time": 60}

    @classmethod
    def model_list(cls):
        return [harness.deployment("both", "fake/status=500", cls.fake.url + "/v1"),
                harness.deployment("both", "good", cls.fake.url + "/v1"),
                harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1")]

    def test_e12_an_outlier_is_left_alone(self):
        for _ in range(60):
            self.gateway.chat("both")
        self.fake.reset()
        statuses = {self.gateway.chat("both").status for _ in range(20)}
        self.assertEqual(statuses, {200})
        self.assertEqual({entry["model"] for entry in self.fake.bill()}, {"good"})


if __name__ == "__main__":
    unittest.main()
