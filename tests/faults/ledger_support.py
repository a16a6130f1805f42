"""What the tests of the ledger share: a gateway that can be killed and started again on the same
folder, load that remembers what it was told, and the checker at the end."""

import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
import time
import unittest

from support import harness

from checker.context import Options
from checker.run import check
from checker.store import Store

USD = 10**9
# Prices of the fake provider in nano-USD per token.
INPUT, OUTPUT = 1_000, 2_000
# Calls of one client of `Mix` that a kill may find under way: those that it has left go on for a
# moment (`limits.abandoned_calls`), and it makes a dozen others meanwhile.
UNDER_WAY = 8


def number_from(variable, default):
    return int(os.environ.get(variable, default))


def nano(usd_text):
    """A JSON number of USD as nano-USD, exact."""
    from decimal import Decimal
    value = Decimal(str(usd_text)) * USD
    assert value == value.to_integral_value(), usd_text
    return int(value)


class LedgerTest(unittest.TestCase):
    """A class with a fake provider; each test has a data folder of its own."""

    maxDiff = 4000
    settings = {}
    fake_options = ("--record", "0", "--threads", "2")

    @classmethod
    def setUpClass(cls):
        cls.fake = harness.Fake(*cls.fake_options)
        cls.addClassCleanup(cls.fake.stop)

    def setUp(self):
        self.fake.reset()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.gateway = None
        self.addCleanup(self.stop_gateway)
        self.answers = []  # for the checker

    # The gateway.

    def config(self):
        base = self.fake.url + "/v1"
        config = {
            "model_list": [
                harness.deployment("chat", "chat-upstream", base),
                harness.deployment("claude", "claude-upstream", self.fake.url,
                                   provider="anthropic"),
                harness.deployment("fake/*", "fake/*", base),
                harness.deployment("anthropic-fake/*", "fake/*", self.fake.url,
                                   provider="anthropic"),
            ],
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
            "general_settings": {"master_key": harness.MASTER_KEY},
            "server": {"threads": 2},
            # Small segments, so that they are changed and deleted within a test.
            "storage": {"journal_segment_bytes": 1 << 20},
        }
        for name, value in self.settings.items():
            config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value
        return config

    def start(self, config=None, **options):
        self.gateway = harness.Gateway(config or self.config(), folder=self.folder, **options)
        return self.gateway

    def stop_gateway(self):
        if self.gateway is not None:
            self.gateway.stop()

    def kill(self):
        self.gateway.program.signal(signal.SIGKILL)
        self.gateway.program.process.wait(timeout=10)

    # Administration.

    def admin(self, path, body=None, status=200):
        answer = self.gateway.post(path, body) if body is not None else self.gateway.get(path)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def new_key(self, **fields):
        """The text of a new key."""
        return self.admin("/key/generate", fields)["key"]

    def rows(self, query):
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    # The end of every test.

    @property
    def data(self):
        return self.folder / "data"

    def settled(self):
        """Every entry is applied, and nothing is reserved."""
        store = Store(self.data / "gatehouse.db", self.data / "journal")
        try:
            return not store.tail.behind and not store.tail.reservations and \
                store.one("SELECT count(*) FROM open_reservation") == 0
        finally:
            store.close()

    def quiet(self, limit=30.0):
        """Nothing is under way upstream, and everything is in the database."""
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, limit, "quiet upstream")
        harness.wait_for(self.settled, limit, "quiet")

    def check(self, **options):
        """Runs the checker after quiet; fails on any breach and returns the figures."""
        self.quiet()
        log = self.folder / "gateway.log"
        log.write_text(self.gateway.program.output())
        options.setdefault("price_versions", None)
        report = check(self.data / "gatehouse.db", self.data / "journal", Options(
            quiet=True, bill=self.fake.get("/__bill").json(), stats=self.fake.stats(),
            answers=self.answers, secrets=[harness.MASTER_KEY, harness.UPSTREAM_KEY],
            scanned=[str(log)], **options))
        self.assertTrue(report["ok"], json.dumps(report, indent=1)[:6000])
        for name in ("L", "M-", "M+", "O", "S"):
            self.assertIn(report["figures"][name], (0, None), name)
        return report

    def remember(self, answer, infrastructure=False):
        """Notes for the checker what a client was told."""
        call_id = answer.header("x-litellm-call-id")
        self.answers.append({"call_id": call_id, "status": answer.status,
                             "infrastructure": infrastructure,
                             # Nobody is known to have called: those leave no record.
                             "delivered": answer.status != 401})


class Mix:
    """Calls of every kind, as a client makes them. Thread-safe."""

    def __init__(self, test, key=None, seed=1):
        self.test, self.seed = test, seed
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.lock = threading.Lock()
        self.done = 0          # answered in full
        self.refused = 0
        self.broken = 0        # connections that ended early

    def kinds(self):
        return (self.chat, self.chat_stream, self.messages, self.messages_stream, self.completion,
                self.embedding, self.failing, self.cached, self.slow_stream, self.aborted)

    def body(self, model, text="Hello", **more):
        return {"model": model, "max_tokens": 60, "messages": [{"role": "user", "content": text}],
                **more}

    def run_one(self, chance):
        """One call; what was told is remembered."""
        call = chance.choice(self.kinds())
        try:
            answer = call(chance)
        except (OSError, EOFError, ValueError, __import__("http").client.HTTPException):
            with self.lock:
                self.broken += 1
            return
        if answer is None:
            return
        with self.lock:
            self.test.remember(answer)
            if answer.status == 200:
                self.done += 1
            else:
                self.refused += 1

    def post(self, path, body):
        return self.test.gateway.post(path, body, headers=self.headers, timeout=20)

    def stream(self, path, body):
        """An answer only when its end arrived."""
        stream = self.test.gateway.stream(path, body, headers=self.headers, timeout=20)
        stream.all()
        return stream if stream.clean_end else None

    def chat(self, chance):
        return self.post("/v1/chat/completions",
                         self.body(f"fake/tokens={chance.randrange(1, 40)}", user="customer"))

    def cached(self, chance):
        return self.post("/v1/chat/completions",
                         self.body("fake/tokens=9;cached=2;reasoning=4",
                                   metadata={"tags": ["blue", chance.choice(("red", "green"))]}))

    def chat_stream(self, chance):
        return self.stream("/v1/chat/completions",
                           self.body(f"fake/tokens={chance.randrange(1, 40)}", stream=True))

    def slow_stream(self, _):
        return self.stream("/v1/chat/completions",
                           self.body("fake/tokens=20;tps=100", stream=True))

    def messages(self, chance):
        return self.post("/v1/messages",
                         self.body(f"anthropic-fake/tokens={chance.randrange(1, 40)}"))

    def messages_stream(self, _):
        return self.stream("/v1/messages", self.body("anthropic-fake/tokens=12", stream=True))

    def completion(self, _):
        return self.post("/v1/completions", {"model": "chat", "prompt": "Once", "max_tokens": 20})

    def embedding(self, chance):
        return self.post("/v1/embeddings",
                         {"model": "chat", "input": "x" * chance.randrange(4, 400)})

    def failing(self, chance):
        return self.post("/v1/chat/completions",
                         self.body(chance.choice(("fake/status=500", "fake/status=400"))))

    def aborted(self, chance):
        """A client that leaves in the middle of a stream."""
        stream = self.test.gateway.stream("/v1/chat/completions",
                                          self.body("fake/tokens=40;tps=200", stream=True),
                                          headers=self.headers, timeout=20)
        if stream.status != 200:
            stream.all()
            return stream
        list(itertools.islice(stream.events(), chance.randrange(1, 8)))
        stream.response.close()
        stream.connection.sock and stream.connection.sock.shutdown(socket.SHUT_RDWR)
        stream.connection.close()
        return None


class Load:
    """Threads that make calls until told to stop, or a number of them."""

    def __init__(self, mix, threads, calls=None):
        self.mix, self.left = mix, calls
        self.lock = threading.Lock()
        self.stop_asked = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                        for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def _take(self):
        if self.left is None:
            return True
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def _run(self, number):
        chance = random.Random(self.mix.seed * 1000 + number)
        while not self.stop_asked.is_set() and self._take():
            self.mix.run_one(chance)

    def join(self, limit=300):
        end = time.monotonic() + limit
        for thread in self.threads:
            thread.join(max(0.1, end - time.monotonic()))
            assert not thread.is_alive(), "a client hangs"

    def stop(self):
        self.stop_asked.set()
        self.join(60)


def at_once(count, action):
    """Runs action(number) in `count` threads that start together; their results."""
    barrier = threading.Barrier(count)
    results = [None] * count

    def run(number):
        barrier.wait()
        try:
            results[number] = action(number)
        except OSError as error:
            results[number] = error

    threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threading.stack_size(0)
    return results
