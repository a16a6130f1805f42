"""Rows B1, B3, B9, B12 of faults.md: the disk is full, the database is locked, syncs fail or are
slow."""

import errno
import http.client
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import Load, LedgerTest, Mix
from support import assert_peak, harness


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
        filler.unlink()
        harness.wait_for(lambda: self.key_call(key).status == 200, 20, "healing")
        self.check()

    def test_b9_a_locked_database_costs_nobody_his_answer(self):
        self.start()
        key = self.new_key()
        self.assertEqual(self.key_call(key).status, 200)
        lock = sqlite3.connect(self.data / "gatehouse.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            begin = time.monotonic()
            # Known keys need no database; what writes to it waits for its limit and says so.
            for _ in range(20):
                self.assertEqual(self.key_call(key).status, 200)
            self.assertLess(time.monotonic() - begin, 5)
            begin = time.monotonic()
            answer = self.gateway.post("/key/generate", {}, timeout=30)
            waited = time.monotonic() - begin
            self.assertEqual(answer.status // 100, 5, answer)
            self.assertLess(waited, 12)
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
        libc.set(sync_delay_millis=500)
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
    def test_b3_after_a_failed_sync_nothing_is_acknowledged(self):
        libc = FaultyLibc(self.folder)
        self.start(env=libc.environment)
        key = self.new_key()
        self.remember(self.key_call(key))
        libc.set(sync_error=errno.EIO)
        # Something to be synced: the process ends within the time of one sync.
        try:
            self.remember(self.key_call(key, timeout=5))
        except (OSError, http.client.HTTPException):
            pass
        self.assertNotEqual(self.gateway.program.wait(20), 0)
        self.assertIn("fatal", self.gateway.program.output())
        libc.set(sync_error=0)
        self.start(env=libc.environment)
        self.assertEqual(self.key_call(key).status, 200)
        self.check()


if __name__ == "__main__":
    unittest.main()
