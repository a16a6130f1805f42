"""Row G9 of faults.md: amounts near 2^63 nano-USD, beyond, negative, zero and no amounts at all,
over the API. (Sums: src/core/money_test.cpp; reservations: src/limits/admission_test.cpp.)"""

import sqlite3
import unittest

from audit_replay import differences
from ledger_support import LedgerTest, nano

MOST = "9223372036.854775807"  # 2^63 - 1 nano-USD
TOO_MUCH = ("9223372036.854775808", "1e10", "1e30", "1e400", '"1e30"', "18446744073.709551616")
NEGATIVE = ("-1", "-0.000000001", "-9223372036.854775808", '"-1"')
NO_NUMBER = ("NaN", "Infinity", "-Infinity", '"NaN"', '"inf"', "true", "{}", "[]", '"five"',
             '"0x10"')


class AmountTest(LedgerTest):
    settings = {"server": {"threads": 1}, "storage": {"settle_interval": "10ms"}}

    def raw(self, path, text):
        return self.gateway.request("POST", path, text,
                                    headers={"Content-Type": "application/json"})

    def targets(self):
        """(path, members of the body as text, the amount's name)."""
        key, team = self.new_key(key_alias="target"), self.admin("/team/new", {})["team_id"]
        user = self.admin("/user/new", {"auto_create_key": False})["user_id"]
        self.admin("/budget/new", {"budget_id": "budget", "max_budget": 1})
        self.admin("/customer/new", {"user_id": "customer"})
        self.admin("/tag/new", {"name": "tag"})
        organization = self.admin("/organization/new", {"organization_alias": "o"})[
            "organization_id"]
        self.admin("/team/member_add", {"team_id": team, "member": {"role": "user",
                                                                    "user_id": user}})
        own_key, own_team = f'"key": "{key}"', f'"team_id": "{team}"'
        own_user = f'"user_id": "{user}"'
        return [
            ("/key/generate", "", "max_budget"), ("/key/generate", "", "soft_budget"),
            ("/key/update", own_key, "max_budget"), ("/key/update", own_key, "spend"),
            (f"/key/{key}/reset_spend", "", "reset_to"),
            ("/team/new", "", "max_budget"), ("/team/new", "", "team_member_budget"),
            ("/team/update", own_team, "max_budget"),
            ("/team/member_update", f"{own_team}, {own_user}", "max_budget_in_team"),
            ("/user/new", "", "max_budget"), ("/user/update", own_user, "max_budget"),
            ("/organization/new", '"organization_alias": "n"', "max_budget"),
            ("/budget/new", "", "max_budget"), ("/budget/new", "", "soft_budget"),
            ("/budget/update", '"budget_id": "budget"', "max_budget"),
            ("/customer/new", '"user_id": "fresh"', "max_budget"),
            ("/customer/update", '"user_id": "customer"', "max_budget"),
            ("/tag/new", '"name": "fresh"', "max_budget"),
            ("/tag/update", '"name": "tag"', "max_budget"),
            ("/spend/reconciliation", '"call_id": "none"', "cost"),
            ("/organization/update", f'"organization_id": "{organization}"', "max_budget"),
        ]

    def state(self):
        """Everything that an order could change."""
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            self.assertEqual(differences(database), [])
            return [database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                    for table in ("audit_log", "adjustment", "budget_counter")]
        finally:
            database.close()

    def test_g9_amounts_that_are_none_are_refused_and_change_nothing(self):
        self.start()
        targets = self.targets()
        before = self.state()
        for path, members, name in targets:
            for value in (*TOO_MUCH, *NEGATIVE, *NO_NUMBER):
                with self.subTest(path=path, name=name, value=value):
                    body = f'{{{members}{", " if members else ""}"{name}": {value}}}'
                    answer = self.raw(path, body)
                    self.assertIn(answer.status, (400, 422), answer)
                    # It says which member (one of a team is told of as the budget that it is), or
                    # that the whole is no JSON.
                    text = answer.body.decode()
                    self.assertTrue(name in text or "max_budget cannot be negative" in text or
                                    "JSON decode error" in text, text)
        self.assertEqual(self.state(), before)
        self.check()
        print(f"G9: {len(targets)} amounts of the API")

    def test_g9_prices_that_are_none_are_refused(self):
        self.start()
        for value in ("1e30", "-0.000001", "NaN", '"NaN"', "1e400"):
            for name in ("input_cost_per_token", "output_cost_per_token"):
                answer = self.raw("/model/new", '{"model_name": "m", "litellm_params": {"model": '
                                  f'"openai/x", "api_key": "k", "{name}": {value}}}}}')
                self.assertIn(answer.status, (400, 422), (value, answer))
        self.assertEqual(self.rows("SELECT * FROM stored_model"), [])
        self.assertEqual(self.gateway.chat("m").status, 400)

    def test_g9_the_ends_of_the_range_are_kept_exactly(self):
        self.start()
        for text in (MOST, "0", "-0", "0.000000001"):
            answer = self.raw("/key/generate", f'{{"max_budget": {text}}}')
            self.assertEqual(answer.status, 200, answer)
            key = answer.json()["key"]
            wanted = abs(nano(text))
            self.assertEqual(self.rows("SELECT max_budget_nano FROM virtual_key ORDER BY "
                                       "created_at_ns DESC LIMIT 1"), [(wanted,)])
            status = self.gateway.chat("fake/tokens=5", max_tokens=20, headers={
                "Authorization": f"Bearer {key}"}).status
            self.assertEqual(status, 200 if text == MOST else 429)
        self.check()

    def test_g9_a_counter_at_its_end_stays_there(self):
        """Nothing can be added to a spend of 2^63 - 1: no call is admitted, whatever the budget."""
        self.start()
        for budget in (MOST, "null"):
            answer = self.raw("/key/generate", f'{{"max_budget": {budget}}}')
            key = answer.json()["key"]
            self.assertEqual(self.raw("/key/update", f'{{"key": "{key}", "spend": {MOST}}}').status,
                             200)
            for _ in range(3):
                answer = self.gateway.chat("fake/tokens=5", max_tokens=20, headers={
                    "Authorization": f"Bearer {key}"})
                self.assertEqual(answer.status, 429, answer)
            self.quiet()
            info = self.gateway.get(f"/key/info?key={key}").body.decode()
            self.assertIn(f'"spend":{MOST}', info.replace(" ", ""))

    def test_g9_outputs_beyond_counting_hold_what_is_left_and_cost_what_they_cost(self):
        config = self.config()
        for entry in config["model_list"]:
            if entry["model_name"] == "chat":
                entry["litellm_params"].update(input_cost_per_token=1, output_cost_per_token=1)
        self.start(config)
        for budget in ("null", MOST):
            key = self.raw("/key/generate", f'{{"max_budget": {budget}}}').json()["key"]
            told = 0
            for members in ('"max_tokens": 9223372036854775807', '"max_tokens": 1e30',
                            '"max_tokens": -1', '"max_tokens": 9223372036854775808',
                            '"n": 9223372036854775807, "max_tokens": 9223372036854775807',
                            '"max_tokens": 9223372036854775'):
                with self.subTest(members=members):
                    answer = self.gateway.request("POST", "/v1/chat/completions", (
                        '{"model": "chat", "messages": [{"role": "user", "content": "x"}], '
                        f'{members}}}'), headers={"Authorization": f"Bearer {key}",
                                                  "Content-Type": "application/json"})
                    self.assertEqual(answer.status, 200, answer)
                    usage = answer.json()["usage"]
                    cost = (usage["prompt_tokens"] + usage["completion_tokens"]) * 10**9
                    self.assertEqual(nano(answer.header("x-litellm-response-cost")), cost)
                    told += cost
            self.quiet()
            info = self.admin(f"/key/info?key={key}")["info"]
            self.assertEqual(nano(info["spend"]), told)
        self.assertEqual(self.rows("SELECT count(*) FROM call_record WHERE reserved_nano <= 0 OR "
                                   "cost_nano > reserved_nano"), [(0,)])


if __name__ == "__main__":
    unittest.main()
