"""Rows B2, B4, B6 and B10 of faults.md: the database's volume is full while the journal's is not,
pages cannot be read, the log is cut, a reader lets the log grow."""

import errno
import os
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import unittest

from audit_replay import differences
from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest, nano
from support import harness
from test_a_outbox import Receiver
from test_b_storage import can_mount

INFRASTRUCTURE = (500, 502, 503, 504)


class DatabaseTest(LedgerTest):
    def call(self, key, **headers):
        return self.gateway.chat("fake/tokens=5", max_tokens=20, headers={
            "Authorization": f"Bearer {key}", **headers})

    def assert_audited(self):
        """Every administrative change has its row, and every row its change."""
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            self.assertEqual(differences(database), [])
        finally:
            database.close()

    def aliases(self):
        return {row[0] for row in self.rows("SELECT key_alias FROM virtual_key")}


@unittest.skipUnless(can_mount(), "needs the right to mount")
class FullVolumeTest(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.disk = tempfile.mkdtemp(prefix="gatehouse-disk-")
        self.addCleanup(shutil.rmtree, self.disk, True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self.disk],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a tmpfs here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self.data.symlink_to(self.disk)
        roomy = self.folder / "roomy"
        roomy.mkdir()
        (self.data / "journal").symlink_to(roomy)

    def fill(self):
        with open(self.data / "filler", "wb", buffering=0) as file:
            for size in (65536, 4096):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)

    def test_b2_no_change_without_its_audit_row_and_no_call_without_its_record(self):
        self.start()
        key = self.new_key(key_alias="first", max_budget=1)
        self.remember(self.call(key))
        self.quiet()
        self.fill()
        made, refused = {"first"}, set()
        for number in range(60):
            alias = f"full-{number}"
            answer = self.gateway.post("/key/generate", {"key_alias": alias})
            self.assertIn(answer.status, (200, 503), answer)
            (made if answer.status == 200 else refused).add(alias)
            if answer.status == 503:
                self.assertIn("the disk of the database is full",
                              answer.json()["error"]["message"])
            # Its record is in the journal, whose volume has room.
            paid = self.call(key)
            self.remember(paid)
            self.assertEqual(paid.status, 200, paid)
        self.assertGreater(len(refused), 20)
        # What needs a row of its own before it may leave does not leave.
        billed = len(self.fake.bill())
        answer = self.call(key, **{"Idempotency-Key": "full"})
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(len(self.fake.bill()), billed)
        self.assertEqual(self.gateway.get("/health/liveliness").status, 200)
        self.assertEqual(self.gateway.get(f"/key/info?key={key}").status, 200)
        self.assertEqual(self.aliases(), made)
        self.assert_audited()
        (self.data / "filler").unlink()
        harness.wait_for(lambda: self.gateway.post("/key/generate", {}).status == 200, 20,
                         "healing")
        self.assertEqual(self.aliases() - {None}, made)
        self.assert_audited()
        self.check()
        print(f"B2: {len(refused)} changes refused, {len(made)} made; G 0")


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class UnreadableTest(DatabaseTest):
    settings = {"server": {"threads": 1}, "storage": {"settle_interval": "10ms"}}
    KEYS = 60

    def start(self, config=None, **options):
        self.libc = FaultyLibc(self.folder)
        environment = {**self.libc.environment, **options.pop("env", {})}
        return super().start(config, env=environment, **options)

    def make_data(self):
        """Keys of which each has spent another amount; what each has is in self.spent."""
        self.start()
        self.keys = [self.new_key(key_alias=f"key-{number}", max_budget=1)
                     for number in range(self.KEYS)]
        for number, key in enumerate(self.keys):
            self.assertEqual(self.gateway.chat(
                f"fake/tokens={number + 1}", max_tokens=self.KEYS,
                headers={"Authorization": f"Bearer {key}"}).status, 200)
        self.quiet()
        self.spent = {key: self.spend_of(self.gateway.get(f"/key/info?key={key}"))
                      for key in self.keys}
        self.assertEqual(len(set(self.spent.values())), self.KEYS)

    def spend_of(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return nano(answer.json()["info"]["spend"])

    def right_or_refused(self, key):
        """What is told of a key and its money is right, or an error of ours; how often not."""
        wrong = 0
        answer = self.gateway.get(f"/key/info?key={key}")
        if answer.status in INFRASTRUCTURE:
            wrong += 1
        else:
            self.assertEqual(self.spend_of(answer), self.spent[key])
        answer = self.call(key)
        self.remember(answer)
        # Nobody is known to have called where the key could not be looked up.
        self.answers[-1].update(delivered=answer.status == 200)
        # The key is good and has money: whatever fails, it is not for that (I13).
        self.assertIn(answer.status, (200, *INFRASTRUCTURE), answer)
        if answer.status == 200:
            self.spent[key] += nano(answer.header("x-litellm-response-cost"))
        return wrong + (answer.status != 200)

    def failures(self):
        return self.gateway.metric("gatehouse_database_failures_total")

    def test_b4_one_page_that_cannot_be_read(self):
        self.make_data()
        struck = refused = 0
        for number in range(1, 1000):
            key = self.keys[number % self.KEYS]
            self.quiet()
            self.gateway.stop()
            self.start()
            self.libc.set(read_error_at=number)
            refused += self.right_or_refused(key)
            if self.libc.get("read_error_at") != 0:
                self.libc.set(read_error_at=0)
                break
            struck += 1
            self.assertGreaterEqual(self.failures(), 1)
            self.gateway.program.wait_for_line("database_failed")
            # The next reading is well.
            self.quiet()
            self.assertEqual(self.right_or_refused(key), 0)
        else:
            self.fail("it reads for ever")
        self.quiet()
        self.assertEqual(self.right_or_refused(key), 0)
        print(f"B4: {struck} pages could not be read, {refused} refusals, no wrong figure")
        self.assertGreater(struck, 5)
        self.assertGreater(refused, 0)
        self.check()

    def test_b4_nothing_can_be_read(self):
        self.make_data()
        self.quiet()
        self.gateway.stop()
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        self.settings = {**self.settings, "general_settings": {"alerting": ["webhook"]}}
        self.start(env={"WEBHOOK_URL": receiver.url})
        # One that is known already, and others that have to be looked up.
        self.assertEqual(self.right_or_refused(self.keys[0]), 0)
        self.quiet()
        self.libc.set(failing_reads=1)
        refused = sum(self.right_or_refused(key) for key in self.keys)
        self.assertGreater(refused, self.KEYS)
        self.assertEqual(self.gateway.get("/health/liveliness").status, 200)
        self.assertGreater(self.failures(), self.KEYS)
        self.gateway.program.wait_for_line("database_failed")
        harness.wait_for(lambda: receiver.received, 10, "the alert")
        self.assertEqual([(body["event"], body["alert_type"], body["event_group"])
                          for _, body in receiver.received],
                         [("database_failed", "db_exceptions", "database")])
        self.libc.set(failing_reads=0)
        self.quiet()
        self.assertEqual(sum(self.right_or_refused(key) for key in self.keys), 0)
        self.check()


class CutLogTest(DatabaseTest):
    def frames(self):
        """(size of the log up to the end of each frame, whether it ends a transaction)."""
        log = (self.data / "gatehouse.db-wal").read_bytes()
        page, = struct.unpack(">I", log[8:12])
        salts = log[16:24]
        found, at = [], 32
        while at + 24 + page <= len(log) and log[at + 8:at + 16] == salts:
            size, = struct.unpack(">I", log[at + 4:at + 8])
            at += 24 + page
            found.append((at, size != 0))
        return found

    def test_b6_a_log_that_is_cut_has_its_last_change_whole_or_not_at_all(self):
        """(At every byte of its last frames: src/database/sqlite/fault_test.cpp.)"""
        self.start()
        key = self.new_key(key_alias="first")
        for _ in range(5):
            self.remember(self.call(key))
        self.quiet()
        self.new_key(key_alias="before")
        self.new_key(key_alias="last")
        self.kill()
        frames = self.frames()
        ends = [at for at, commits in frames if commits]
        self.assertIn(frames[-1][0], ends)
        last_began, last_ends = ends[-2], ends[-1]
        original = self.folder / "original"
        shutil.copytree(self.data, original)
        cuts = sorted({last_began, last_began + 1, *(
            at + offset for at, _ in frames if at > last_began
            for offset in (-4100, -2048, -1, 0))})
        whole = 0
        for size in cuts:
            shutil.rmtree(self.data)
            shutil.copytree(original, self.data)
            os.truncate(self.data / "gatehouse.db-wal", size)
            (self.data / "gatehouse.db-shm").unlink()
            with self.subTest(size=size):
                self.start()
                there = "last" in self.aliases()
                whole += there
                self.assertEqual(there, size >= last_ends)
                self.assertIn("before", self.aliases())
                self.assert_audited()
                # Calls are in the journal, too: none is lost, none counts twice.
                self.check()
                self.assertEqual(self.rows("SELECT count(*) FROM call_record"),
                                 [(len(self.answers),)])
                self.gateway.stop()
        print(f"B6: {len(cuts)} cuts, the last change was there {whole} times")
        self.assertEqual(whole, 1)


class LongReaderTest(DatabaseTest):
    ALARM_BYTES = 4 << 20
    KEPT_BYTES = 16 << 20  # to which the log's file falls back
    settings = {"storage": {"log_alarm_bytes": ALARM_BYTES, "settle_interval": "1ms"},
                "general_settings": {"alerting": ["webhook"]}}

    def log_bytes(self):
        size = (self.data / "gatehouse.db-wal").stat().st_size
        self.assertEqual(self.gateway.metric("gatehouse_database_log_bytes"), size)
        return size

    def write_some(self):
        for _ in range(40):
            self.admin("/key/update", {"key": self.key, "metadata": {"text": "x" * 30_000}})
        self.remember(self.call(self.key))

    def test_b10_a_long_reader_raises_an_alarm_and_nobody_else_notices(self):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        self.start(env={"WEBHOOK_URL": receiver.url})
        self.key = self.new_key()
        self.write_some()
        reader = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True,
                                 isolation_level=None)
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM audit_log").fetchone()
        rounds = 0
        while self.log_bytes() < self.KEPT_BYTES + (2 << 20):
            self.write_some()
            rounds += 1
            self.assertLess(rounds, 200, "the log does not grow")
        grown = self.log_bytes()
        # Once, in the log and by webhook.
        told = [line for line in self.gateway.program.lines if "write_ahead_log_grows" in line]
        self.assertEqual(len([line for line in told if "bytes" in line]), 1, told)
        harness.wait_for(lambda: receiver.received, 10, "the alert")
        self.assertEqual([(body["event"], body["alert_type"]) for _, body in receiver.received],
                         [("write_ahead_log_grows", "db_exceptions")])
        self.assertEqual(reader.execute("SELECT count(*) FROM audit_log").fetchone(), before)
        reader.close()
        for _ in range(3):
            self.write_some()
        shrunk = self.log_bytes()
        self.assertLessEqual(shrunk, self.KEPT_BYTES)
        self.assertEqual({answer["status"] for answer in self.answers}, {200})
        self.check()
        print(f"B10: {grown >> 20} MiB while it was read, {shrunk >> 20} MiB afterwards")


if __name__ == "__main__":
    unittest.main()
