"""The fake provider itself: a test double that lies about its lies proves nothing."""

import json
import socket
import time
import unittest

import harness


def ask(model, **members):
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], **members}


class FakeProviderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = harness.Fake()
        cls.addClassCleanup(cls.fake.stop)

    def setUp(self):
        self.fake.reset()

    def chat(self, model, **members):
        return self.fake.post("/v1/chat/completions", ask(model, **members))

    def raw_chat(self, model, limit=2.0, **members):
        body = json.dumps(ask(model, **members)).encode()
        with self.fake.socket(limit) as client:
            client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                        % len(body) + body)
            return client.read_to_end()

    def test_bills_what_it_answers(self):
        answer = self.chat("fake/tokens=7;reasoning=2;cached=3").json()
        bill = self.fake.wait_for_bill(1)
        self.assertEqual(answer["usage"]["completion_tokens"], 9)
        self.assertEqual(bill[0]["completion_tokens"], 9)
        plain = answer["usage"]["prompt_tokens"] - 3
        self.assertEqual(bill[0]["cost_nano_usd"], plain * 1000 + 3 * 500 + 9 * 2000)
        self.assertIn(bill[0]["id"], answer["id"])

    def test_streams_at_the_pace_asked_for(self):
        begin = time.monotonic()
        stream = self.fake.stream("/v1/chat/completions", ask("fake/tokens=10;tps=50", stream=True))
        events = stream.all()
        self.assertGreaterEqual(time.monotonic() - begin, 0.19)
        self.assertEqual(events[-1][1], "[DONE]")
        self.assertTrue(stream.clean_end)
        self.assertEqual(len(harness.text_of_chat_stream(events)), 40)

    def test_bills_an_aborted_stream_by_what_was_delivered(self):
        stream = self.fake.stream("/v1/chat/completions",
                                  ask("fake/tokens=1000;tps=50", stream=True))
        for _, data in stream.events():
            if '"content":"' in data and '"content":""' not in data:
                break
        stream.close()
        entry = self.fake.wait_for_bill(1)[0]
        self.assertTrue(entry["aborted"])
        self.assertTrue(1 <= entry["completion_tokens"] < 100, entry)

    def test_scripts_are_worked_off_in_order(self):
        self.fake.script("m", ["status=500", {"do": "status=429;retry-after=7"}, {"body": "{}"}],
                         then="status=418")
        answers = [self.chat("m") for _ in range(5)]
        self.assertEqual([one.status for one in answers], [500, 429, 200, 418, 418])
        self.assertEqual(answers[1].header("retry-after"), "7")
        self.assertEqual(answers[2].body, b"{}")

    def test_scripted_bytes_are_sent_as_they_are(self):
        self.fake.script("m", [{"raw": b"\x00\xff not http", "do": "close"}])
        self.assertEqual(self.raw_chat("m"), b"\x00\xff not http")

    def test_records_what_it_received(self):
        self.fake.post("/v1/chat/completions", b'{"model": "m"  }', headers={"X-Odd": "\xe9"})
        seen = self.fake.requests()[0]
        self.assertEqual(seen["body"], b'{"model": "m"  }')
        self.assertIn((b"X-Odd", b"\xe9"), seen["headers"])
        self.assertEqual(seen["start_line"], b"POST /v1/chat/completions HTTP/1.1")

    def test_behaviours_by_header_and_path(self):
        by_header = self.fake.post("/v1/chat/completions", ask("m"),
                                   headers={"x-fake-behaviour": "status=503"})
        by_path = self.fake.post("/__b/status=502/v1/chat/completions", ask("m"))
        self.assertEqual([by_header.status, by_path.status], [503, 502])

    def test_connection_faults(self):
        self.assertEqual(self.raw_chat("fake/hang-up"), b"")
        self.assertTrue(self.raw_chat("fake/protocol=ssh;half-close").startswith(b"SSH-2.0"))
        with self.assertRaises(socket.timeout):
            self.raw_chat("fake/hang", limit=0.3)
        stalled = self.fake.stream("/v1/chat/completions", ask("fake/stall=3", stream=True),
                                   timeout=0.3)
        seen = []
        with self.assertRaises(socket.timeout):
            for event in stalled.events():
                seen.append(event)
        self.assertEqual(len(seen), 3)
        stalled.close()

    def test_broken_streams_show_in_the_framing(self):
        for behaviour in ("rst=3", "half-close=3", "chunk-no-end"):
            stream = self.fake.stream("/v1/chat/completions", ask("fake/" + behaviour, stream=True))
            stream.all()
            self.assertFalse(stream.clean_end, behaviour)

    def test_sse_cuts_do_not_change_the_stream(self):
        whole = self.fake.stream("/v1/chat/completions", ask("fake/tokens=2", stream=True))
        expected = [json.loads(data)["choices"] for _, data in whole.all() if data != "[DONE]"]
        for at in range(1, 200, 37):
            cut = self.fake.stream("/v1/chat/completions",
                                   ask(f"fake/tokens=2;cut-at={at}", stream=True))
            got = [json.loads(data)["choices"] for _, data in cut.all() if data != "[DONE]"]
            self.assertEqual(got, expected, at)

    def test_bad_framing_reaches_the_wire(self):
        cases = {
            "chunk-size=8000000000000000": b"\r\n\r\n8000000000000000\r\n",
            "chunk-size=-1": b"\r\n\r\n-1\r\n",
            "length=-5;close": b"content-length: -5\r\n",
            "length-twice;close": b"content-length: ",
            "status-line=HTTP/1.1%20abc;close": b"HTTP/1.1 abc\r\n",
            "bare-lf;close": b"HTTP/1.1 200 OK\ndate:",
            "headers=500;close": b"x-filler-499: value\r\n",
            "interim=3;close": b"HTTP/1.1 103 Early Hints\r\n",
        }
        for behaviour, expected in cases.items():
            with self.fake.socket(2.0) as client:
                body = json.dumps(ask("fake/" + behaviour)).encode()
                client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                            b"Content-Length: %d\r\n\r\n" % len(body) + body)
                client.read_until(expected)




class BillTest(unittest.TestCase):
    def test_a_bill_keeps_as_many_calls_as_it_was_told(self):
        fake = harness.Fake("--bill", "3")
        self.addCleanup(fake.stop)
        for _ in range(5):
            self.assertEqual(fake.post("/v1/chat/completions", ask("fake/tokens=1")).status, 200)
        harness.wait_for(lambda: fake.stats()["in_flight"] == 0, what="quiet upstream")
        bill = fake.get("/__bill").json()
        self.assertEqual(len(bill["entries"]), 3)
        self.assertEqual(bill["totals"]["calls"], 5)


if __name__ == "__main__":
    unittest.main()
