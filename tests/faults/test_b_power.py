"""Row B5 of faults.md on the whole server: the power fails under load, and what was not synced is
lost in any part. With `durability: power` nothing that a client was told is lost."""

import random
import shutil
import sqlite3
import threading
import time
import unittest

from audit_replay import differences
from ledger_support import UNDER_WAY, OUTPUT, USD, Load, LedgerTest, Mix, number_from
from power_cut import LIBRARY, PowerCut

CUTS = number_from("GATEHOUSE_POWER_CUTS", 10)
SEED = number_from("GATEHOUSE_SEED", 5)
# Cuts of one data folder; the next ones get a new folder.
ROUND = 5
# With a budget that never ends, and with one that two calls take up: there each waits for what
# another gives back.
RICH_CLIENTS, POOR_CLIENTS = 2, 4
CLIENTS = RICH_CLIENTS + POOR_CLIENTS
LARGE_OUTPUT = 2_000
BUDGET = 2.2 * LARGE_OUTPUT * OUTPUT / USD
LONGEST_LOAD = 0.3


class PoorMix(Mix):
    """Calls that could cost much and cost little."""

    def kinds(self):
        return self.chat, self.chat_stream, self.chat, self.aborted

    def body(self, model, text="Hello", **more):
        return {**super().body(model, text, **more), "max_tokens": LARGE_OUTPUT}


class Administrator(threading.Thread):
    """Makes keys as fast as it can; `made` are those that it was told of."""

    def __init__(self, test, name):
        super().__init__(daemon=True)
        self.test, self.prefix, self.made = test, name, []
        self.ended = False

    def run(self):
        try:
            while not self.ended:
                alias = f"{self.prefix}-{len(self.made)}"
                answer = self.test.gateway.post("/key/generate", {"key_alias": alias})
                if answer.status == 200:
                    self.made.append(alias)
        except (OSError, __import__("http").client.HTTPException):
            pass


@unittest.skipUnless(LIBRARY, "the library that loses writes is not built with sanitizers")
class PowerTest(LedgerTest):
    def new_folder(self, durability):
        self.stop_gateway()
        self.fake.reset()
        self.answers, self.aliases = [], []
        for path in (self.data, self.folder / "data.after"):
            shutil.rmtree(path, ignore_errors=True)
        # A key of the operator's: the server syncs no name in the folder for one of its own.
        self.settings = {"storage": {"durability": durability}}
        self.disk = PowerCut(self.data, self.folder / "power_cut.log")
        self.start()
        self.rich = self.new_key(max_budget=1000)

    def start(self, config=None, **options):
        environment = {**self.disk.environment,
                       "LLM_GATEWAY_ENCRYPTION_KEY": "of the operator, for tests"}
        return super().start(config, env=environment, **options)

    def cut(self, seed):
        """Load, the end of the power in the middle of it, and the start on what is left."""
        chance = random.Random(seed)
        poor = self.new_key(max_budget=round(BUDGET, 6))
        mixes = ((Mix(self, self.rich, seed * 2), RICH_CLIENTS),
                 (PoorMix(self, poor, seed * 2 + 1), POOR_CLIENTS))
        administrator = Administrator(self, f"alias-{seed}")
        administrator.start()
        loads = [Load(mix, clients) for mix, clients in mixes]
        time.sleep(chance.uniform(0.02, LONGEST_LOAD))
        self.kill()
        administrator.ended = True
        for load in loads:
            load.stop()
        administrator.join(30)
        self.aliases += administrator.made
        self.gateway.stop()
        self.disk.lose(chance)
        self.start()

    def lost(self):
        """Calls that were answered, and keys that were made, of which nothing is known any more."""
        self.quiet()
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            calls = {row[0] for row in database.execute("SELECT call_id FROM call_record")}
            keys = {row[0] for row in database.execute("SELECT key_alias FROM virtual_key")}
            self.assertEqual(differences(database), [])
        finally:
            database.close()
        answered = [answer for answer in self.answers if answer["delivered"] and answer["call_id"]]
        return ([(answer["call_id"], answer["status"]) for answer in answered
                 if answer["call_id"] not in calls],
                [alias for alias in self.aliases if alias not in keys])

    def test_b5_nothing_that_was_acknowledged_is_lost_with_the_power(self):
        answered = keys = lost_bytes = lost_names = unknown = 0
        began = time.monotonic()
        for number in range(CUTS):
            if number % ROUND == 0:
                self.new_folder("power")
            seed = SEED * 100_000 + number
            self.cut(seed)
            self.assertEqual(self.lost(), ([], []), f"seed {seed}")
            cuts = number % ROUND + 1
            # Also those whose clients had just left.
            try:
                report = self.check(in_flight=UNDER_WAY * cuts * CLIENTS)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from error
            if cuts == ROUND or number + 1 == CUTS:
                answered, keys = answered + len(self.answers), keys + len(self.aliases)
                unknown += report["more"]["unknown_calls"]
                lost_bytes += self.disk.lost_bytes
                lost_names += self.disk.lost_names
        print(f"B5: {CUTS} power cuts, {answered} answers and {keys} keys acknowledged, 0 lost, "
              f"{unknown} calls unknown; the disk lost {lost_bytes} bytes and {lost_names} names; "
              f"{(time.monotonic() - began) / CUTS:.2f} s each")
        self.assertGreater(answered, CUTS)
        self.assertGreater(lost_bytes, 0)

    def test_b5_with_durability_process_the_same_failure_loses_calls_and_no_change(self):
        """That the power cut is one: what is only promised for the end of the process goes."""
        self.new_folder("process")
        lost = 0
        for number in range(max(CUTS, 40)):
            self.cut(number)
            calls, keys = self.lost()
            # Administrative changes are synced in any case.
            self.assertEqual(keys, [])
            lost = len(calls)
            if lost:
                break
        print(f"B5: durability process lost {lost} of {len(self.answers)} answered calls "
              f"in {number + 1} power cuts")
        self.assertGreater(lost, 0)


if __name__ == "__main__":
    unittest.main()
