"""Starts the real binaries on free ports and talks to them. Standard library only.

Every test class has its own processes and folders, so files may run in parallel. Readiness is
seen on the program's output, never assumed after a while; programs end by their process id.
"""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"
MASTER_KEY = "sk-master-functional-0123456789abcdef"
UPSTREAM_KEY = "sk-upstream-canary-5f3a9c1be2d74860"
START_LIMIT = 20.0

# The fake provider's prices (draft.hpp) as the gateway must be told them, in USD per token.
PRICES = {
    "input_cost_per_token": 0.000001,
    "output_cost_per_token": 0.000002,
    "cache_read_input_token_cost": 0.0000005,
    "cache_creation_input_token_cost": 0.00000125,
}


def find_binary(name):
    """The binary named by the environment, else the newest one under build/."""
    given = os.environ.get(name.upper() + "_BINARY")
    if given:
        return given
    found = sorted((ROOT / "build").glob("*/" + name), key=lambda path: path.stat().st_mtime)
    if not found:
        raise RuntimeError(f"no {name} under {ROOT}/build: build it, or set {name.upper()}_BINARY")
    return str(found[-1])


def wait_for(condition, limit=10.0, what="condition"):
    """Polls until `condition()` is true and returns its value; fails after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {limit} s")
        time.sleep(0.005)


class Program:
    """A child process whose output is collected line by line."""

    def __init__(self, arguments, env=None, cwd=None, preexec=None):
        self.lines = []
        self._fresh = threading.Condition()
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=env, cwd=cwd, preexec_fn=preexec)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._fresh:
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
                self._fresh.notify_all()
        with self._fresh:
            self.lines.append(None)
            self._fresh.notify_all()

    def wait_for_line(self, pattern, limit=START_LIMIT, start=0):
        """The match of the first line (from number `start`) that matches."""
        end = time.monotonic() + limit
        at = start
        with self._fresh:
            while True:
                while at < len(self.lines):
                    if self.lines[at] is None:
                        raise AssertionError(f"ended before {pattern!r}:\n{self.output()}")
                    match = re.search(pattern, self.lines[at])
                    if match:
                        return match
                    at += 1
                if not self._fresh.wait(end - time.monotonic()):
                    raise AssertionError(f"no line {pattern!r} in {limit} s:\n{self.output()}")

    def wait_for_end_or_line(self, pattern, limit=START_LIMIT):
        """True with such a line, False when the program ended without one."""
        end = time.monotonic() + limit
        at = 0
        with self._fresh:
            while True:
                for line in self.lines[at:]:
                    if line is None:
                        return False
                    if re.search(pattern, line):
                        return True
                at = len(self.lines)
                if not self._fresh.wait(end - time.monotonic()):
                    raise AssertionError(f"no line {pattern!r} in {limit} s:\n{self.output()}")

    def output(self):
        return "\n".join(line for line in self.lines if line is not None)

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, limit=40.0):
        code = self.process.wait(timeout=limit)
        self._reader.join(timeout=5)
        return code

    def stop(self, limit=10.0):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=limit)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(timeout=5)
        self.process.stdout.close()
        found = re.search(r"(?s)(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*",
                          self.output())
        if found:
            raise AssertionError("a sanitizer reports:\n" + found.group(0)[:6000])

    # What the kernel knows of it.

    def _status(self, name):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1))

    def rss_kib(self):
        return self._status("VmRSS")

    def peak_rss_kib(self):
        return self._status("VmHWM")

    def reset_peak_rss(self):
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # list of (name, value)
        self.body = body

    def header(self, name, default=None):
        for known, value in self.headers:
            if known.lower() == name.lower():
                return value
        return default

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:2000]!r}>"


class EventStream:
    """A streamed answer: status, headers and the events as (type, data) pairs."""

    def __init__(self, connection, response):
        self.connection = connection
        self.response = response
        self.status = response.status
        self.headers = response.getheaders()
        self.raw = b""
        self.clean_end = None  # known once read to the end
        self._rest = b""
        self._kind, self._data = "", []

    def header(self, name, default=None):
        return Response(self.status, self.headers, b"").header(name, default)

    def events(self):
        """Yields events; at the end `clean_end` tells whether the framing ended properly."""
        while True:
            try:
                piece = self.response.read1(65536)
            except (http.client.IncompleteRead, http.client.HTTPException, ConnectionError) as error:
                # Python raises a plain HTTPException subclass for a chunked body that is cut.
                piece = getattr(error, "partial", b"") or b""
                self.raw += piece
                yield from self._split(piece)
                self.clean_end = False
                return
            except (ValueError, AttributeError):
                self.clean_end = False
                return
            if not piece:
                yield from self._split(b"\n" if self._rest.endswith(b"\r") else b"")
                # A chunked body that stops without its last chunk reads as b"" too.
                self.clean_end = not self.response.chunked or self.response.chunk_left is None
                return
            self.raw += piece
            yield from self._split(piece)

    def _split(self, piece):
        """Lines end in LF, CR or CRLF; a final CR may yet become a CRLF."""
        self._rest += piece
        lines = re.split(rb"\r\n|\n|\r(?!\Z)", self._rest)
        self._rest = lines.pop()
        for line in lines:
            name, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if name == b"event":
                self._kind = value.decode()
            elif name == b"data":
                self._data.append(value)
            elif not line:
                if self._data:
                    yield self._kind, b"\n".join(self._data).decode("utf-8")
                self._kind, self._data = "", []

    def all(self):
        out = list(self.events())
        self.close()
        return out

    def close(self):
        self.response.close()
        self.connection.close()


class Server:
    """An HTTP address on loopback."""

    def __init__(self, port, headers=None):
        self.port = port
        self.default_headers = headers or {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def open(self, method, path, body=None, headers=None, timeout=30.0):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        merged = dict(self.default_headers)
        merged.update(headers or {})
        merged = {name: value for name, value in merged.items() if value is not None}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            merged.setdefault("Content-Type", "application/json")
        elif isinstance(body, str):
            body = body.encode("utf-8")
        connection.request(method, path, body=body, headers=merged)
        return connection, connection.getresponse()

    def request(self, method, path, body=None, headers=None, timeout=30.0):
        connection, response = self.open(method, path, body, headers, timeout)
        try:
            return Response(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def stream(self, path, body, headers=None, timeout=30.0):
        connection, response = self.open("POST", path, body, headers, timeout)
        return EventStream(connection, response)

    def socket(self, timeout=10.0):
        return RawClient(self.port, timeout)


class RawClient:
    """A bare socket."""

    def __init__(self, port, timeout=10.0, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def read_some(self, size=65536):
        data = self.socket.recv(size)
        self.buffer += data
        return data

    def read_until(self, marker):
        while marker not in self.buffer:
            if not self.read_some():
                raise ConnectionError(f"closed before {marker!r}: {self.buffer[:500]!r}")
        head, self.buffer = self.buffer.split(marker, 1)
        return head + marker

    def read_to_end(self):
        """Everything until the peer closes; a reset counts as the end."""
        try:
            while self.read_some():
                pass
        except ConnectionError:
            pass
        out, self.buffer = self.buffer, b""
        return out

    def read_response(self):
        """One answer with a length or chunks, as (status, head, body)."""
        head = self.read_until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        lower = head.lower()
        length = re.search(rb"\r\ncontent-length:\s*(\d+)", lower)
        if length:
            wanted = int(length.group(1))
            while len(self.buffer) < wanted:
                if not self.read_some():
                    raise ConnectionError("closed inside a body")
            body, self.buffer = self.buffer[:wanted], self.buffer[wanted:]
            return status, head, body
        body = b""
        while b"transfer-encoding: chunked" in lower:
            size = int(self.read_until(b"\r\n").strip(), 16)
            while len(self.buffer) < size + 2:
                if not self.read_some():
                    raise ConnectionError("closed inside a chunk")
            body, self.buffer = body + self.buffer[:size], self.buffer[size + 2:]
            if size == 0:
                break
        return status, head, body

    def closed_by_peer(self, limit=5.0):
        """True when the peer ends the connection within `limit` seconds."""
        self.socket.settimeout(limit)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def reset(self):
        """Closes with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


class Fake(Server):
    """The fake provider."""

    def __init__(self, *options):
        self.program = Program([find_binary("fake_provider"), "--port", "0", *options])
        try:
            port = int(self.program.wait_for_line(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        except BaseException:
            self.program.stop()
            raise
        super().__init__(port)

    def stop(self):
        self.program.stop()

    def bill(self):
        return self.get("/__bill").json()["entries"]

    def stats(self):
        return self.get("/__stats").json()

    def reset(self):
        assert self.post("/__reset").status == 200

    def script(self, model, queue=(), then=None):
        """Elements: a behaviour list, or {"do", "body", "headers", "raw": bytes}."""
        def plain(item):
            if isinstance(item, dict) and isinstance(item.get("raw"), bytes):
                item = dict(item, raw=base64.b64encode(item["raw"]).decode())
            return item
        script = {"model": model, "queue": [plain(item) for item in queue]}
        if then is not None:
            script["then"] = plain(then)
        answer = self.post("/__script", script)
        assert answer.status == 200, answer

    def requests(self):
        """What it received: dicts with start_line, headers (pairs of bytes) and body."""
        out = []
        for item in self.get("/__requests").json():
            out.append({
                "id": item["id"],
                "connection": item["connection"],
                "start_line": base64.b64decode(item["start_line_base64"]),
                "headers": [(base64.b64decode(name), base64.b64decode(value))
                            for name, value in item["headers_base64"]],
                "body": base64.b64decode(item["body_base64"]),
            })
        return out

    def wait_for_bill(self, count, limit=10.0):
        return wait_for(lambda: (lambda bill: bill if len(bill) >= count else None)(self.bill()),
                        limit, f"a bill of {count} calls")


def deployment(name, upstream, base, provider="openai", **params):
    """One entry of model_list."""
    litellm = {"model": f"{provider}/{upstream}", "api_base": base, "api_key": UPSTREAM_KEY}
    litellm.update(PRICES)
    litellm.update(params)
    return {"model_name": name, "litellm_params": litellm}


class Gateway(Server):
    """The gateway under test, with a configuration file and a data folder of its own."""

    def __init__(self, config, folder=None, env=None, arguments=(), preexec=None, wait=True):
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.config_file = self.folder / "gatehouse.yaml"
        self.write_config(config)
        environment = {name: value for name, value in os.environ.items()
                       if not name.endswith("_API_KEY") and name != "OLLAMA_HOST"}
        environment.update(env or {})
        self.started = time.monotonic()
        self.program = Program(
            [find_binary("gatehouse"), "serve", "--config", str(self.config_file), "--port", "0",
             "--data", str(self.folder / "data"), *arguments], env=environment, preexec=preexec)
        super().__init__(0, {"Authorization": f"Bearer {MASTER_KEY}"})
        if wait:
            self.wait_until_ready()

    def write_config(self, config):
        """JSON is YAML. A text is written as it is."""
        text = config if isinstance(config, str) else json.dumps(config, indent=1)
        partial = self.config_file.with_suffix(".tmp")
        partial.write_text(text)
        partial.rename(self.config_file)

    def wait_until_ready(self):
        try:
            match = self.program.wait_for_line(r"listening on \S*?:(\d+)")
            self.port = int(match.group(1))
            wait_for(lambda: self.get("/health/readiness").status == 200, START_LIMIT, "readiness")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.program.stop()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def reload(self):
        self.program.signal(signal.SIGHUP)

    def metric(self, name):
        """Sum of all samples whose name starts with `name`, exact."""
        total = Decimal(0)
        for line in self.get("/metrics").body.decode().splitlines():
            if line.startswith(name) and not re.match(r"\w+_created\b", line):
                total += Decimal(line.rsplit(" ", 1)[1])
        return total

    def chat(self, model, text="Hello", headers=None, timeout=30.0, **members):
        body = {"model": model, "messages": [{"role": "user", "content": text}], **members}
        return self.post("/v1/chat/completions", body, headers=headers, timeout=timeout)

    def chat_stream(self, model, text="Hello", headers=None, timeout=30.0, **members):
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True,
                **members}
        return self.stream("/v1/chat/completions", body, headers=headers, timeout=timeout)

    def messages(self, model, text="Hello", headers=None, timeout=30.0, **members):
        body = {"model": model, "max_tokens": 1000,
                "messages": [{"role": "user", "content": text}], **members}
        return self.post("/v1/messages", body, headers=headers, timeout=timeout)

    def messages_stream(self, model, text="Hello", headers=None, timeout=30.0, **members):
        body = {"model": model, "max_tokens": 1000, "stream": True,
                "messages": [{"role": "user", "content": text}], **members}
        return self.stream("/v1/messages", body, headers=headers, timeout=timeout)


def raw_chat(model, **members):
    """The bytes of a chat request with the master key, for RawClient."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}],
                       **members}).encode()
    return (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
            MASTER_KEY.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class GatewayTest(unittest.TestCase):
    """A test class with one fake provider and one gateway for all its tests.

    The models "fake/…" reach the fake provider in the OpenAI dialect with that name, and
    "anthropic-fake/…" in the Anthropic dialect, so that a model name asks for a behaviour.
    """

    maxDiff = 4000
    router_settings = {"num_retries": 0, "disable_cooldowns": True}
    extra_config = {}
    fake_options = ()
    gateway_env = None

    @classmethod
    def model_list(cls):
        return [
            deployment("fake/*", "fake/*", cls.fake.url + "/v1"),
            deployment("anthropic-fake/*", "fake/*", cls.fake.url, provider="anthropic"),
            deployment("chat", "chat-upstream", cls.fake.url + "/v1"),
            deployment("claude", "claude-upstream", cls.fake.url, provider="anthropic"),
        ]

    @classmethod
    def config(cls):
        base = {
            "model_list": cls.model_list(),
            "router_settings": dict(cls.router_settings),
            "general_settings": {"master_key": MASTER_KEY},
        }
        for name, value in cls.extra_config.items():
            base[name] = {**base.get(name, {}), **value} if isinstance(value, dict) else value
        return base

    @classmethod
    def setUpClass(cls):
        cls.fake = Fake(*cls.fake_options)
        cls.addClassCleanup(cls.fake.stop)
        cls.gateway = Gateway(cls.config(), env=cls.gateway_env)
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.fake.reset()

    # What every test asks.

    def assert_alive(self):
        """The gateway still serves."""
        self.assertIsNone(self.gateway.program.process.poll(), "the gateway died")
        answer = self.gateway.chat("chat")
        self.assertEqual(answer.status, 200, answer)

    def assert_error(self, answer, status, message=None):
        """An E1 error envelope (litellm-contract.md 1.1)."""
        allowed = status if isinstance(status, (tuple, set, range)) else (status,)
        self.assertIn(answer.status, allowed, answer)
        error = answer.json()["error"]
        self.assertEqual(set(error) - {"provider_specific_fields"},
                         {"message", "type", "param", "code"}, error)
        self.assertIsInstance(error["message"], str)
        self.assertEqual(error["code"], str(answer.status))
        if message:
            self.assertIn(message, error["message"])
        self.assertNotIn(UPSTREAM_KEY, answer.body.decode("utf-8", "replace"))
        return error

    def assert_broken_stream(self, stream):
        """An event with an error, and no sign of a proper end."""
        events = stream.all()
        self.assertEqual(stream.status, 200)
        self.assertTrue(events, "no events")
        self.assertNotIn("[DONE]", [data for _, data in events])
        self.assertNotIn("message_stop", [kind for kind, _ in events])
        last = json.loads(events[-1][1])
        self.assertIn("error", last, events[-1])
        return events


def text_of_chat_stream(events):
    out = ""
    for _, data in events:
        if data == "[DONE]":
            continue
        for choice in json.loads(data).get("choices", []):
            out += choice.get("delta", {}).get("content") or ""
    return out


def text_of_message_stream(events):
    out = ""
    for kind, data in events:
        if kind == "content_block_delta":
            out += json.loads(data)["delta"].get("text", "")
    return out


class RefusingPort:
    """A port on which connections are refused."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class BlackholePort:
    """A port that never completes a handshake: its accept queue is full."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def close(self):
        for filler in self.fillers:
            filler.close()
        self.socket.close()
