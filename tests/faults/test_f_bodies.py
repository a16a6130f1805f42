"""Rows F13, F17, F20, F22 of faults.md: what a client sends as body and headers."""

import gzip
import json
import re
import unittest

from support import assert_peak, harness

PATH = "/v1/chat/completions"


def wrapped(document):
    """A chat request with `document` as the value of an unknown member."""
    return (b'{"model":"chat","messages":[{"role":"user","content":"Hello"}],"x_unknown":'
            + document + b"}")


class CodedBodyTest(harness.GatewayTest):
    def test_f17_coded_bodies_are_refused(self):
        bomb = gzip.compress(b" " * (64 << 20))
        for coding in ("gzip", "deflate", "br", "zstd", "x-made-up", "gzip, gzip"):
            answer = self.gateway.post(PATH, bomb, headers={"Content-Encoding": coding})
            self.assert_error(answer, (400, 413, 415))
        answer = self.gateway.post(PATH, wrapped(b"1"), headers={"Content-Encoding": "identity"})
        self.assertEqual(answer.status, 200)
        assert_peak(self, self.gateway)


class BodyLimitTest(harness.GatewayTest):
    extra_config = {"server": {"max_body_bytes": 1 << 20}}
    LIMIT = 1 << 20

    def body(self, size):
        head = b'{"model":"chat","messages":[{"role":"user","content":"'
        tail = b'"}]}'
        return head + b"x" * (size - len(head) - len(tail)) + tail

    def test_f13_by_length(self):
        for delta in (-1, 0):
            self.assertEqual(self.gateway.post(PATH, self.body(self.LIMIT + delta)).status, 200)
        with self.gateway.socket() as client:
            client.send(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + harness.MASTER_KEY.encode() +
                        b"\r\nContent-Length: %d\r\n\r\n" % (self.LIMIT + 1))
            # Refused by its length, before a byte of the body.
            status, _, body = client.read_response()
            self.assertEqual(status, 413)
            self.assertEqual(json.loads(body)["error"]["code"], "413")
            self.assertTrue(client.closed_by_peer())
        self.assertEqual(len(self.fake.bill()), 2)

    def chunked(self, size, chunk):
        body = self.body(size)
        out = b""
        for at in range(0, size, chunk):
            piece = body[at:at + chunk]
            out += b"%x\r\n" % len(piece) + piece + b"\r\n"
        return out + b"0\r\n\r\n"

    def send_chunked(self, data):
        with self.gateway.socket() as client:
            client.send(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + harness.MASTER_KEY.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                client.send(data)
            except ConnectionError:
                pass
            return client.read_response()[0]

    def test_f13_chunked(self):
        for chunk in (1000, 65536):
            self.assertEqual(self.send_chunked(self.chunked(self.LIMIT - 1, chunk)), 200)
            self.assertEqual(self.send_chunked(self.chunked(self.LIMIT, chunk)), 200)
            self.assertEqual(self.send_chunked(self.chunked(self.LIMIT + 1, chunk)), 413)
        self.assertEqual(self.send_chunked(b"7fffffffffffffff\r\n" + self.body(self.LIMIT + 1)), 413)

    def test_f13_floods_of_tiny_chunks(self):
        self.assertEqual(self.send_chunked(self.chunked(100_000, 1)), 200)
        self.assert_alive()
        assert_peak(self, self.gateway)


class HeaderFloodTest(harness.GatewayTest):
    def head(self, fields):
        return (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                harness.MASTER_KEY.encode() + b"\r\n" + fields + b"\r\n")

    def status_of(self, data):
        with self.gateway.socket() as client:
            try:
                client.send(data)
            except ConnectionError:
                pass
            status, _, body = client.read_response()
            if status >= 400:
                self.assertIn("error", json.loads(body))
                self.assertTrue(client.closed_by_peer())
            return status

    def test_f22_count(self):
        # Host and Authorization are two of the hundred.
        fields = [b"x-%d: v\r\n" % number for number in range(99)]
        self.assertEqual(self.status_of(self.head(b"".join(fields[:98]))), 200)
        self.assertEqual(self.status_of(self.head(b"".join(fields[:99]))), 431)
        self.assertEqual(self.status_of(self.head(b"x: v\r\n" * 1000)), 431)

    def test_f22_size(self):
        empty = len(self.head(b"x: \r\n"))
        self.assertEqual(self.status_of(self.head(b"x: " + b"v" * (32768 - empty) + b"\r\n")), 200)
        self.assertEqual(self.status_of(self.head(b"x: " + b"v" * (32769 - empty) + b"\r\n")), 431)
        self.assertEqual(self.status_of(self.head(b"x: " + b"v" * 2_000_000 + b"\r\n")), 431)
        self.assertEqual(self.status_of(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"), 414)
        assert_peak(self, self.gateway)


class LogForgingTest(harness.GatewayTest):
    """F20: whatever arrives, a log line is one JSON object with no raw control characters."""

    extra_config = {"log": {"level": "debug"}}

    def test_f20_no_forged_lines(self):
        evil = ["\r\n{\"level\":\"info\",\"forged\":true}", "\x1b[31mred\x1b[0m", "a\x00b",
                "\u202ereversed", "\u2028line", "\x85next", "\x7f", "\x9b31m"]
        naughty = json.loads((harness.SHARED_DATA / "big-list-of-naughty-strings" / "blns.json")
                             .read_text(encoding="utf-8"))
        start = len(self.gateway.program.lines)
        for text in evil + naughty:
            self.gateway.chat(text, text=text, user=text)
            self.gateway.chat("fake/status=500", text=text)
            self.gateway.post(PATH, {"model": "chat", "messages": [
                {"role": "user", "name": text, "content": text}]})
            raw = text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
            for target, field in ((b"/v1/models", raw), (b"/" + raw.replace(b" ", b""), b"x")):
                with self.gateway.socket() as client:
                    client.send(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nUser-Agent: " + field +
                                b"\r\nx-litellm-trace-id: " + field + b"\r\nConnection: close\r\n"
                                b"Authorization: Bearer sk-" + field + b"\r\n\r\n")
                    client.read_to_end()
        self.fake.script("chat-upstream",
                         ["status=500;message=%0d%0a%7b%22forged%22:true%7d%1b%5b31m"])
        answer = self.gateway.chat("chat")
        self.assertNotIn("\x1b", answer.body.decode())
        self.assert_alive()
        for line in self.gateway.program.lines[start:]:
            self.assertFalse(re.search(r"[\x00-\x08\x0a-\x1f\x7f\u202a-\u202e\u2066-\u2069]", line),
                             repr(line))
            record = json.loads(line)
            self.assertNotIn("forged", record)

    def test_logs_hold_no_secrets_and_no_prompts(self):
        secret = "prompt-canary-8d1f0c"
        self.gateway.chat("chat", text=secret)
        self.gateway.chat("fake/status=500;message=" + secret)
        self.gateway.chat("chat", headers={"Authorization": "Bearer sk-client-canary-77aa66bb55"})
        text = self.gateway.program.output()
        for canary in (harness.MASTER_KEY, harness.UPSTREAM_KEY, harness.UPSTREAM_KEY[-16:],
                       "sk-client-canary-77aa66bb55"):
            self.assertNotIn(canary, text)
        metrics = self.gateway.get("/metrics").body.decode()
        self.assertNotIn(secret, metrics.replace("message=" + secret, ""))


if __name__ == "__main__":
    unittest.main()
