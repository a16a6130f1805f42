"""The checker finds every damage that is done to a good store, and nothing in a good one."""

import base64
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from checker.context import Options  # noqa: E402
from checker.good_store import NOW, PRICES, SECRET, GoodStore, frame  # noqa: E402
from checker.journal import crc32c  # noqa: E402
from checker.run import check  # noqa: E402


class CheckerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.mkdtemp(prefix="gatehouse-checker-")
        cls.addClassCleanup(shutil.rmtree, cls.made, True)
        cls.template = GoodStore(cls.made)
        cls.template.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cls.template.database.close()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-checker-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        shutil.copytree(self.made, self.folder, dirs_exist_ok=True)
        self.bill = self.template.bill()
        self.answers = []

    # What does the damage.

    def sql(self, *statements):
        database = sqlite3.connect(self.folder / "gatehouse.db", isolation_level=None)
        for statement in statements:
            changed = database.execute(statement).rowcount
            self.assertNotEqual(changed, 0, f"changes nothing: {statement}")
        database.close()

    def value(self, query):
        database = sqlite3.connect(self.folder / "gatehouse.db")
        row = database.execute(query).fetchone()
        database.close()
        return row[0]

    def segment(self, number=1):
        return self.folder / "journal" / f"w0000-{number:010d}.journal"

    def poke(self, path, offset, data):
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def place(self, applied, kind):
        """(path, offset, payload) of a frame of that kind, before or behind the position."""
        for path, offset, _, payload in self.template.where:
            position = int(path.name[6:16]) << 32 | offset
            if (position < self.template.position) == applied and payload[0] == kind and \
                    offset > 2000:
                return self.folder / "journal" / path.name, offset, payload
        raise AssertionError("no such frame")

    def report(self, **options):
        return check(self.folder / "gatehouse.db", self.folder / "journal", Options(
            now_ns=NOW, max_age_s=300, bill=self.bill, answers=self.answers, secrets=[SECRET],
            scanned=[self.folder / "gatehouse.log"], price_versions=[PRICES],
            stats={"in_flight": 0}, **options))

    def caught(self, *names, **options):
        """At least these invariants are reported as broken."""
        report = self.report(**options)
        self.assertFalse(report["ok"], "the damage was not found")
        broken = {name for name, one in report["invariants"].items()
                  if one["verdict"] == "breach"}
        self.assertTrue(set(names) <= broken,
                        f"{names} should be broken, {broken} are: {report['invariants']}")
        return report

    # The good store.

    def test_00_a_good_store_passes(self):
        report = self.report()
        self.assertTrue(report["ok"], json.dumps(report, indent=1))
        for name in ("I1", "I2", "I3", "I4", "I5", "I8", "I9", "I11", "I12", "I13", "I14"):
            self.assertEqual(report["invariants"][name]["verdict"], "pass", name)
        self.assertEqual(report["invariants"]["I6"]["verdict"], "not applicable")
        for name in ("L", "M-", "M+", "O", "S"):
            self.assertEqual(report["figures"][name], 0, name)
        self.assertEqual(report["more"]["open_reservations"], 2)
        # The unknown calls are charged at what they reserved.
        unknown = [call for call in self.template.calls if call.status == "unknown"]
        self.assertEqual(report["figures"]["D"],
                         sum(call.reserved - call.billed for call in unknown))
        self.assertGreater(sum(report["behind_bytes"].values()), 0)

    def test_00_the_program_says_the_same(self):
        (self.folder / "bill.json").write_text(json.dumps(self.bill))
        arguments = [sys.executable, str(pathlib.Path(__file__).parent), "--data",
                     str(self.folder), "--bill", str(self.folder / "bill.json"),
                     "--max-age", str(2 * 10**9)]
        good = subprocess.run(arguments, capture_output=True, text=True, check=False)
        self.assertEqual(good.returncode, 0, good.stdout)
        self.assertTrue(json.loads(good.stdout)["ok"])
        self.sql("DELETE FROM call_record WHERE seq = 20")
        bad = subprocess.run(arguments, capture_output=True, text=True, check=False)
        self.assertEqual(bad.returncode, 1)
        self.assertFalse(json.loads(bad.stdout)["ok"])
        nothing = subprocess.run(arguments[:2] + ["--data", "nowhere"], capture_output=True,
                                 text=True, check=False)
        self.assertEqual(nothing.returncode, 2)

    def test_00_a_missing_table_is_not_a_pass(self):
        self.sql("DROP TABLE idempotency_key", "DROP TABLE audit_log")
        report = self.report()
        self.assertEqual(report["invariants"]["I9"]["verdict"], "not applicable")
        self.assertEqual(report["invariants"]["I6"]["verdict"], "not applicable")

    def test_00_checksum(self):
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)

    # Damages.

    def test_01_missing_record(self):
        self.sql("DELETE FROM call_record WHERE seq = 20")
        self.caught("I1", "I2", "I5", "I11")

    def test_02_doubled_record(self):
        names = ", ".join(name for name in self.template.calls[0].row(1)
                          if name not in ("seq", "call_id"))
        self.sql(f"INSERT INTO call_record (seq, call_id, {names}) SELECT "
                 f"(SELECT max(seq) + 1 FROM call_record), 'again', {names} FROM call_record "
                 "WHERE seq = 1")
        self.caught("I1", "I2", "I9", "I11")

    def test_03_counter_off_by_one(self):
        self.sql("UPDATE budget_counter SET spent_nano = spent_nano + 1 WHERE scope = 5 AND "
                 f"id = '{'1' * 64}' AND duration = ''")
        self.caught("I2")

    def test_04_counter_of_a_period_off_by_one(self):
        self.sql("UPDATE budget_counter SET spent_nano = spent_nano - 1 WHERE scope = 11 AND "
                 f"id = '{'0' * 64}' || char(31) || 'chat'")
        self.caught("I2")

    def test_05_daily_spend_off_by_one(self):
        self.sql("UPDATE daily_usage SET spend_nano = spend_nano + 1 WHERE api_key = "
                 f"'{'0' * 64}' AND end_user = ''")
        self.caught("I1", "I2")

    def test_06_daily_tokens_off(self):
        self.sql("UPDATE daily_usage SET reasoning_tokens = reasoning_tokens + 1 WHERE api_key = "
                 f"'{'2' * 64}'")
        self.caught("I2")

    def test_07_daily_tag_row_lost(self):
        self.sql("DELETE FROM daily_tag_usage WHERE tag = 'red'")
        self.caught("I2")

    def test_08_orphaned_reservation(self):
        self.sql("INSERT INTO open_reservation VALUES ('orphan', 1, 5, '', '', "
                 f"{NOW - 400 * 10**9}, x'00')")
        self.caught("I3")

    def test_09_wrong_period(self):
        self.sql("UPDATE budget_counter SET period_start_ns = period_start_ns - 86400000000000, "
                 "period_end_ns = period_end_ns - 86400000000000 WHERE scope = 5 AND duration = "
                 "'1d'")
        self.caught("I2")

    def test_10_broken_checksum_in_the_middle(self):
        path, offset, payload = self.place(applied=False, kind=3)
        self.poke(path, offset + 8 + len(payload) // 2, b"\xff\x00\xff")
        self.caught("I5")

    def test_11_truncated_segment(self):
        path = self.segment(2)
        with open(path, "r+b") as file:
            file.truncate(path.stat().st_size // 2)
        self.caught("I5")

    def test_12_position_behind_the_end_of_the_journal(self):
        self.sql("UPDATE journal_position SET position = position + (3 << 32)")
        self.caught("I5")

    def test_13_position_skipped_a_settlement(self):
        path, offset, payload = self.place(applied=False, kind=3)
        past = int(path.name[6:16]) << 32 | (offset + 8 + len(payload) + 7) & ~7
        self.sql(f"UPDATE journal_position SET position = {past}")
        self.caught("I5")

    def test_14_position_fell_back(self):
        path, offset, _ = self.place(applied=True, kind=3)
        self.sql(f"UPDATE journal_position SET position = {int(path.name[6:16]) << 32 | offset}")
        self.caught("I5")

    def test_15_wrong_price_version(self):
        self.sql("UPDATE call_record SET price_version = 'catalog-0' WHERE seq = 1")
        self.caught("I14")

    def test_16_no_price_version(self):
        self.sql("UPDATE call_record SET price_version = '' WHERE seq = 1")
        self.caught("I14")

    def test_17_negative_pending(self):
        self.sql("UPDATE open_reservation SET amount_nano = -1")
        self.caught("I3")

    def test_18_secret_in_a_log(self):
        with open(self.folder / "gatehouse.log", "a", encoding="utf-8") as log:
            log.write(f'{{"event":"refused","header":"{SECRET[5:25]}"}}\n')
        self.assertEqual(self.caught("I8")["figures"]["S"], 1)

    def test_19_coded_secret_in_the_database(self):
        coded = base64.b64encode(b"{" + SECRET.encode() + b"}").decode()
        self.sql(f"UPDATE virtual_key SET metadata = '{coded}' WHERE token LIKE '1%'")
        self.caught("I8")

    def test_20_idempotency_key_twice(self):
        self.sql("CREATE TABLE copied AS SELECT * FROM idempotency_key",
                 "DROP TABLE idempotency_key",
                 "ALTER TABLE copied RENAME TO idempotency_key",
                 "INSERT INTO idempotency_key SELECT scope, key, fingerprint, state, 'call-00001', "
                 "http_status, headers, body, started_at_ns, expires_at_ns FROM idempotency_key")
        self.caught("I9")

    def test_21_completed_key_without_a_record(self):
        self.sql("UPDATE idempotency_key SET call_id = 'nobody'")
        self.caught("I9")

    def test_22_unknown_without_reconciliation(self):
        self.sql("DELETE FROM reconciliation WHERE call_id = 'call-00016'")
        self.caught("I5")

    def test_23_record_of_nobody(self):
        self.sql("UPDATE call_record SET call_id = '' WHERE seq = 5")
        self.caught("I5")

    def test_24_settled_and_still_open(self):
        self.sql("UPDATE open_reservation SET call_id = 'call-00001'")
        self.caught("I5")

    def test_25_billed_and_never_heard_of(self):
        """Nothing is wrong within the stores: only the bill knows."""
        self.bill["entries"].append({"id": "f" * 16, "model": "upstream",
                                     "cost_nano_usd": 3_000_000})
        self.assertEqual(self.caught("I11")["figures"]["M-"], 3_000_000)
        self.bill["entries"][-1]["cost_nano_usd"] = 1
        self.assertGreater(self.caught("I11")["figures"]["M-"], 0)

    def test_26_charged_twice_as_much(self):
        call = self.template.applied[0]
        self.sql("UPDATE call_record SET cost_nano = cost_nano * 2 WHERE seq = 1")
        report = self.caught("I1", "I2", "I11")
        self.assertEqual(report["figures"]["M+"], call.billed)

    def test_27_over_the_cap(self):
        """Everything adds up, but the day's cap of a key was lower."""
        spent = self.value("SELECT spent_nano FROM budget_counter WHERE scope = 5 AND duration = "
                           f"'1d' AND id = '{'0' * 64}'")
        self.sql(f"UPDATE virtual_key SET max_budget_nano = {spent - 7} WHERE token = "
                 f"'{'0' * 64}'")
        report = self.caught("I4")
        self.assertGreaterEqual(report["figures"]["O"], 7)

    def test_28_settled_twice_in_the_journal(self):
        last = self.template.where[-1]
        path = self.folder / "journal" / last[0].name
        offset = last[1] + ((8 + len(last[3]) + 7) & ~7)
        _, _, payload = self.place(applied=False, kind=3)
        self.poke(path, offset, frame(int(path.name[6:16]), offset, payload))
        self.caught("I5")

    def test_29_segment_lost_in_the_middle(self):
        self.segment(2).unlink()
        self.caught("I5")
        # Segments that were applied may go in any order, and a power failure may bring one back.
        gap = "segment 2 of writer 0 is missing"
        self.assertIn(gap, json.dumps(self.report()))
        self.sql(f"UPDATE journal_position SET position = {3 << 32 | 512}")
        self.assertNotIn(gap, json.dumps(self.report()))

    def test_30_adjustment_changed_afterwards(self):
        self.sql("UPDATE adjustment_line SET delta_nano = -2000 WHERE scope = 5")
        self.caught("I1", "I2")

    def test_31_judged_for_our_own_trouble(self):
        self.sql("UPDATE call_record SET error_class = 'unavailable', http_status = 401 WHERE "
                 "status = 'failed'")
        self.caught("I13")

    def test_32_answered_without_a_record(self):
        self.answers = [{"call_id": "call-00000", "status": 200},
                        {"call_id": "call-lost", "status": 200}]
        self.assertEqual(self.caught("I5")["figures"]["L"], 1)

    def test_33_open_after_quiet(self):
        self.assertEqual(self.caught("I3", quiet=True)["figures"]["L"], 2)

    def test_34_more_unknown_than_was_under_way(self):
        self.caught("I11", in_flight=0)

    def test_35_audit_row_without_content(self):
        self.sql("INSERT INTO audit_log VALUES ('a', 5, 'x', '', '', 'team', 't', '', '')")
        self.caught("I6")

    def test_36_page_of_the_database_overwritten(self):
        page = self.value("SELECT rootpage FROM sqlite_master WHERE name = 'budget_counter'")
        self.poke(self.folder / "gatehouse.db", 4096 * (page - 1), b"\xde\xad\xbe\xef" * 200)
        self.assertFalse(self.report()["ok"])

    def test_37_charged_for_what_the_provider_never_read(self):
        """Only as many as there were clients that left at once."""
        call = self.template.applied[0]
        self.sql("UPDATE call_record SET status = 'interrupted', usage_source = 'estimated', "
                 "request_id = call_id WHERE seq = 1")
        # Those that nobody knows of either could be taken for it.
        gone = {one.bill_id for one in self.template.calls if one.status == "unknown" or one is call}
        self.bill["entries"] = [entry for entry in self.bill["entries"] if entry["id"] not in gone]
        self.assertEqual(self.caught("I11")["figures"]["M+"], call.billed)
        report = self.report(left_unanswered=1)
        self.assertTrue(report["ok"], json.dumps(report, indent=1))
        self.assertEqual(report["more"]["unread_nano"], call.billed)
        # What was answered was read.
        self.sql("UPDATE call_record SET request_id = 'chatcmpl-0' WHERE seq = 1")
        self.caught("I11", left_unanswered=1)


if __name__ == "__main__":
    unittest.main()
