"""Rows E1-E7, E13, E14, E16, E17 of faults.md: what happens to the connection upstream."""

import json
import time
import unittest

from support import Gate, assert_peak, harness

FAILED = (500, 502, 503, 504)


class ConnectionFaultsTest(harness.GatewayTest):
    # One thread has one pool, so that each call is offered the connection of the one before.
    extra_config = {"server": {"threads": 1}}

    @classmethod
    def model_list(cls):
        return [
            # A whole call may take three seconds, so that silence shows soon.
            harness.deployment("fake/*", "fake/*", cls.fake.url + "/v1", timeout=3),
            harness.deployment("anthropic-fake/*", "fake/*", cls.fake.url, provider="anthropic",
                               timeout=3),
            harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1"),
        ]

    def assert_fails(self, model, status=FAILED, limit=8.0, **members):
        begin = time.monotonic()
        answer = self.gateway.chat(model, **members)
        self.assertLess(time.monotonic() - begin, limit, model)
        return self.assert_error(answer, status)

    # E2: headers one byte per second; silence in the middle of the body.

    def test_e2_slow_headers(self):
        self.assert_fails("fake/drip=1000", (504,))
        self.assert_alive()

    def test_e2_silence_before_and_in_the_body(self):
        self.assert_fails("fake/hang", (504,))
        self.assert_fails("fake/stall", (504,))
        self.assert_alive()
        assert_peak(self, self.gateway)

    def test_e2_silence_in_a_stream(self):
        begin = time.monotonic()
        for model in ("fake/tokens=20;stall=5", "anthropic-fake/tokens=20;stall=5"):
            events = self.assert_broken_stream(self.gateway.chat_stream(model))
            self.assertTrue(harness.text_of_chat_stream(events[:-1]), "the start was relayed")
        self.assertLess(time.monotonic() - begin, 16)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 5, "upstream let go")

    # E3: half-close and reset in the middle.

    def test_e3_cut_answers(self):
        for behaviour in ("rst", "half-close", "hang-up", "reset"):
            self.assert_fails("fake/" + behaviour, (502,))
            self.assert_fails("anthropic-fake/" + behaviour, (502,))

    def test_e3_cut_streams_end_with_an_error_and_no_done(self):
        for dialect in ("fake/", "anthropic-fake/"):
            for behaviour in ("rst=6", "half-close=6", "truncate", "no-end"):
                with self.subTest(dialect=dialect, behaviour=behaviour):
                    stream = self.gateway.chat_stream(f"{dialect}tokens=20;{behaviour}")
                    self.assert_broken_stream(stream)

    def test_e3_the_anthropic_surface(self):
        for behaviour in ("rst=6", "half-close=6", "truncate", "sse-error=6"):
            with self.subTest(behaviour=behaviour):
                events = self.gateway.messages_stream(
                    f"anthropic-fake/tokens=20;{behaviour}").all()
                kinds = [kind for kind, _ in events]
                self.assertNotIn("message_stop", kinds)
                self.assertEqual(kinds[-1], "error", events[-1])
                self.assertEqual(json.loads(events[-1][1])["type"], "error")

    # E4: garbage and other protocols.

    def test_e4_garbage(self):
        for behaviour in ("garbage", "garbage=1", "garbage=200000", "protocol=ssh",
                          "protocol=smtp", "protocol=tls", "protocol=http2", "protocol=http09",
                          "status-line=HTTP/1.1%20abc%20OK", "status-line=HTTP/3.7%20200%20OK",
                          "status-line=ICY%20200%20OK", "status-line=HTTP/1.1%20099%20X",
                          "bare-lf", "fold"):
            with self.subTest(behaviour=behaviour):
                self.assert_fails("fake/" + behaviour, (502, 504))
        self.assert_alive()

    # E5: chunks.

    def test_e5_bad_chunks(self):
        for behaviour in ("chunk-size=8000000000000000", "chunk-size=ffffffffffffffff",
                          "chunk-size=10000000000000000", "chunk-size=-1", "chunk-size=0x10",
                          "chunk-size=%20%205", "chunk-size=", "chunk-size=zz", "chunk-extension",
                          "chunk-no-end", "chunk-no-crlf", "length-and-chunked", "length-twice",
                          "length=-5", "length=%2B5", "length=5,6", "length=99999999999999999999",
                          "trailers=5000"):
            for stream in (False, True):
                with self.subTest(behaviour=behaviour, stream=stream):
                    model = f"fake/tokens=4;{behaviour}"
                    if not stream:
                        self.assert_fails(model, (502, 504))
                        continue
                    answer = self.gateway.chat_stream(model)
                    if behaviour in ("chunk-no-end", "trailers=5000"):
                        # All events came before the framing broke, so the end is a true one.
                        self.assertEqual(answer.all()[-1][1], "[DONE]")
                    elif answer.status == 200:
                        self.assert_broken_stream(answer)
                    else:
                        self.assertIn(answer.status, (502, 504))
                        answer.close()
        self.assert_alive()
        assert_peak(self, self.gateway)

    # E6: endless streams and bodies.

    def test_e6_an_endless_stream_is_cut_in_time(self):
        begin = time.monotonic()
        stream = self.gateway.chat_stream("fake/endless=5", max_tokens=10)
        self.assert_broken_stream(stream)
        self.assertLess(time.monotonic() - begin, 8)
        entry = self.fake.wait_for_bill(1)[0]
        self.assertTrue(entry["aborted"])

    def test_e6_an_endless_flood_is_cut_and_takes_no_memory(self):
        stream = self.gateway.chat_stream("fake/endless", max_tokens=10)
        self.assert_broken_stream(stream)
        self.assert_fails("fake/endless", (502, 504))
        assert_peak(self, self.gateway)
        self.fake.wait_for_bill(2)

    # E7: a body of 1 GiB.

    def test_e7_huge_bodies_are_cut_at_a_limit(self):
        for behaviour in ("huge", "huge-chunked"):
            self.assert_fails("fake/" + behaviour, (502, 504))
        for entry in self.fake.wait_for_bill(2):
            self.assertTrue(entry["aborted"], "the upstream was left")
        assert_peak(self, self.gateway)

    # E14: redirects.

    def test_e14_redirects_are_not_followed(self):
        for status in (301, 302, 303, 307, 308):
            self.assert_fails(f"fake/redirect={status}", (502,))
        paths = [seen["start_line"] for seen in self.fake.requests()]
        self.assertEqual(len(paths), 5)
        self.assertFalse([path for path in paths if b"redirected" in path])

    def test_e14_no_key_reaches_where_a_redirect_leads(self):
        elsewhere = harness.Fake()
        self.addCleanup(elsewhere.stop)
        for status in (301, 302, 303, 307, 308):
            for target in (f"{elsewhere.url}/v1/chat/completions", f"//127.0.0.1:{elsewhere.port}/"):
                self.fake.script("chat-upstream", [{"raw": (
                    f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
                ).encode()}])
                self.assert_fails("chat", (502,))
        self.assertEqual(elsewhere.requests(), [])

    # E16: floods of headers.

    def test_e16_header_floods(self):
        for behaviour in ("headers=10000", "header-bytes=1048576", "interim=100000"):
            self.assert_fails("fake/" + behaviour, (502,))
        answer = self.gateway.chat("fake/interim=3")
        self.assertEqual(answer.status, 200, "a few interim answers are fine")
        assert_peak(self, self.gateway)

    # E17: bytes behind the answer; an early answer.

    def test_e17_extra_bytes_end_the_connection(self):
        """Bytes that came before the next request went out must never answer it.

        What comes later cannot be told from an answer, so the late variant waits until the fake
        provider has sent everything.
        """
        for behaviour in ("extra", "extra=30"):
            for _ in range(20):
                self.fake.reset()
                answer = self.gateway.chat("fake/" + behaviour)
                self.assertEqual(answer.status, 200, answer)
                self.assertNotIn(b"unasked", answer.body)
                if "=" in behaviour:
                    self.fake.wait_for_bill(1)
                follow = self.gateway.chat("chat")
                self.assertEqual(follow.status, 200, follow)
                self.assertNotIn(b"unasked", follow.body, behaviour)

    def test_other_proper_framings_are_understood(self):
        for behaviour in ("http10", "until-close", "close", "trailers=3", "cut=1;tokens=2"):
            answer = self.gateway.chat("fake/" + behaviour)
            self.assertEqual(answer.status, 200, (behaviour, answer))
            stream = self.gateway.chat_stream("fake/" + behaviour)
            self.assertEqual(stream.all()[-1][1], "[DONE]", behaviour)


class EndlessTest(harness.GatewayTest):
    """E6 without any time-out that would help."""

    def test_e6_an_endless_flood_is_cut_at_the_output_limit(self):
        for send in (self.gateway.chat_stream, self.gateway.messages_stream):
            for dialect in ("fake/", "anthropic-fake/"):
                with self.subTest(surface=send.__name__, dialect=dialect):
                    stream = send(dialect + "endless", max_tokens=10)
                    events = stream.all()
                    self.assertIn("error", json.loads(events[-1][1]))
                    self.assertLess(len(stream.raw), 4 << 20)
        self.assertEqual(self.gateway.chat_stream("fake/tokens=200", max_tokens=200).all()[-1][1],
                         "[DONE]")

    def test_e6_an_endless_flood_is_cut_by_its_bytes(self):
        body = json.dumps({"model": "fake/endless;tokens=4000;chunk=4000", "stream": True,
                           "messages": [{"role": "user", "content": "Hello"}]}).encode()
        received, tail = 0, b""
        with self.gateway.socket(60) as client:
            client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + harness.MASTER_KEY.encode() +
                        b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            while not tail.endswith(b"0\r\n\r\n"):
                piece = client.socket.recv(1 << 20)
                self.assertTrue(piece, "the stream ended without its error event")
                received += len(piece)
                tail = (tail + piece)[-4096:]
                self.assertLess(received, 1 << 30)
        self.assertIn(b'{"error":', tail)
        self.assertNotIn(b"[DONE]", tail)
        assert_peak(self, self.gateway)
        self.fake.wait_for_bill(1)


class EarlyAnswerTest(harness.GatewayTest):
    @classmethod
    def model_list(cls):
        return [
            harness.deployment("early", "m", cls.fake.url + "/__b/early/v1", timeout=5),
            harness.deployment("early-refusal", "m", cls.fake.url + "/__b/early;status=413/v1",
                               timeout=5),
            harness.deployment("no-read", "m", cls.fake.url + "/__b/no-read/v1", timeout=2),
            harness.deployment("chat", "chat-upstream", cls.fake.url + "/v1"),
        ]

    def test_e17_early_answer(self):
        text = "x" * 8_000_000
        answer = self.gateway.chat("early-refusal", text=text)
        self.assert_error(answer, (413, 502, 504))
        answer = self.gateway.chat("early", text=text)
        self.assertIn(answer.status, (200, 502, 504), answer)
        for _ in range(5):
            follow = self.gateway.chat("chat", text="small")
            self.assertEqual(follow.status, 200, follow)

    def test_an_upstream_that_does_not_read(self):
        begin = time.monotonic()
        self.assert_error(self.gateway.chat("no-read", text="x" * 8_000_000), (502, 504))
        self.assertLess(time.monotonic() - begin, 6)
        self.assert_alive()


class UnreachableTest(harness.GatewayTest):
    """E1, and the same with another deployment to go to."""

    @classmethod
    def setUpClass(cls):
        cls.refusing = harness.RefusingPort()
        cls.addClassCleanup(cls.refusing.close)
        cls.blackhole = harness.BlackholePort()
        cls.addClassCleanup(cls.blackhole.close)
        super().setUpClass()

    @classmethod
    def model_list(cls):
        refused = f"http://127.0.0.1:{cls.refusing.port}/v1"
        silent = f"http://127.0.0.1:{cls.blackhole.port}/v1"
        good = cls.fake.url + "/v1"
        return [
            harness.deployment("refused", "m", refused),
            harness.deployment("silent", "m", silent),
            harness.deployment("refused-then-good", "m", refused, order=1),
            harness.deployment("refused-then-good", "m", good, order=2),
            harness.deployment("silent-then-good", "m", silent, order=1),
            harness.deployment("silent-then-good", "m", good, order=2),
            harness.deployment("chat", "chat-upstream", good),
        ]

    router_settings = {"num_retries": 2, "disable_cooldowns": True}

    def test_e1_refused(self):
        begin = time.monotonic()
        self.assert_error(self.gateway.chat("refused", headers={"x-litellm-num-retries": "0"}),
                          (502, 503, 504))
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(self.fake.bill(), [])

    def test_e1_blackholed(self):
        begin = time.monotonic()
        self.assert_error(self.gateway.chat("silent", headers={"x-litellm-num-retries": "0"}),
                          (502, 504))
        self.assertLess(time.monotonic() - begin, 4.5, "connecting takes at most 3 s")

    def test_e1_the_next_deployment_takes_over(self):
        for model in ("refused-then-good", "silent-then-good"):
            for send in (lambda: self.gateway.chat(model),
                         lambda: self.gateway.chat_stream(model)):
                answer = send()
                self.assertEqual(answer.status, 200, (model, answer))
                self.assertNotEqual(answer.header("x-litellm-attempted-retries"), "0")
                if isinstance(answer, harness.EventStream):
                    self.assertEqual(answer.all()[-1][1], "[DONE]")
        self.assertEqual(len(self.fake.wait_for_bill(4)), 4)


class BrokenOutputTest(harness.GatewayTest):
    """E13: after partial output there is no silent switch to another deployment."""

    router_settings = {"num_retries": 2, "disable_cooldowns": True,
                       "fallbacks": [{"breaks": ["spare"]}]}

    @classmethod
    def model_list(cls):
        good = cls.fake.url + "/v1"
        return [
            harness.deployment("breaks", "fake/tokens=20;rst=6", good),
            harness.deployment("spare", "spare-upstream", good),
            harness.deployment("chat", "chat-upstream", good),
        ]

    def test_e13_no_switch_after_the_first_byte(self):
        events = self.assert_broken_stream(self.gateway.chat_stream("breaks"))
        self.assertTrue(harness.text_of_chat_stream(events[:-1]))
        bill = self.fake.wait_for_bill(1)
        self.assertEqual([entry["model"] for entry in bill], ["fake/tokens=20;rst=6"])

    def test_e13_a_whole_answer_may_still_be_repeated(self):
        answer = self.gateway.chat("breaks")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("x-litellm-attempted-fallbacks"), "1")


class CutAnywhereTest(harness.GatewayTest):
    """A relay cuts the answer after every byte: no cut may look like a proper end."""

    @classmethod
    def setUpClass(cls):
        cls.fake = harness.Fake()
        cls.addClassCleanup(cls.fake.stop)
        cls.gate = Gate(cls.fake.port)
        cls.addClassCleanup(cls.gate.close)
        cls.gateway = harness.Gateway(cls.config())
        cls.addClassCleanup(cls.gateway.stop)

    @classmethod
    def model_list(cls):
        base = f"http://127.0.0.1:{cls.gate.port}/v1"
        return [harness.deployment("fake/*", "fake/*", base, timeout=5),
                harness.deployment("chat", "chat-upstream", base)]


    def test_every_cut_of_a_stream_is_noticed(self):
        body = json.dumps({"model": "fake/tokens=1;close", "stream": True,
                           "stream_options": {"include_usage": True},
                           "messages": [{"role": "user", "content": "Hello"}]}).encode()
        with harness.RawClient(self.fake.port) as client:
            client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d"
                        b"\r\n\r\n" % len(body) + body)
            size = len(client.read_to_end())
        self.gate.cut_at = None
        for cut in list(range(1, size, 11)) + [size - 1, size - 5]:
            self.gate.cut_at = cut
            stream = self.gateway.chat_stream("fake/tokens=1;close")
            if stream.status == 200:
                events = stream.all()
                done = "[DONE]" in [data for _, data in events]
                # [DONE] itself may have passed before the last chunk was cut.
                self.assertTrue(not done or cut >= size - 25, (cut, size, events))
            else:
                self.assertIn(stream.status, (502, 504))
                stream.close()
        self.gate.cut_at = None
        self.assertEqual(self.gateway.chat_stream("fake/tokens=1").all()[-1][1], "[DONE]")


if __name__ == "__main__":
    unittest.main()
