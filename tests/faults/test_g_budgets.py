"""Rows G1, G3-G7, G10 of faults.md: hard caps hold exactly, whoever asks at the same time."""

import itertools
import json
import os
import sqlite3
import threading
import time
import unittest

from ledger_support import Load, LedgerTest, Mix, at_once, nano, number_from
from support import harness

PARALLEL = number_from("GATEHOUSE_PARALLEL", 500)
MODEL = "fake/tokens=10"


class CapTest(LedgerTest):
    """G1: a cap worth ten calls, on each scope."""

    def setUp(self):
        super().setUp()
        self.start()
        # One call tells what one costs and what is held back for it.
        key = self.new_key()
        self.assertEqual(self.call(key).status, 200)
        self.quiet()
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        self.cost, self.reserved = database.execute(
            "SELECT cost_nano, reserved_nano FROM call_record").fetchone()
        database.close()
        self.cap = 10 * self.cost

    def usd(self, amount):
        return amount / 10**9

    def body(self, **more):
        return {"model": MODEL, "max_tokens": 10,
                "messages": [{"role": "user", "content": "Hello"}], **more}

    def call(self, key, **more):
        return self.gateway.post("/v1/chat/completions", self.body(**more), timeout=60,
                                 headers={"Authorization": f"Bearer {key}"})

    def streamed(self, key, abort, **more):
        stream = self.gateway.stream("/v1/chat/completions", self.body(stream=True, **more),
                                     timeout=60, headers={"Authorization": f"Bearer {key}"})
        if abort and stream.status == 200:
            list(itertools.islice(stream.events(), 1))
            stream.close()
            return stream
        stream.all()
        return stream

    def storm(self, keys, **more):
        """Many calls at once; how many were admitted. The others are refused for the budget."""
        def one(number):
            key = keys[number % len(keys)]
            if number % 3 == 0:
                return self.call(key, **more)
            return self.streamed(key, number % 3 == 2, **more)
        answers = at_once(PARALLEL, one)
        failed = [answer for answer in answers if isinstance(answer, Exception)]
        self.assertEqual(failed, [])
        admitted = sum(answer.status == 200 for answer in answers)
        for answer in answers:
            self.assertIn(answer.status, (200, 429), answer)
        self.assertLessEqual(admitted, 10)
        self.assertGreater(admitted, 0)
        self.check()
        return admitted

    def spent(self, scope, name):
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        row = database.execute("SELECT spent_nano FROM budget_counter WHERE scope = ? AND id = ? "
                               "AND duration = ''", (scope, name)).fetchone()
        database.close()
        return row[0] if row else 0

    def test_g1_key(self):
        self.storm([self.new_key(max_budget=self.usd(self.cap))])

    def test_g1_key_with_a_period(self):
        self.storm([self.new_key(max_budget=self.usd(self.cap), budget_duration="30d")])

    def test_g1_team(self):
        team = self.admin("/team/new", {"max_budget": self.usd(self.cap)})["team_id"]
        self.storm([self.new_key(team_id=team) for _ in range(3)])

    def test_g1_user(self):
        user = self.admin("/user/new", {"max_budget": self.usd(self.cap),
                                        "auto_create_key": False})["user_id"]
        self.storm([self.new_key(user_id=user) for _ in range(3)])

    def test_g1_team_member(self):
        team = self.admin("/team/new", {"team_member_budget": self.usd(self.cap)})["team_id"]
        user = self.admin("/user/new", {"auto_create_key": False})["user_id"]
        self.admin("/team/member_add", {"team_id": team,
                                        "member": {"role": "user", "user_id": user},
                                        "max_budget_in_team": self.usd(self.cap)})
        self.storm([self.new_key(team_id=team, user_id=user) for _ in range(2)])

    def test_g1_organization(self):
        organization = self.admin("/organization/new", {
            "organization_alias": "o", "max_budget": self.usd(self.cap)})["organization_id"]
        team = self.admin("/team/new", {"organization_id": organization})["team_id"]
        self.storm([self.new_key(team_id=team) for _ in range(2)])

    def test_g1_end_user(self):
        self.admin("/customer/new", {"user_id": "customer-1", "max_budget": self.usd(self.cap)})
        self.storm([self.new_key() for _ in range(2)], user="customer-1")

    def test_g1_tag(self):
        self.admin("/tag/new", {"name": "capped", "max_budget": self.usd(self.cap)})
        self.storm([self.new_key() for _ in range(2)], metadata={"tags": ["capped"]})

    def test_g1_model_of_a_key(self):
        limit = {"fake/*": {"max_budget": self.usd(self.cap), "budget_duration": "30d"},
                 MODEL: {"max_budget": self.usd(self.cap), "budget_duration": "30d"}}
        self.storm([self.new_key(model_max_budget=limit)])

    def test_g1_model_for_everybody(self):
        self.settings = {"router_settings": {"model_budget_config": {
            "fake/*": {"budget_limit": self.usd(self.cap), "time_period": "30d"}}}}
        self.kill()
        self.start()
        self.storm([self.new_key() for _ in range(3)])

    def test_g1_holds_for_everybody_over_restarts(self):
        self.settings = {
            "litellm_settings": {"max_budget": self.usd(self.cap + self.cost)},
            "router_settings": {"model_budget_config": {
                "fake/*": {"budget_limit": self.usd(self.cap), "time_period": "30d"}}}}
        admitted = 0
        keys = None
        for _ in range(3):
            self.kill()
            self.start()
            keys = keys or [self.new_key() for _ in range(3)]
            for number, answer in enumerate(at_once(40, lambda n: self.streamed(
                    keys[n % 3], n % 2 == 1) if n % 4 else self.call(keys[n % 3]))):
                self.assertIn(answer.status, (200, 429), (number, answer))
                admitted += answer.status == 200
        self.assertLessEqual(admitted, 10)
        self.assertGreater(admitted, 0)
        self.check()

    def test_g1_holds_over_a_restart(self):
        key = self.new_key(max_budget=self.usd(self.cap))
        for _ in range(4):
            self.assertEqual(self.call(key).status, 200)
        self.kill()
        self.start()
        more = at_once(100, lambda _: self.call(key).status)
        self.assertLessEqual(more.count(200), 6)
        self.check()
        self.assertLessEqual(self.spent(5, self.token(key)), self.cap)

    def test_g1_a_regenerated_key_is_the_same_account(self):
        key = self.new_key(max_budget=self.usd(self.cap))
        for _ in range(6):
            self.assertEqual(self.call(key).status, 200)
        self.quiet()
        renewed = self.admin("/key/regenerate", {"key": key, "grace_period": "1h"})["key"]
        info = self.admin(f"/key/info?key={renewed}")["info"]
        self.assertEqual(nano(info["spend"]), 6 * self.cost)
        # The old text is good for an hour, and both spend the same money.
        answers = at_once(60, lambda number: self.call((key, renewed)[number % 2]).status)
        self.assertLessEqual(answers.count(200), 4)
        self.assertEqual(set(answers), {200, 429})
        self.check()

    def token(self, key):
        import hashlib
        return hashlib.sha256(key.encode()).hexdigest()

    def test_g1_everybody_together(self):
        self.stop_gateway()
        config = self.config()
        already = self.cost
        config["litellm_settings"] = {"max_budget": self.usd(self.cap + already)}
        self.start(config)
        self.storm([self.new_key() for _ in range(5)])

    def with_upstream_budgets(self, router=None, **params):
        """The gateway anew, its wildcard deployment bounded."""
        self.stop_gateway()
        config = self.config()
        config["router_settings"].update(router or {})
        for entry in config["model_list"]:
            if entry["model_name"] == "fake/*":
                entry["litellm_params"].update(params)
                entry["model_info"] = {"id": "the-bounded-one"}
        self.start(config)

    def test_g1_deployment(self):
        self.with_upstream_budgets(max_budget=self.usd(self.cap))
        self.storm([self.new_key() for _ in range(3)])
        self.assertLessEqual(self.spent(10, "the-bounded-one"), self.cap)

    def test_g1_deployment_with_a_period(self):
        self.with_upstream_budgets(max_budget=self.usd(self.cap), budget_duration="30d")
        self.storm([self.new_key() for _ in range(3)])

    def test_g1_provider(self):
        self.with_upstream_budgets({"provider_budget_config": {
            "openai": {"budget_limit": self.usd(self.cap), "time_period": "30d"}}})
        self.storm([self.new_key() for _ in range(3)])
        self.assertLessEqual(self.spent(9, "openai"), self.cap)

    def test_g1_deployment_holds_over_a_kill(self):
        self.with_upstream_budgets(max_budget=self.usd(self.cap))
        key = self.new_key()
        for _ in range(4):
            self.assertEqual(self.call(key).status, 200)
        slow = threading.Thread(target=self.broken_call, args=(key,))
        slow.start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 10, "a call under way")
        config = json.loads(self.gateway.config_file.read_text())
        self.kill()
        slow.join()
        self.start(config)
        more = at_once(100, lambda _: self.call(key).status)
        # The call that broke off is settled at what was held back for it, here too.
        self.assertLessEqual(more.count(200), 5)
        self.assertLessEqual(self.spent(10, "the-bounded-one"), self.cap)
        self.assertGreater(self.spent(10, "the-bounded-one"), (4 + more.count(200)) * self.cost)

    def broken_call(self, key):
        try:
            self.call_slow(key)
        except OSError:
            pass

    # G4 to G8, G10.

    def test_g4_a_lowered_cap_holds_for_new_work(self):
        key = self.new_key(max_budget=1)
        slow = [threading.Thread(target=self.call_slow, args=(key,)) for _ in range(5)]
        for thread in slow:
            thread.start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 5, 10, "five calls")
        self.admin("/key/update", {"key": key, "max_budget": 0.0000001})
        self.assertEqual(self.call(key).status, 429)
        for thread in slow:
            thread.join()
        self.quiet()
        under_way = self.rows("SELECT count(*), sum(reserved_nano) FROM call_record WHERE "
                              "requested_model LIKE 'fake/ttfb%' AND status = 'answered'")[0]
        self.assertEqual(under_way[0], 5)
        report = self.check(allow_over_nano=under_way[1])
        self.assertLessEqual(report["figures"]["O"] or 0, under_way[1])

    def call_slow(self, key):
        self.gateway.post("/v1/chat/completions",
                          {**self.body(), "model": "fake/ttfb=1500;tokens=10"}, timeout=60,
                          headers={"Authorization": f"Bearer {key}"})

    def check(self, **options):
        # A lowered cap shows as an overrun of what was admitted before: only there.
        if "allow_over_nano" in options:
            self.quiet()
            from checker.context import Options
            from checker.run import check
            report = check(self.data / "gatehouse.db", self.data / "journal",
                           Options(quiet=True, bill=self.fake.get("/__bill").json(), **options))
            self.assertTrue(report["ok"], json.dumps(report, indent=1)[:4000])
            return report
        return super().check(**options)

    def test_g5_a_revoked_key_is_refused_everywhere(self):
        key = self.new_key()
        stop, late, revoked_at = threading.Event(), [], [None]

        def load():
            while not stop.is_set():
                begun = time.monotonic()
                status = self.call(key).status
                if status == 200 and revoked_at[0] and begun > revoked_at[0] + 1.0:
                    late.append(begun - revoked_at[0])

        threads = [threading.Thread(target=load) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        self.admin("/key/block", {"key": key})
        revoked_at[0] = time.monotonic()
        time.sleep(1.5)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(late, [])
        self.assertEqual(self.call(key).status, 401)
        self.check()

    def test_g6_a_price_is_pinned_when_the_call_begins(self):
        key = self.new_key()
        slow = threading.Thread(target=self.call_slow, args=(key,))
        slow.start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 10, "the call")
        config = self.config()
        for entry in config["model_list"]:
            entry["litellm_params"]["output_cost_per_token"] = 0.5
        self.gateway.write_config(config)
        self.gateway.reload()
        self.gateway.program.wait_for_line("reloaded")
        slow.join()
        self.check()  # the bill knows the old price alone

    def test_g7_what_has_no_price_is_refused(self):
        self.stop_gateway()
        config = self.config()
        unpriced = harness.deployment("unpriced", "nobody-knows-this", self.fake.url + "/v1")
        for name in harness.PRICES:
            del unpriced["litellm_params"][name]
        config["model_list"].append(unpriced)
        self.start(config)
        key = self.new_key(max_budget=1)
        answer = self.gateway.post("/v1/chat/completions", {**self.body(), "model": "unpriced"},
                                   headers={"Authorization": f"Bearer {key}"})
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual([entry for entry in self.fake.bill() if entry["model"] ==
                          "nobody-knows-this"], [])

    def test_g10_a_reset_sent_twice_counts_once(self):
        key = self.new_key(max_budget=self.usd(self.cap))
        for _ in range(3):
            self.assertEqual(self.call(key).status, 200)
        self.quiet()
        for _ in range(2):
            self.admin(f"/key/{self.token(key)}/reset_spend", {"reset_to": 0})
        self.assertEqual(nano(self.admin(f"/key/info?key={key}")["info"]["spend"]), 0)
        self.check()


class RolloverTest(LedgerTest):
    """G3: a period ends under load; each call counts in exactly one."""

    def test_g3_each_call_counts_in_one_period(self):
        self.start()
        key = self.new_key(max_budget=100, budget_duration="2s")
        mix = Mix(self, key, seed=3)
        load = Load(mix, 8)
        time.sleep(7)
        load.stop()
        self.check()
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        rows = database.execute("SELECT windows FROM call_record WHERE reserved_nano > 0").fetchall()
        database.close()
        periods = [[window for window in json.loads(row[0]) if window[1] == "2s"] for row in rows]
        self.assertTrue(all(len(windows) == 1 for windows in periods))
        self.assertGreaterEqual(len({windows[0][2] for windows in periods}), 3)


if __name__ == "__main__":
    unittest.main()
