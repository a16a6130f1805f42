"""Row A13 of faults.md on a ledger of a million calls: ready again within five seconds."""

import random
import time
import unittest

from large_ledger import MODELS, lay_down
from ledger_support import UNDER_WAY, Load, LedgerTest, Mix, number_from
from support import SANITIZED

ROWS = number_from("GATEHOUSE_LEDGER_ROWS", 1_000_000)
KILLS = number_from("GATEHOUSE_LARGE_KILLS", 3)
READY_SECONDS = number_from("GATEHOUSE_READY_SECONDS", 30 if SANITIZED else 5)
CLIENTS = 12


class LargeLedgerTest(LedgerTest):
    def test_a13_a_million_calls_and_kills_under_load(self):
        lay_down(ROWS, self.data)
        self.start()
        mix = Mix(self, self.new_key(max_budget=1000), seed=26)
        chance = random.Random(number_from("GATEHOUSE_SEED", 26))
        starts = []
        for _ in range(KILLS):
            load = Load(mix, CLIENTS)
            time.sleep(chance.uniform(0.2, 1.5))
            self.kill()
            load.stop()
            begin = time.monotonic()
            self.start()
            starts.append(time.monotonic() - begin)
        begin = time.monotonic()
        report = self.check(in_flight=UNDER_WAY * KILLS * CLIENTS, unbilled_models=MODELS)
        print(f"{ROWS} calls, {KILLS} kills: {mix.done} answers, {mix.broken} broken, unknown "
              f"{report['more']['unknown_calls']}, figures {report['figures']}, slowest start "
              f"{max(starts):.2f} s, median {sorted(starts)[KILLS // 2]:.2f} s, checker "
              f"{time.monotonic() - begin:.0f} s")
        self.assertLess(max(starts), READY_SECONDS)
        self.assertGreater(mix.done, 10 * KILLS)


if __name__ == "__main__":
    unittest.main()
