"""Rows F14-F16 of faults.md and the JSON suite: every place where JSON from outside is read."""

import json
import pathlib
import re
import unittest

from support import SANITIZED, assert_peak, harness

SUITE = harness.SHARED_DATA / "JSONTestSuite" / "test_parsing"
TABLE = harness.ROOT / "src" / "json" / "README.md"
PATH = "/v1/chat/completions"
REPLY = (b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,'
         b'"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],'
         b'"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"x_unknown":')
EVENT = (b'{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":'
         b'[{"index":0,"delta":{"content":"Hello"}}],"x_unknown":')


def wrapped(document, model=b"chat"):
    """A chat request with `document` as the value of an unknown member."""
    return (b'{"model":"' + model + b'","messages":[{"role":"user","content":"Hello"}],"x_unknown":'
            + document + b"}")


def http(content_type, body):
    return (b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type + b"\r\nContent-Length: %d\r\n\r\n"
            % len(body) + body)


def files(prefix, count):
    found = sorted(SUITE.glob(prefix + "_*.json"))
    assert len(found) == count, len(found)
    return found


def free_documents():
    """(document, accepted) by the written table."""
    table = dict(re.findall(r"\| `(i_\S+?\.json)` \| (accept|refuse) \|", TABLE.read_text()))
    found = files("i", 35)
    assert set(table) == {file.name for file in found}
    return [(file, table[file.name] == "accept") for file in found]


class JsonSuiteTest(harness.GatewayTest):
    """95 documents are accepted, 188 refused, 35 by the table, wherever a body is parsed."""

    fake_options = ("--record", "1")
    extra_config = {"litellm_settings": {"drop_params": True}}

    def requests(self, document):
        """(path, body, passes through) for each surface and each way through it."""
        tail = b',"x_unknown":' + document + b"}"
        messages = b'"messages":[{"role":"user","content":"Hello"}]'
        yield PATH, b'{"model":"chat",' + messages + tail, True
        yield PATH, b'{"model":"claude",' + messages + tail, False
        yield "/v1/messages", b'{"model":"claude","max_tokens":9,' + messages + tail, True
        yield "/v1/messages", b'{"model":"chat","max_tokens":9,' + messages + tail, False
        yield "/v1/messages/count_tokens", b'{"model":"claude",' + messages + tail, True
        yield "/v1/messages/count_tokens", b'{"model":"chat",' + messages + tail, None
        yield "/v1/completions", b'{"model":"chat","prompt":"Once"' + tail, True
        yield "/v1/completions", b'{"model":"claude","prompt":"Once"' + tail, False
        yield "/v1/embeddings", b'{"model":"chat","input":"Once"' + tail, True

    def check_requests(self, file, accepted):
        document = file.read_bytes()
        for path, body, passes in self.requests(document):
            with self.subTest(file=file.name, path=path, passes=passes):
                answer = self.gateway.post(path, body)
                if not accepted:
                    self.assert_error(answer, 400)
                    continue
                self.assertEqual(answer.status, 200, answer)
                if passes:
                    self.assertTrue(self.fake.requests()[-1]["body"].endswith(
                        b'"x_unknown":' + document + b"}"))

    def test_valid_documents_are_accepted_and_pass_untouched(self):
        for file in files("y", 95):
            self.check_requests(file, True)

    def test_free_documents_follow_the_table(self):
        for file, accepted in free_documents():
            self.check_requests(file, accepted)

    def test_invalid_documents_are_refused(self):
        for file in files("n", 188):
            self.check_requests(file, False)
            document = file.read_bytes()
            for path in (PATH, "/v1/messages", "/v1/messages/count_tokens", "/v1/embeddings",
                         "/v1/completions", "/openai/deployments/chat/chat/completions"):
                with self.subTest(file=file.name, path=path):
                    self.assert_error(self.gateway.post(path, document), 400)
        self.assertEqual(self.fake.bill(), [], "nothing went upstream")


class JsonSuiteUpstreamTest(harness.GatewayTest):
    """The same for what providers answer: whole replies and the events of streams."""

    def answer(self, body):
        self.fake.script("chat-upstream", [{"raw": http(b"application/json", body)}])
        return self.gateway.chat("chat")

    def check(self, file, accepted):
        document = file.read_bytes()
        with self.subTest(file=file.name):
            answer = self.answer(REPLY + document + b"}")
            if accepted:
                self.assertEqual(answer.status, 200, answer)
                self.assertTrue(answer.body.endswith(b'"x_unknown":' + document + b"}"))
            else:
                self.assert_error(answer, 502)
            if accepted and (b"\n" in document or b"\r" in document):
                return  # takes several data lines
            event = b"data: " + EVENT + document + b"}\n\ndata: [DONE]\n\n"
            self.fake.script("chat-upstream", [{"raw": http(b"text/event-stream", event)}])
            stream = self.gateway.chat_stream("chat")
            if accepted:
                self.assertEqual(stream.all()[-1][1], "[DONE]")
                self.assertIn(b'"x_unknown":' + document + b"}", stream.raw)
            elif stream.status == 200:
                self.assert_broken_stream(stream)
            else:
                self.assertEqual(stream.status, 502)
                stream.close()

    def test_valid_replies(self):
        for file in files("y", 95):
            self.check(file, True)

    def test_free_replies(self):
        for file, accepted in free_documents():
            self.check(file, accepted)

    def test_invalid_replies(self):
        for file in files("n", 188):
            self.check(file, False)
            with self.subTest(file=file.name, alone=True):
                self.assert_error(self.answer(file.read_bytes()), 502)


class HardJsonTest(harness.GatewayTest):
    LIMIT = 0.2 if SANITIZED else 0.010  # seconds of processor time

    def cpu_seconds(self):
        """As the scheduler counts it, in nanoseconds."""
        tasks = pathlib.Path(f"/proc/{self.gateway.program.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def cpu_per_request(self, body, status, count=10):
        before = self.cpu_seconds()
        for _ in range(count):
            answer = self.gateway.post(PATH, body)
            self.assertEqual(answer.status, status, (body[:60], answer))
        return (self.cpu_seconds() - before) / count

    def test_f14_deep_and_wide_documents_are_refused_cheaply(self):
        for body in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000,
                     wrapped(b"[" * 100_000 + b"]" * 100_000),
                     b'{"model":"chat","messages":' + b"[" * 100_000):
            self.assertLess(self.cpu_per_request(body, 400), self.LIMIT, body[:30])
        self.assert_alive()
        assert_peak(self, self.gateway)

    def test_f14_a_million_keys_and_long_numbers(self):
        many = b"{" + b",".join(b'"k%d":1' % number for number in range(1_000_000)) + b"}"
        for document in (many, b"1e400", b"1" * 100, b"-" + b"9" * 100, b"0." + b"1" * 100_000):
            answer = self.gateway.post(PATH, wrapped(document))
            self.assertIn(answer.status, (200, 400), answer)
        for member in (b'"max_tokens":1e400', b'"max_tokens":' + b"9" * 100, b'"n":1e400',
                       b'"max_tokens":-1', b'"temperature":1e400'):
            for model in (b"chat", b"claude"):
                answer = self.gateway.post(
                    PATH, b'{"model":"' + model +
                    b'","messages":[{"role":"user","content":"Hello"}],' + member + b"}")
                self.assertIn(answer.status, (200, 400), (member, answer))
        self.assert_alive()
        assert_peak(self, self.gateway)

    def test_f15_a_doubled_model_is_never_rechosen(self):
        tail = b',"messages":[{"role":"user","content":"Hello"}]}'
        for head in (b'{"model":"chat","model":"claude"', b'{"model":"chat","Model":"claude"',
                     b'{"MODEL":"claude","model":"chat"', b'{"model":"chat","\\u006dodel":"claude"',
                     b'{"\\u006dodel":"claude","model":"chat"',
                     b'{"model":"chat","stream":false,"stream":true'):
            self.fake.reset()
            answer = self.gateway.post(PATH, head + tail)
            if answer.status == 200:
                seen = self.fake.requests()[-1]
                self.assertIn(b"/v1/chat/completions", seen["start_line"])
                self.assertEqual(json.loads(seen["body"])["model"], "chat-upstream", head)
                self.assertFalse(json.loads(seen["body"]).get("stream"), head)
            else:
                self.assert_error(answer, 400)

    def test_f15_strange_but_valid_text_passes_untouched(self):
        for text in (b"\\ud800", b"\\udc00\\ud800", b"a\\u0000b", b"\\uDBFF\\uDFFF", b"\\u202e"):
            body = (b'{"model":"chat","messages":[{"role":"user","content":"' + text + b'"}]}')
            answer = self.gateway.post(PATH, body)
            self.assertEqual(answer.status, 200, (text, answer))
            self.assertIn(b'"content":"' + text + b'"', self.fake.requests()[-1]["body"])

    def test_f16_invalid_utf8_is_refused(self):
        for text in (b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\x80",
                     b"\xbf", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80",
                     b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff",
                     b"\xc3\x28", b"\xe2\x28\xa1"):
            for body in (
                    b'{"model":"chat","messages":[{"role":"user","content":"' + text + b'"}]}',
                    b'{"model":"chat' + text + b'","messages":[]}',
                    b'{"model":"chat","' + text + b'":1,"messages":[]}'):
                self.assert_error(self.gateway.post(PATH, body), 400)
        self.assertEqual(self.fake.bill(), [])


if __name__ == "__main__":
    unittest.main()
