"""Rows A1, A2, A3 and A6 of faults.md: the process ends at each step of one call, from the request
that has arrived to the answer that has not left."""

import http.client
import sqlite3
import unittest
from collections import Counter, namedtuple

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest
from support import harness

# A call that makes more steps than this does not end.
MOST_STEPS = 200
MOST_ROUNDS = 8
OUTPUT_TOKENS = 50

# What a kill left: the call's Idempotency-Key, its row in the ledger or None, and how often the
# provider was called.
Left = namedtuple("Left", "name row calls")
Row = namedtuple("Row", "call_id status error_class cost reserved")


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class MomentTest(LedgerTest):
    settings = {"server": {"threads": 1}, "storage": {"settle_interval": "10ms"}}

    def config(self):
        config = super().config()
        for entry in config["model_list"]:
            if entry["model_name"] == "fake/*":
                # Its account is looked for between the reservation and the connection.
                entry["litellm_params"]["max_budget"] = 1
        return config

    def start(self, config=None, **options):
        self.libc = FaultyLibc(self.folder)
        return super().start(config, env=self.libc.environment, **options)

    def call(self, name):
        """The answer, or None when the connection ended before its first byte."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if name:
            headers["Idempotency-Key"] = name
        try:
            return self.gateway.chat("fake/tokens=5", max_tokens=OUTPUT_TOKENS, headers=headers)
        except (ConnectionError, http.client.RemoteDisconnected):
            return None

    def lives(self):
        try:
            return self.gateway.get("/health/liveliness").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def recorded(self):
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            return {row[0]: Row(*row) for row in database.execute(
                "SELECT call_id, status, error_class, cost_nano, reserved_nano FROM call_record")}
        finally:
            database.close()

    def killed(self, name, **where):
        """Ends the server within one call, and starts it again. None when that did not end it."""
        self.quiet()
        known, billed = self.recorded(), len(self.fake.bill())
        self.libc.set(**where)
        answer = self.call(name)
        if answer is not None:
            self.libc.set(**{number: 0 for number in where})
            self.assertEqual(answer.status, 200, answer)
            if self.lives():
                return None
        self.gateway.program.wait(10)
        self.gateway.stop()
        self.start()
        # The start itself has settled what was open: no sweep has to be waited for.
        self.assertEqual(self.rows("SELECT count(*) FROM open_reservation"), [(0,)])
        self.assertEqual(self.gateway.metric("gatehouse_ledger_open_reservations"), 0)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 10, "quiet upstream")
        fresh = [row for call, row in self.recorded().items() if call not in known]
        self.assertLessEqual(len(fresh), 1, "two rows for one call")
        return Left(name, fresh[0] if fresh else None, len(self.fake.bill()) - billed)

    def kind(self, left):
        """Which row of faults.md that was; fails where it is none of them."""
        row = left.row
        if row is None:
            self.assertEqual(left.calls, 0, "called upstream without a trace")
            return "A1 no trace"
        if row.status == "interrupted":
            self.assertEqual((row.error_class, row.cost, left.calls), ("not_sent", 0, 0), left)
            return "A2 void"
        if row.status == "unknown":
            self.assertEqual(row.cost, row.reserved)
            self.assertGreaterEqual(row.cost, OUTPUT_TOKENS * 2000)
            self.assertEqual(self.rows("SELECT state, reserved_nano FROM reconciliation WHERE "
                                       f"call_id = '{row.call_id}'"), [("open", row.reserved)])
            # Ended when its first byte was to leave, or was not yet read: nobody can tell.
            return "A3 unknown" if left.calls else "A3 unheard"
        self.assertEqual((row.status, left.calls), ("answered", 1), left)
        self.assertEqual(row.cost, self.fake.bill()[-1]["cost_nano_usd"])
        return "A6 settled"

    def sweep(self, name_of, then, enough):
        """Kills at each step, and again until `enough(found)`: at which step a thread waits for
        another is up to chance."""
        self.start()
        self.key = self.new_key(max_budget=1)
        found, kills = Counter(), 0
        for round_ in range(MOST_ROUNDS):
            for number in range(1, MOST_STEPS):
                left = self.killed(name_of(f"{round_}-{number}"), kill_at_step=number)
                if left is None:
                    break
                kind = self.kind(left)
                found[kind] += 1
                kills += 1
                then(left, kind)
            else:
                self.fail("the call does not end")
            if enough(found):
                break
        else:
            self.fail(f"not every kind was met: {found}")
        report = self.check(in_flight=found["A3 unknown"] + found["A3 unheard"])
        print(f"{self.id().rpartition('.')[2]}: {kills} kills, {dict(found)}, "
              f"figures {report['figures']}")

    def test_a1_a2_a3_killed_at_each_step_of_a_call(self):
        self.sweep(lambda step: None, lambda left, kind: None, lambda found: all(
            found[kind] for kind in ("A1 no trace", "A2 void", "A3 unknown", "A6 settled")))

    def again(self, left, kind):
        """The same key after the restart: the answer's status."""
        before = len(self.fake.bill())
        answer = self.call(left.name)
        calls = len(self.fake.bill()) - before
        if answer.status == 409:
            self.assertIn("cut off by the end of the server", answer.json()["error"]["message"])
            self.assertEqual(calls, 0)
            # What is known never to have left is free.
            self.assertNotEqual(kind, "A2 void")
            return 409
        self.assertEqual(answer.status, 200, answer)
        replayed = answer.header("idempotent-replayed") == "true"
        self.assertEqual(replayed, kind == "A6 settled", kind)
        # Once, now or then.
        self.assertEqual(left.calls + calls, 1)
        return 200

    def test_a6_f11_killed_at_each_step_the_same_key_never_calls_twice(self):
        """Replayed where the answer was kept, else `unknown`; anew only where nothing had left."""
        statuses = Counter()

        def then(left, kind):
            statuses[kind, self.again(left, kind)] += 1

        self.sweep("step {}".format, then, lambda _: all(
            statuses[kind, 200] for kind in ("A1 no trace", "A2 void")))
        print(dict(statuses))

    def test_a6_killed_before_the_first_byte_of_the_answer_it_is_replayed(self):
        self.start()
        self.key = self.new_key(max_budget=1)
        # The first one sends the request to the provider.
        left = self.killed("unheard", kill_at_send=2)
        self.assertEqual(self.kind(left), "A6 settled")
        self.assertEqual(self.again(left, "A6 settled"), 200)
        self.check()


if __name__ == "__main__":
    unittest.main()
