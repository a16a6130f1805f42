"""Rows F18 and F19 of faults.md: ambiguous framing and ambiguous targets."""

import unittest

from support import harness

BODY = b'{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
KEY = b"Authorization: Bearer " + harness.MASTER_KEY.encode() + b"\r\n"
START = b"POST /v1/chat/completions HTTP/1.1\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED_BODY = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"


def post(fields, body=BODY, start=START, host=b"Host: x\r\n"):
    return start + host + KEY + fields + b"\r\n" + body


def framing_cases():
    """(name, bytes) of requests that must be refused."""
    both = b"Transfer-Encoding: chunked\r\n"
    yield "CL and TE", post(LENGTH + both, CHUNKED_BODY)
    yield "TE and CL", post(both + LENGTH, CHUNKED_BODY)
    yield "CL 0 and TE", post(b"Content-Length: 0\r\n" + both, CHUNKED_BODY)
    yield "two lengths", post(LENGTH + b"Content-Length: 1\r\n")
    yield "two equal lengths", post(LENGTH + LENGTH)
    yield "length list", post(b"Content-Length: 5, 5\r\n")
    yield "length list of two", post(b"Content-Length: %d, 1\r\n" % len(BODY))
    for value in (b"+1", b"-1", b"0x10", b"1e1", b"1 1", b"", b" ", b"1.0", b"1_0", b"\xb2",
                  b"18446744073709551616", b"99999999999999999999999", b"1;", b"\"5\"", b"5\x00",
                  b"5\x0b", b"None", b"0x", b"1\t1"):
        yield f"length {value!r}", post(b"Content-Length: " + value + b"\r\n")
    for name in (b"Content-Length ", b"Content-Length\t", b" Content-Length", b"Content_Length",
                 b"Content-Length\x00", b"Content-Length\x0b", b"Content Length", b"Content-Len\xe9th",
                 b"\x01Content-Length", b"Content-Length:"):
        yield f"name {name!r}", post(name + b": 5\r\n", b"12345" + SMUGGLED)
    for value in (b"chunked, chunked", b"chunked, identity", b"identity, chunked", b"identity",
                  b"gzip", b"gzip, chunked", b"chunked;q=1", b"\"chunked\"", b"chunke", b"xchunked",
                  b"chunked\x00", b"\x0bchunked", b"chunked\x0b", b"chun\xc7ed", b"", b"x",
                  b"chunked, ", b", chunked", b"chunked chunked"):
        yield f"coding {value!r}", post(b"Transfer-Encoding: " + value + b"\r\n", CHUNKED_BODY)
    yield "two codings", post(both + both, CHUNKED_BODY)
    yield "two different codings", post(both + b"Transfer-Encoding: x\r\n", CHUNKED_BODY)
    for name in (b"Transfer-Encoding ", b"Transfer-Encoding\t", b" Transfer-Encoding",
                 b"\tTransfer-Encoding", b"Transfer-Encoding\x00", b"Transfer\xadEncoding",
                 b"Transfer_Encoding"):
        yield f"name {name!r}", post(name + b": chunked\r\n", CHUNKED_BODY)
    yield "coding in HTTP/1.0", post(both, CHUNKED_BODY,
                                     START.replace(b"HTTP/1.1", b"HTTP/1.0"))


def chunk_cases():
    both = b"Transfer-Encoding: chunked\r\n"
    size = b"%x" % len(BODY)
    for name, body in (
            ("LF after size", size + b"\n" + BODY + b"\r\n0\r\n\r\n"),
            ("CR after size", size + b"\r" + BODY + b"\r\n0\r\n\r\n"),
            ("LF after data", size + b"\r\n" + BODY + b"\n0\r\n\r\n"),
            ("no CRLF after data", size + b"\r\n" + BODY + b"0\r\n\r\n"),
            ("two bytes too many", size + b"\r\n" + BODY + b"xx\r\n0\r\n\r\n"),
            ("LF after last", size + b"\r\n" + BODY + b"\r\n0\n\n"),
            ("size with sign", b"+" + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("negative size", b"-" + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("size with 0x", b"0x" + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("size with space before", b" " + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("size with space behind", size + b" \r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("size with tab", size + b"\t\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("empty size", b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("size of 17 digits", b"10000000000000000\r\n" + BODY),
            ("2^64 wraps", b"1000000000000003f\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("underscore", size[:1] + b"_" + size[1:] + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("letters", b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("LF in extension", size + b";a\nb\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("CR in extension", size + b";a\rb\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("NUL in extension", size + b";a\x00b\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("long extension", size + b";" + b"e" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
            ("bad trailer", size + b"\r\n" + BODY + b"\r\n0\r\nno colon\r\n\r\n"),
            ("trailer with a bare LF", size + b"\r\n" + BODY + b"\r\n0\r\na: b\nc: d\r\n\r\n"),
            ("folded trailer", size + b"\r\n" + BODY + b"\r\n0\r\na: b\r\n c\r\n\r\n"),
            ("trailer with space before colon", size + b"\r\n" + BODY + b"\r\n0\r\na : b\r\n\r\n"),
            ("many trailers", size + b"\r\n" + BODY + b"\r\n0\r\n" + b"a: b\r\n" * 5000 + b"\r\n"),
    ):
        yield name, post(both, body)


def line_cases():
    good = LENGTH
    yield "bare LF everywhere", post(good).replace(b"\r\n", b"\n")
    yield "bare LF after start", post(good).replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n", 1)
    yield "bare LF after a field", post(b"A: b\n" + good)
    yield "bare CR after a field", post(b"A: b\r" + good)
    yield "bare CR in a value", post(b"A: b\rc\r\n" + good)
    yield "NUL in a value", post(b"A: b\x00c\r\n" + good)
    yield "folded field", post(b"A: b\r\n c\r\n" + good)
    yield "folded field with a tab", post(b"A: b\r\n\tc\r\n" + good)
    yield "folded coding", post(b"Transfer-Encoding:\r\n chunked\r\n", CHUNKED_BODY)
    yield "field without colon", post(b"no colon here\r\n" + good)
    yield "empty name", post(b": b\r\n" + good)
    yield "space in a name", post(b"a b: c\r\n" + good)
    yield "LF CR", post(good).replace(b"\r\n", b"\n\r")
    yield "CR CR LF", post(good).replace(b"\r\n", b"\r\r\n")
    yield "field before Host folded into start", START + b" Host: x\r\n" + KEY + good + b"\r\n" + BODY
    for line in (b"POST  /v1/chat/completions HTTP/1.1\r\n", b"POST /v1/chat/completions  HTTP/1.1\r\n",
                 b" POST /v1/chat/completions HTTP/1.1\r\n", b"POST\t/v1/chat/completions HTTP/1.1\r\n",
                 b"POST /v1/chat/completions\tHTTP/1.1\r\n", b"POST /v1/chat/completions\r\n",
                 b"POST /v1/chat/completions HTTP/1.1 \r\n", b"POST /v1/chat/completions HTTP/1.1x\r\n",
                 b"POST /v1/chat/completions HTTP/1.10\r\n", b"POST /v1/chat/completions HTTP/01.1\r\n",
                 b"POST /v1/chat/completions http/1.1\r\n", b"POST /v1/chat/completions HTTP/2.0\r\n",
                 b"POST /v1/chat/completions HTTP/0.9\r\n", b"POST /v1/chat/completions HTTP/1,1\r\n",
                 b"P\x00ST /v1/chat/completions HTTP/1.1\r\n", b"PO(ST /v1/chat/completions HTTP/1.1\r\n",
                 b"POST /v1/chat completions HTTP/1.1\r\n", b"POST HTTP/1.1\r\n", b"\x00\r\n",
                 b"PRI * HTTP/2.0\r\n"):
        yield f"start line {line!r}", post(good, start=line)


def target_cases():
    for target in (b"//v1/chat/completions", b"/v1//chat/completions", b"/v1/../v1/chat/completions",
                   b"/v1/./chat/completions", b"/v1/chat/completions/..", b"/v1/chat%2fcompletions",
                   b"/v1/chat%2Fcompletions", b"/v1/%2e%2e/v1/chat/completions", b"/%2e/v1/models",
                   b"/v1/chat/completions%00", b"/v1\\chat\\completions", b"/v1/chat/completions#x",
                   b"v1/chat/completions", b"/v1/%zz", b"/v1/%", b"/v1/%1", b"/v1/chat/comple\x00tions",
                   b"/v1/chat/comple\xe9tions", b"/v1/\x7f", b"/v1/chat/completions\x0b", b"*", b"",
                   b"http://", b"http:///v1/models", b"http://x@y/v1/models", b"ftp://x/v1/models",
                   b"http://other/v1/chat/completions", b"/v1/..%2fadmin", b"/.", b"/.."):
        yield f"target {target!r}", post(LENGTH, start=b"POST " + target + b" HTTP/1.1\r\n")
    for host in (b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nHost: y\r\n", b"Host: x/y\r\n",
                 b"Host: x?y\r\n", b"Host: x#y\r\n", b"Host: x@y\r\n", b"Host: x y\r\n",
                 b"Host : x\r\n", b"Host: x,y\r\n", b"Host: x\x00\r\n", b"Host: x:abc\r\n",
                 b"Host: x:99999\r\n", b"Host: [::1\r\n", b"Host: \xe9\r\n", b"Host: x\\y\r\n",
                 b"Host: x;y\r\n", b"Host: x%00\r\n"):
        yield f"host {host!r}", post(LENGTH, host=host)


class SmugglingTest(harness.GatewayTest):
    fake_options = ("--record", "1000")

    def check_refused(self, cases, statuses=(400,)):
        count = 0
        for name, data in cases:
            count += 1
            with self.subTest(case=name):
                calls = len(self.fake.bill())
                with self.gateway.socket(5) as client:
                    # A second request behind it must not be looked at either.
                    try:
                        client.send(data + post(LENGTH))
                    except ConnectionError:
                        pass
                    answer = client.read_to_end()
                    heads = answer.count(b"HTTP/1.1 ")
                    self.assertEqual(heads, 1, answer[:300])
                    status = int(answer.split(b" ", 2)[1])
                    self.assertIn(status, statuses, answer[:300])
                self.assertEqual(len(self.fake.bill()), calls, "something went upstream")
        self.assert_alive()
        return count

    def test_f18_framing(self):
        self.assertGreater(self.check_refused(framing_cases(), (400, 411, 501)), 50)

    def test_f18_chunks(self):
        self.assertGreater(self.check_refused(chunk_cases(), (400, 413, 431)), 25)

    def test_f18_lines(self):
        self.assertGreater(self.check_refused(line_cases(), (400, 505)), 30)

    def test_f18_trailers_have_no_power(self):
        for trailer in (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: other",
                        KEY.strip()):
            data = post(b"Transfer-Encoding: chunked\r\n",
                        CHUNKED_BODY[:-2] + trailer + b"\r\n\r\n").replace(KEY, b"", 1)
            with self.gateway.socket() as client:
                client.send(data)
                self.assertIn(client.read_response()[0], (400, 401), trailer)
        self.assertEqual(self.fake.bill(), [])

    def test_f18_number_of_cases(self):
        self.assertGreaterEqual(
            sum(1 for cases in (framing_cases(), chunk_cases(), line_cases()) for _ in cases), 120)

    def test_f19_targets_and_hosts(self):
        self.assertGreater(self.check_refused(target_cases()), 40)

    def test_f18_a_body_on_get_is_framed_and_not_taken_for_a_request(self):
        with self.gateway.socket() as client:
            client.send(post(b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED,
                             b"GET /v1/models HTTP/1.1\r\n") +
                        post(b"", b"", b"GET /health/liveliness HTTP/1.1\r\n"))
            first = client.read_response()
            self.assertIn(first[0], (200, 400))
            if first[0] == 200:
                self.assertEqual(client.read_response()[2], b'"I\'m alive!"')
            else:
                self.assertTrue(client.closed_by_peer())

    def test_f18_expect(self):
        with self.gateway.socket() as client:
            client.send(post(LENGTH + b"Expect: 100-continue\r\n", b""))
            self.assertTrue(client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100"))
            client.send(BODY)
            self.assertEqual(client.read_response()[0], 200)
        with self.gateway.socket() as client:
            client.send(post(LENGTH + b"Expect: something-else\r\n"))
            self.assertIn(client.read_response()[0], (400, 417))

    def test_f18_pipelining_keeps_the_order(self):
        requests = b""
        for number in range(20):
            body = BODY.replace(b"Hello", b"Hello %02d" % number).replace(b"chat", b"fake/echo")
            requests += post(b"Content-Length: %d\r\n" % len(body), body)
        with self.gateway.socket() as client:
            client.send(requests)
            for number in range(20):
                status, _, body = client.read_response()
                self.assertEqual(status, 200)
                self.assertIn(b"Hello %02d" % number, body)

    def test_f18_requests_cut_at_every_byte(self):
        data = post(b"Transfer-Encoding: chunked\r\n",
                    b"5;x=y\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:] +
                    b"\r\n0\r\nx-trailer: v\r\n\r\n")
        with self.gateway.socket() as client:
            for cut in range(1, len(data), 7):
                client.send(data[:cut])
                client.send(data[cut:])
                self.assertEqual(client.read_response()[0], 200, cut)
            for at in range(len(data)):
                client.send(data[at:at + 1])
            self.assertEqual(client.read_response()[0], 200)

    def test_good_requests_are_not_refused(self):
        host = b"127.0.0.1:%d" % self.gateway.port
        for name, data in (
                ("lower case", post(LENGTH.lower())),
                ("no space", post(LENGTH.replace(b": ", b":"))),
                ("white space around", post(LENGTH.replace(b": ", b": \t ").replace(b"\r", b" \r"))),
                ("leading zeros", post(LENGTH.replace(b": ", b": 00"))),
                ("upper case coding", post(b"Transfer-Encoding: Chunked\r\n", CHUNKED_BODY)),
                ("upper case size", post(b"Transfer-Encoding: chunked\r\n", CHUNKED_BODY.upper()
                                         .replace(BODY.upper(), BODY))),
                ("host with port", post(LENGTH, host=b"Host: " + host + b"\r\n")),
                ("IPv6 host", post(LENGTH, host=b"Host: [::1]:80\r\n")),
                ("absolute form", post(LENGTH, start=b"POST http://" + host +
                                       b"/v1/chat/completions HTTP/1.1\r\n",
                                       host=b"Host: " + host + b"\r\n")),
                ("query", post(LENGTH, start=b"POST /v1/chat/completions?a=b%20c HTTP/1.1\r\n")),
                ("HTTP/1.0", post(LENGTH, start=START.replace(b"1.1", b"1.0"))),
                ("empty line first", b"\r\n" + post(LENGTH)),
                ("underscores", post(b"X_Under: v\r\n" + LENGTH)),
                ("UTF-8 in a value", post(b"X: \xc3\xa9\r\n" + LENGTH)),
        ):
            with self.subTest(case=name):
                with self.gateway.socket() as client:
                    client.send(data)
                    status, _, body = client.read_response()
                    self.assertEqual(status, 200, body)


if __name__ == "__main__":
    unittest.main()
