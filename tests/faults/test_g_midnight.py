"""Row G3 of faults.md: midnight comes under load, and each call counts on one side of it."""

import json
import sqlite3
import time
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import Load, LedgerTest, Mix
from support import harness

DAY = 86_400
BEFORE = 2  # seconds of load before midnight


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class MidnightTest(LedgerTest):
    def test_g3_midnight_under_load(self):
        self.libc = FaultyLibc(self.folder)
        self.start(env=self.libc.environment)
        now = int(time.time())
        midnight = (now // DAY + 1) * DAY
        self.libc.set(clock_offset_seconds=midnight - BEFORE - now)
        key = self.new_key(max_budget=100, budget_duration="1d")
        mix = Mix(self, key, seed=3)
        load = Load(mix, 8)
        begun = midnight - BEFORE - now

        def after():
            return time.time() + begun > midnight + 1 and mix.done > 40

        harness.wait_for(after, 30, "the day after")
        load.stop()
        # A call ends on the other side: it was admitted before.
        self.check()
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        self.addCleanup(database.close)
        sides = {}
        for windows, started, cost in database.execute(
                "SELECT windows, started_at_ns, cost_nano FROM call_record WHERE "
                "reserved_nano > 0"):
            own = [window for window in json.loads(windows) if window[:2] == [5, "1d"]]
            self.assertEqual(len(own), 1, windows)
            start = own[0][2]
            self.assertIn(start, ((midnight - DAY) * 10**9, midnight * 10**9))
            # Its period is the one in which it was admitted, which is a moment after it began.
            if start < midnight * 10**9:
                self.assertLess(started, midnight * 10**9)
            else:
                self.assertGreater(started, (midnight - 1) * 10**9)
            count, sum_ = sides.get(start, (0, 0))
            sides[start] = count + 1, sum_ + cost
        self.assertEqual(len(sides), 2, sides)
        spent = self.rows("SELECT period_start_ns, spent_nano FROM budget_counter WHERE "
                          "scope = 5 AND duration = '1d'")
        self.assertEqual(spent, [(midnight * 10**9, sides[midnight * 10**9][1])])
        print(f"G3: {sides[(midnight - DAY) * 10**9][0]} calls before midnight, "
              f"{sides[midnight * 10**9][0]} after; M+ 0, M- 0")


if __name__ == "__main__":
    unittest.main()
