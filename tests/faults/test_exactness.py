"""The same totals, to the nano-USD, in the provider's bill, the ledger, every sum, every route and
the metrics."""

import sqlite3
import unittest

from ledger_support import Load, LedgerTest, Mix, nano, number_from

CALLS = number_from("GATEHOUSE_EXACT_CALLS", 1000)


class ExactnessTest(LedgerTest):
    def mixed(self, mix, interrupted):
        """Also calls that are tried again, and that fall back to another group."""
        kinds = [kind for kind in mix.kinds() if interrupted or kind != mix.aborted]
        retried = lambda _: mix.post("/v1/chat/completions", mix.body("flaky"))  # noqa: E731
        fallen = lambda _: mix.post("/v1/chat/completions", mix.body("falls"))  # noqa: E731
        mix.kinds = lambda: (*kinds, retried, fallen)

    def config(self):
        config = super().config()
        base = self.fake.url + "/v1"
        from support import harness
        config["model_list"] += [
            harness.deployment("flaky", "fake/flap=30;tokens=7", base),
            harness.deployment("falls", "fake/status=500", base),
        ]
        config["router_settings"] = {"num_retries": 2, "disable_cooldowns": True,
                                     "retry_after": 0, "fallbacks": [{"falls": ["chat"]}]}
        return config

    def test_everything_says_the_same(self):
        """Calls that clients broke off are finished for their bill, so that nothing is estimated."""
        self.settings = {"limits": {"abandoned_calls": "finish_all"}}
        self.equals_the_bill(True, CALLS)

    def test_without_interrupted_calls_nothing_is_estimated(self):
        self.equals_the_bill(False, max(200, CALLS // 5))

    def test_cancelled_calls_are_estimated_and_nothing_else_differs(self):
        self.compare(True, max(200, CALLS // 5))

    def equals_the_bill(self, interrupted, calls):
        report = self.compare(interrupted, calls)
        self.assertEqual(report["figures"]["D"], 0)
        self.assertEqual(report["more"]["estimated_calls"], 0)

    def compare(self, interrupted, calls):
        self.start()
        user = self.admin("/user/new", {"auto_create_key": False})["user_id"]
        team = self.admin("/team/new", {})["team_id"]
        key = self.new_key(user_id=user, team_id=team, max_budget=1000)
        mix = Mix(self, key, seed=2)
        self.mixed(mix, interrupted)
        before = self.gateway.metric("litellm_spend_metric")
        Load(mix, 16, calls=calls).join(900)
        report = self.check()
        billed = sum(entry["cost_nano_usd"] for entry in self.fake.bill())
        self.assertGreater(billed, 0)
        self.assertEqual(self.fake.get("/__bill").json()["totals"]["cost_nano_usd"], billed)

        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        one = lambda sql: database.execute(sql).fetchone()[0]  # noqa: E731
        totals = {
            "ledger": one("SELECT sum(cost_nano) FROM call_record"),
            "daily": one("SELECT sum(spend_nano) FROM daily_usage"),
            "counter": one("SELECT spent_nano FROM budget_counter WHERE scope = 0"),
            "metric": int((self.gateway.metric("litellm_spend_metric") - before) * 10**9),
            "key": nano(self.admin(f"/key/info?key={key}")["info"]["spend"]),
            "user": nano(self.admin(f"/user/info?user_id={user}")["user_info"]["spend"]),
            "team": nano(self.admin(f"/team/info?team_id={team}")["team_info"]["spend"]),
        }
        days = [one(f"SELECT date({which}(started_at_ns) / 1000000000, 'unixepoch') FROM "
                    "call_record") for which in ("min", "max")]
        database.close()
        self.add_routes(totals, key, *days)
        self.assertEqual(totals, dict.fromkeys(totals, totals["ledger"]))
        # Calls that were cancelled are estimated; nothing else may differ from the bill.
        more = report["more"]
        self.assertEqual(totals["ledger"] - billed,
                         more["estimated_above_nano"] - more["estimated_below_nano"])
        print(f"exact: {calls} calls, {mix.done} answered, {totals['ledger']} nano-USD everywhere, "
              f"bill {billed}; {more}; figures {report['figures']}")
        return report

    def add_routes(self, totals, key, first, last):
        total = self.admin("/global/spend")
        totals["/global/spend"] = nano(total["spend"] if isinstance(total, dict) else total)
        keys = self.admin("/global/spend/keys?limit=10")
        totals["/global/spend/keys"] = sum(nano(row["total_spend"]) for row in keys)
        models = self.admin("/global/spend/models?limit=1000")
        totals["/global/spend/models"] = sum(nano(row["total_spend"]) for row in models)
        logs = self.gateway.get(f"/spend/logs?api_key={key}").json()
        totals["/spend/logs"] = sum(nano(row["spend"]) for row in logs)
        found, page = 0, 1
        while True:
            activity = self.admin(f"/user/daily/activity?start_date={first}&end_date={last}"
                                  f"&page_size=1000&page={page}")["metadata"]
            found += nano(activity["total_spend"])
            if not activity["has_more"]:
                break
            page += 1
        totals["/user/daily/activity"] = found


if __name__ == "__main__":
    unittest.main()
