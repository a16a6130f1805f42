"""Rows B1, B3, B9, B12 of faults.md: the disk is full, the database is locked, syncs fail or are
slow."""

import errno
import http.client
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import Load, LedgerTest, Mix, at_once
from support import assert_peak, harness

SLOW_SYNC_MILLIS = 500
BUSY_SECONDS = 1
SYNCS = 12  # each of the first ones after a start fails in turn


def can_mount():
    return os.geteuid() == 0 and shutil.which("mount") is not None


class StorageTest(LedgerTest):
    def key_call(self, key, timeout=30):
        return self.gateway.chat("fake/tokens=5", timeout=timeout, max_tokens=20,
                                 headers={"Authorization": f"Bearer {key}"})

    @unittest.skipUnless(can_mount(), "needs the right to mount")
    def test_b1_a_full_disk_refuses_calls_and_heals(self):
        disk = tempfile.mkdtemp(prefix="gatehouse-disk-")
        self.addCleanup(shutil.rmtree, disk, True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a tmpfs here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        (self.folder / "data").symlink_to(disk)
        self.start()
        key = self.new_key()
        self.assertEqual(self.key_call(key).status, 200)
        self.quiet()
        filler = pathlib.Path(disk) / "filler"
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                pass
        # What the journals' segments still have room for is answered, then nothing leaves. Each
        # thread has its own journal: a run of refusals tells that all are full.
        refused = []
        for _ in range(20_000):
            answer = self.key_call(key)
            refused = refused + [answer] if answer.status != 200 else []
            if len(refused) == 20:
                break
        self.assertEqual({answer.status for answer in refused}, {503}, "it never noticed")
        self.answers += [{"call_id": None, "status": 503, "infrastructure": True}]
        before = len(self.fake.bill())
        for _ in range(10):
            self.assertEqual(self.key_call(key).status, 503)
        self.assertEqual(len(self.fake.bill()), before)
        self.assertEqual(self.gateway.get("/health/liveliness").status, 200)
        self.assertEqual(self.gateway.get("/v1/models").status, 200)
        self.assertEqual(self.gateway.get(f"/key/info?key={key}").status, 200)
        filler.unlink()
        harness.wait_for(lambda: self.key_call(key).status == 200, 20, "healing")
        self.check()

    def test_b9_a_locked_database_costs_nobody_his_answer(self):
        self.settings = {"storage": {"busy_timeout": f"{BUSY_SECONDS}s"}}
        self.start()
        key = self.new_key()
        self.assertEqual(self.key_call(key).status, 200)
        self.quiet()
        lock = sqlite3.connect(self.data / "gatehouse.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            begin = time.monotonic()
            # Known keys need no database; what writes to it waits for its limit and says so.
            for _ in range(20):
                self.assertEqual(self.key_call(key).status, 200)
            self.assertLess(time.monotonic() - begin, 5)
            waits = []
            before = len(self.fake.bill())
            # So does a call that has to keep its key there: it does not leave.
            for path, headers in (("/key/generate", {}), ("/v1/chat/completions", {
                    "Authorization": f"Bearer {key}", "Idempotency-Key": "locked"})):
                begin = time.monotonic()
                answer = self.gateway.post(path, {
                    "model": "chat", "messages": [{"role": "user", "content": "x"}]} if headers
                    else {}, headers=headers, timeout=30)
                waits.append(time.monotonic() - begin)
                self.assertEqual(answer.status, 503, answer)
                self.assertIn("the database is busy", answer.json()["error"]["message"])
            self.assertEqual(len(self.fake.bill()), before)
            self.assertLess(max(waits), 3 * BUSY_SECONDS)
            self.assertGreater(min(waits), 0.9 * BUSY_SECONDS)
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        self.assertEqual(self.gateway.post("/key/generate", {}).status, 200)
        self.check()

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_b12_slow_syncs_slow_nobody_down(self):
        libc = FaultyLibc(self.folder)
        self.start(env=libc.environment)
        key = self.new_key()
        libc.set(sync_delay_millis=SLOW_SYNC_MILLIS)
        mix = Mix(self, key, seed=12)
        load = Load(mix, 8)
        time.sleep(4)
        load.stop()
        self.assertGreater(mix.done, 20)
        assert_peak(self, self.gateway)
        # The longest that a call waited is far below one sync: none waits for the disk.
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        self.addCleanup(database.close)
        libc.set(sync_delay_millis=0)
        self.check()
        slow = database.execute(
            "SELECT count(*) FROM call_record WHERE status = 'answered' AND "
            "model_group LIKE 'fake/tokens%' AND model_group NOT LIKE '%tps%' AND "
            "ended_at_ns - started_at_ns > 400000000").fetchone()[0]
        self.assertEqual(slow, 0)

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_b12_who_waits_for_the_disk_waits_with_all_others(self):
        """With `durability: power` each answer waits for its record; all of them share a sync."""
        libc = FaultyLibc(self.folder)
        self.settings = {"storage": {"durability": "power"}}
        self.start(env=libc.environment)
        key = self.new_key()
        self.assertEqual(self.key_call(key).status, 200)
        libc.set(sync_delay_millis=SLOW_SYNC_MILLIS)

        def timed(_):
            begin = time.monotonic()
            answer = self.key_call(key)
            return time.monotonic() - begin, answer

        waits = []
        for waited, answer in at_once(60, timed):
            waits.append(waited)
            self.remember(answer)
            self.assertIn(answer.status, (200, 503), answer)
        libc.set(sync_delay_millis=0)
        waits.sort()
        # Two waits, before the call leaves and before its answer, each for a round that runs and
        # the next one; a round syncs the journals of both threads. Not 60 times that.
        self.assertLess(waits[-1], 1.5 * 2 * 2 * 2 * SLOW_SYNC_MILLIS / 1000, waits)
        self.assertGreater(waits[0], SLOW_SYNC_MILLIS / 1000)
        assert_peak(self, self.gateway)
        self.check()
        print(f"B12: 60 calls at once with syncs of {SLOW_SYNC_MILLIS} ms: median "
              f"{waits[30]:.2f} s, longest {waits[-1]:.2f} s")

    def until_it_ends(self, key):
        """Calls and changes until the server ends; the names of acknowledged changes."""
        made = []
        try:
            for number in range(200):
                self.remember(self.key_call(key, timeout=10))
                alias = f"alias-{len(self.answers)}-{number}"
                answer = self.gateway.post("/key/generate", {"key_alias": alias}, timeout=10)
                if answer.status == 200:
                    made.append(alias)
        except (OSError, http.client.HTTPException):
            return made
        self.fail("syncs fail, and it goes on")

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_b3_after_any_failed_sync_nothing_is_acknowledged(self):
        """(At each sync of the database alone: src/database/sqlite/fault_test.cpp.)"""
        libc = FaultyLibc(self.folder)
        self.start(env=libc.environment)
        key = self.new_key()
        made, causes = [], set()
        for number in range(1, SYNCS + 1):
            libc.set(sync_error=errno.EIO, sync_error_at=number)
            made += self.until_it_ends(key)
            self.assertEqual(self.gateway.program.wait(20), 74, self.gateway.program.output())
            causes.add(re.search(r"fatal: (\w+):", self.gateway.program.output()).group(1))
            self.gateway.stop()
            libc.set(sync_error=0)
            self.start(env=libc.environment)
        kept = {row[0] for row in self.rows("SELECT key_alias FROM virtual_key")}
        self.assertEqual([alias for alias in made if alias not in kept], [])
        self.assertEqual(self.key_call(key).status, 200)
        self.check()
        print(f"B3: {SYNCS} failed syncs of {sorted(causes)}, {len(self.answers)} answers and "
              f"{len(made)} changes acknowledged, 0 lost")
        self.assertGreaterEqual(causes, {"database", "journal"})


if __name__ == "__main__":
    unittest.main()
