"""Rows H1, H3, H4 and H8 of faults.md: the clock jumps, memory is short, the processor is slow,
threads do not start, there are no random bytes."""

import errno
import signal
import sqlite3
import threading
import time
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import Load, LedgerTest, Mix
from support import harness

HOUR, YEAR = 3600, 365 * 86400
# 2038-01-19T03:14:08Z: the second that 32 bits cannot count.
BEYOND_32_BITS = 2**31


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class ResourcesTest(LedgerTest):
    def start(self, config=None, **options):
        self.libc = FaultyLibc(self.folder)
        return super().start(config, env=self.libc.environment, **options)

    def call(self, key, **members):
        return self.gateway.chat("fake/tokens=5", max_tokens=20,
                                 headers={"Authorization": f"Bearer {key}"}, **members)

    # H1

    def test_h1_a_clock_that_jumps_changes_no_count_and_no_deadline(self):
        self.start()
        key = self.new_key(max_budget=1, budget_duration="30d", rpm_limit=100_000)
        now = int(time.time())
        steps = (HOUR, -HOUR, YEAR, -YEAR, BEYOND_32_BITS - now, 0)
        called = 0
        for offset in steps:
            with self.subTest(offset=offset):
                self.libc.set(clock_offset_seconds=offset)
                begun = time.monotonic()
                for _ in range(5):
                    answer = self.call(key)
                    self.assertEqual(answer.status, 200, answer)
                    called += 1
                # Time-outs go by the monotonic clock: nothing waits for the lost hour.
                self.assertLess(time.monotonic() - begun, 10)
        self.check()
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        self.addCleanup(database.close)
        records, longest, shortest = database.execute(
            "SELECT count(*), max(ended_at_ns - started_at_ns), min(ended_at_ns - started_at_ns)"
            " FROM call_record").fetchone()
        self.assertEqual(records, called)
        self.assertGreaterEqual(shortest, 0)
        self.assertLess(longest, 10 * 10**9)

    def test_h1_a_stream_outlives_a_jump(self):
        self.start()
        key = self.new_key()
        stream = self.gateway.stream(
            "/v1/chat/completions",
            {"model": "fake/tokens=40;tps=40", "stream": True,
             "messages": [{"role": "user", "content": "Hello"}]},
            headers={"Authorization": f"Bearer {key}"})
        for number, _ in enumerate(stream.events()):
            if number in (5, 20):
                self.libc.set(clock_offset_seconds=YEAR if number == 5 else -YEAR)
        self.assertTrue(stream.clean_end)
        self.check()

    # H3

    def test_h3_short_of_memory_large_requests_are_shed(self):
        config = self.config()
        config["server"]["memory_limit"] = 128 << 20
        self.start(config)
        key = self.new_key()
        headers = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}"
                   f"\r\nContent-Length: {9 << 20}\r\n\r\n").encode()
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])
        shed = 0
        for _ in range(40):
            client = self.gateway.socket(30)
            clients.append(client)
            client.send(headers)
            try:
                client.send(b" " * (8 << 20))
                client.socket.settimeout(0.15)
                shed += b" 503 " in client.socket.recv(4096)
            except TimeoutError:
                pass  # held: it waits for the rest
            except OSError:
                shed += 1  # refused while it was sending
        self.assertGreater(shed, 10)
        self.assertLess(self.gateway.program.peak_rss_kib(), 200 << 10)
        # Health is told, and what is small is served as soon as there is room.
        self.assertEqual(self.gateway.get("/health/liveliness").status, 200)
        for client in clients:
            client.close()
        harness.wait_for(lambda: self.call(key).status == 200, 20, "recovery")
        self.check()

    # H4

    def test_h4_a_tenth_of_a_processor_is_slow_but_right(self):
        self.start()
        key = self.new_key(max_budget=1000)
        ended = threading.Event()

        def throttle():
            while not ended.is_set():
                self.gateway.program.signal(signal.SIGSTOP)
                ended.wait(0.045)
                self.gateway.program.signal(signal.SIGCONT)
                ended.wait(0.005)

        throttler = threading.Thread(target=throttle)
        throttler.start()
        try:
            mix = Mix(self, key, seed=4)
            Load(mix, 8, calls=200).join(120)
        finally:
            ended.set()
            throttler.join()
        self.assertGreater(mix.done, 100)
        self.check()

    def test_h4_without_threads_the_server_refuses_to_start(self):
        libc = FaultyLibc(self.folder)
        libc.set(thread_error=errno.EAGAIN)
        gateway = harness.Gateway(self.config(), folder=self.folder, env=libc.environment,
                                  wait=False)
        self.addCleanup(gateway.stop)
        # Ended by itself, with a status: not by a signal.
        self.assertEqual(gateway.program.wait(20), 70)
        self.assertIn("gatehouse: ", gateway.program.output())
        libc.set(thread_error=0)
        self.gateway = harness.Gateway(self.config(), folder=self.folder, env=libc.environment)
        self.assertEqual(self.gateway.chat("chat").status, 200)

    # H8

    def test_h8_without_random_bytes_no_key_is_issued(self):
        self.start()
        key = self.new_key()
        team = self.admin("/team/new", {"team_id": "team"})["team_id"]
        self.libc.set(random_error=errno.EIO)
        for path, body in (("/key/generate", {}), ("/user/new", {}),
                           ("/key/service-account/generate", {"team_id": team}),
                           (f"/key/{key}/regenerate", {})):
            with self.subTest(path=path):
                answer = self.gateway.post(path, body)
                # Trouble of ours: never the caller's fault, and it says what is missing.
                self.assertIn(answer.status, (500, 503), answer)
                self.assertNotIn(b'"key":"sk-', answer.body.replace(b" ", b""))
        # What needs none goes on, and the old key was not lost with the one that failed.
        self.assertEqual(self.call(key).status, 200)
        self.libc.set(random_error=0)
        fresh = self.new_key()
        self.assertEqual(self.call(fresh).status, 200)
        keys = self.admin("/key/list?size=100")
        self.assertEqual(keys["total_count"], 2, keys)
        self.check()


if __name__ == "__main__":
    unittest.main()
