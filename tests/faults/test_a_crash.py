"""Rows A1, A3-A6, A9, A12-A15 of faults.md: the process ends at any moment, and nothing is lost or
counted twice. (Each step of one call, A2 too: test_a_moments.py.)"""

import http.client
import random
import signal
import sqlite3
import threading
import time
import unittest
from collections import Counter

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import UNDER_WAY, Load, LedgerTest, Mix, nano, number_from
from support import SANITIZED, harness

KILLS = number_from("GATEHOUSE_KILLS", 10)
CLIENTS = 12
# faults.md: 30 s, which is longer than a client of the mix waits; a shorter pause is the default.
FROZEN_SECONDS = number_from("GATEHOUSE_FROZEN_SECONDS", 3)
# faults.md: ready again within 5 s. A start takes what the machine's other work leaves it.
READY_SECONDS = number_from("GATEHOUSE_READY_SECONDS", 30 if SANITIZED else 15)


class CrashTest(LedgerTest):
    def restart(self):
        """Kills and starts again; returns the seconds until it is ready."""
        self.kill()
        begin = time.monotonic()
        self.start()
        return time.monotonic() - begin

    def unknown_calls(self):
        database = sqlite3.connect(self.data / "gatehouse.db")
        try:
            return database.execute("SELECT count(*) FROM call_record WHERE status = "
                                    "'unknown'").fetchone()[0]
        finally:
            database.close()

    # A1 to A6 by where the call was.

    def test_a1_half_a_request_leaves_no_trace(self):
        self.start()
        client = self.gateway.socket()
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                    harness.MASTER_KEY.encode() + b"\r\nContent-Length: 1000\r\n\r\n{")
        self.restart()
        client.close()
        self.quiet()
        self.assertEqual(self.rows("SELECT * FROM call_record"), [])
        self.assertEqual(self.fake.bill(), [])
        self.check()

    def test_a3_after_the_request_left_it_is_unknown_at_what_was_reserved(self):
        self.start()
        threading.Thread(target=self.swallow, args=(lambda: self.gateway.chat(
            "fake/ttfb=3000;tokens=5", max_tokens=50),), daemon=True).start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 10, "the call upstream")
        self.restart()
        report = self.check(in_flight=1)
        self.assertEqual(report["more"]["unknown_calls"], 1)
        row = self.rows("SELECT status, cost_nano, reserved_nano FROM call_record")[0]
        self.assertEqual(row[0], "unknown")
        self.assertEqual(row[1], row[2])
        self.assertGreaterEqual(row[1], 50 * 2000)

    def test_a4_fifty_streams_are_settled_once_each(self):
        self.start()
        streams = [self.gateway.chat_stream("fake/tokens=200;tps=50", max_tokens=200)
                   for _ in range(50)]
        for stream in streams:
            next(stream.events())
        self.restart()
        for stream in streams:
            stream.close()
        report = self.check(in_flight=50)
        self.assertEqual(report["more"]["unknown_calls"], 50)
        reserved = self.rows("SELECT sum(reserved_nano) FROM call_record")[0][0]
        self.assertLessEqual(report["figures"]["D"], reserved)

    def test_a5_after_the_usage_arrived_it_is_unknown_at_what_was_reserved(self):
        """The provider has told what the call used and says nothing more: the gateway knows the
        cost and cannot have settled it. (With the settler before and behind: src/ledger/
        ledger_crash_test.cpp.)"""
        self.start()
        stream = self.gateway.chat_stream("fake/tokens=5;stall=8", max_tokens=50,
                                          stream_options={"include_usage": True})
        for _, data in stream.events():
            if '"completion_tokens":5' in data.replace(" ", ""):
                break
        else:
            self.fail("no usage")
        self.restart()
        stream.close()
        report = self.check(in_flight=1)
        self.assertEqual(report["more"]["unknown_calls"], 1)
        self.assertEqual(report["figures"]["M-"], 0)
        status, cost, reserved = self.rows(
            "SELECT status, cost_nano, reserved_nano FROM call_record")[0]
        self.assertEqual((status, cost), ("unknown", reserved))
        self.assertLessEqual(self.fake.bill()[0]["cost_nano_usd"], reserved)
        self.assertEqual(self.rows("SELECT state, reserved_nano FROM reconciliation"),
                         [("open", reserved)])

    def test_what_an_unknown_call_did_cost_is_told_by_hand(self):
        self.start()
        key = self.new_key(max_budget=1, budget_duration="30d")
        bearer = {"Authorization": f"Bearer {key}"}
        stream = self.gateway.stream("/v1/chat/completions", {
            "model": "fake/tokens=5;stall=8", "max_tokens": 50, "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": "Hello"}]}, headers=bearer)
        for _, data in stream.events():
            if '"completion_tokens":5' in data.replace(" ", ""):
                break
        self.restart()
        stream.close()
        self.quiet()
        cost = self.fake.bill()[0]["cost_nano_usd"]
        (call, reserved), = self.rows("SELECT call_id, cost_nano FROM call_record")
        self.assertGreater(reserved, cost)
        listed, = self.admin("/spend/reconciliation")
        self.assertEqual((listed["call_id"], nano(listed["reserved"])), (call, reserved))
        self.assertEqual(nano(self.admin(f"/key/info?key={key}")["info"]["spend"]), reserved)

        order = {"call_id": call, "cost": f"{cost / 10**9:.9f}"}
        told = self.admin("/spend/reconciliation", order)
        self.assertEqual((nano(told["cost"]), told["repeated"]), (cost, False))
        self.assertTrue(self.admin("/spend/reconciliation", order)["repeated"])
        for status, wrong in ((409, {"call_id": call, "cost": 0}),
                              (404, {"call_id": "none", "cost": 0}),
                              (400, {"call_id": call, "cost": -1}), (422, {"call_id": call})):
            answer = self.gateway.post("/spend/reconciliation", wrong)
            self.assertEqual(answer.status, status, answer)
        self.assertEqual(self.admin("/spend/reconciliation"), [])
        self.assertEqual(nano(self.admin(f"/key/info?key={key}")["info"]["spend"]), cost)
        self.check(in_flight=1)

    def test_a6_what_was_answered_is_billed_once(self):
        self.start()
        for _ in range(5):
            self.remember(self.gateway.chat("fake/tokens=5"))
        self.restart()
        self.check(in_flight=0)
        self.assertEqual(len(self.rows("SELECT * FROM call_record")), 5)

    def swallow(self, action):
        try:
            action()
        except (OSError, ValueError, __import__("http").client.HTTPException):
            pass

    # A9.

    def test_a9_sigterm_drains_a_hundred_streams(self):
        self.settings = {"server": {"threads": 2, "drain_timeout": "3s"}}
        self.start()
        streams = [self.gateway.chat_stream(
            "fake/tokens=400;tps=50" if number % 2 else "fake/tokens=40;tps=100", max_tokens=400)
            for number in range(100)]
        for stream in streams:
            next(stream.events())
        self.gateway.program.signal(15)
        ended = [stream.all() for stream in streams]
        self.assertEqual(self.gateway.program.wait(35), 0)
        short = [events for number, events in enumerate(ended) if number % 2 == 0]
        self.assertTrue(all(events and events[-1][1] == "[DONE]" for events in short))
        self.start()
        self.check()
        self.assertEqual(self.rows("SELECT count(*) FROM call_record"), [(100,)])

    # A12, A13.

    def test_a12_a_recovery_that_is_killed_converges(self):
        self.start()
        load = Load(Mix(self), 8)
        time.sleep(1.0)
        self.kill()
        load.stop_asked.set()
        chance = random.Random(12)
        for _ in range(10):
            self.gateway.program.stop()
            self.start(wait=False)
            time.sleep(chance.uniform(0.0, 0.15))
            self.kill()
        load.join(60)
        self.start()
        self.check(in_flight=UNDER_WAY * 8)

    def test_a13_killed_at_random_moments_under_load(self):
        self.start()
        key = self.new_key(max_budget=1000)
        mix = Mix(self, key, seed=13)
        chance = random.Random(number_from("GATEHOUSE_SEED", 13))
        slowest = 0.0
        for _ in range(KILLS):
            load = Load(mix, CLIENTS)
            time.sleep(chance.uniform(0.05, 1.0))
            self.kill()
            load.stop()
            begin = time.monotonic()
            self.start()
            slowest = max(slowest, time.monotonic() - begin)
        report = self.check(in_flight=UNDER_WAY * KILLS * CLIENTS)
        print(f"A13: {KILLS} kills, {mix.done} answers, {mix.broken} broken, "
              f"unknown {report['more']['unknown_calls']}, figures {report['figures']}, "
              f"slowest start {slowest:.2f} s")
        self.assertLess(slowest, READY_SECONDS)
        self.assertGreater(mix.done, KILLS)

    # A14

    def test_a14_a_frozen_server_goes_on_where_it_was(self):
        """Frozen in the middle of calls, for longer than their clients wait."""
        self.start()
        key = self.new_key(max_budget=1000, rpm_limit=1_000_000)
        mix = Mix(self, key, seed=14)
        load = Load(mix, CLIENTS)
        harness.wait_for(lambda: mix.done > 50, 30, "calls under way")
        self.gateway.program.signal(signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS)
        self.gateway.program.signal(signal.SIGCONT)
        before = mix.done
        harness.wait_for(lambda: mix.done > before + 50, 30, "calls after the pause")
        load.stop()
        self.assertEqual(self.gateway.chat("chat").status, 200)
        self.check()

    # A15

    ALLOCATIONS_AT_MOST = 5_000

    def once_without_memory(self, number, headers):
        """One call in which the so many-th allocation fails: its status, "broken" or "exit", and
        whether there were so many."""
        self.libc.set(allocation_at=number)
        try:
            answer = self.gateway.chat("chat", headers=headers, timeout=10)
            self.remember(answer)
            # Trouble of ours is never the caller's fault (I13).
            self.assertIn(answer.status, (200, 500, 503), answer)
            end = answer.status
        except (OSError, http.client.HTTPException):
            end = "broken"
        struck = self.libc.get("allocation_at") == 0
        self.libc.set(allocation_at=0)
        if not self.answers_now():
            # Its own decision, not a signal's.
            self.assertEqual(self.gateway.program.wait(10), 70, self.gateway.program.output())
            self.gateway.stop()
            self.start(env=self.libc.environment)
            end = "exit"
        return end, struck

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_a15_each_allocation_of_a_call_fails(self):
        self.settings = {"server": {"threads": 1}}
        self.libc = FaultyLibc(self.folder)
        self.start(env=self.libc.environment)
        headers = {"Authorization": f"Bearer {self.new_key(max_budget=1)}"}
        self.assertTrue(self.answers_now())
        ends = Counter()
        for number in range(1, self.ALLOCATIONS_AT_MOST):
            end, struck = self.once_without_memory(number, headers)
            if not struck:
                break
            ends[end] += 1
        else:
            self.fail("a call does not end")
        report = self.check(in_flight=ends["exit"] + ends["broken"])
        self.assertEqual(report["more"]["open_reservations"], 0)
        print(f"A15: each of {number - 1} allocations: {dict(ends)}")
        self.assertGreater(number, 20)

    def answers_now(self):
        try:
            return self.gateway.chat("chat").status == 200
        except (OSError, http.client.HTTPException):
            return False

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_a15_allocations_that_fail_end_in_an_answer_or_a_clean_exit(self):
        libc = FaultyLibc(self.folder)
        self.start(env=libc.environment)
        key = self.new_key()
        chance = random.Random(15)
        ends = Counter()
        for every in (20_000, 7_000, 3_000, 1_000, 500, 301, 173, 97, 53, 29, 17, 11):
            mix = Mix(self, key, seed=every)
            libc.set(failing_allocation=every)
            for _ in range(12):
                mix.run_one(chance)
            libc.set(failing_allocation=0)
            ends.update(done=mix.done, refused=mix.refused, broken=mix.broken)
            if not self.answers_now():
                status = self.gateway.program.wait(10)
                # Its own decision, not a signal's.
                self.assertEqual(status, 70, self.gateway.program.output()[-2000:])
                ends["exits"] += 1
                self.start(env=libc.environment)
                self.assertTrue(self.answers_now())
        self.check()
        print(f"A15: {dict(ends)}")


if __name__ == "__main__":
    unittest.main()
