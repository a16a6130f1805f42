"""Row A7 of faults.md: an administrative change and its row in the audit log are there together or
not at all, whatever the call at which the process ends."""

import http.client
import sqlite3
import unittest

from audit_replay import differences
from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest
from support import harness

# A change that makes more calls than this does not end.
MOST_CALLS = 60


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class AuditTest(LedgerTest):
    def start(self, config=None, **options):
        self.libc = FaultyLibc(self.folder)
        return super().start(config, env=self.libc.environment, **options)

    def log(self):
        """(the differences between the log and the tables, the number of rows of the log)"""
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            return (differences(database),
                    database.execute("SELECT count(*) FROM audit_log").fetchone()[0])
        finally:
            database.close()

    def killed(self, method, path, body, **where):
        """Makes a request and ends the server there. Returns (the answer or None, whether the
        change is there); the server runs again."""
        before = self.log()[1]
        self.libc.set(**where)
        try:
            answer = self.gateway.request(method, path, body)
        except (OSError, http.client.HTTPException):
            answer = None
        if answer is None:
            self.gateway.program.wait(10)
            self.gateway.stop()
            self.start()
        self.libc.set(**{name: 0 for name in where})
        broken, after = self.log()
        self.assertEqual(broken, [], f"{where} of {path}")
        return answer, after > before

    def holds(self, change, prepare=lambda number: None):
        """change(number, prepared) is a request, (method, path, body); `prepare` makes what it
        works on."""
        there = absent = 0
        self.start()
        for number in range(1, MOST_CALLS):
            answer, done = self.killed(*change(number, prepare(number)), kill_at_call=number)
            if answer is not None:
                self.assertEqual(answer.status, 200, answer)
                self.assertTrue(done, "it is not in the log")
                break
            there, absent = there + done, absent + (not done)
        else:
            self.fail(f"it makes more than {MOST_CALLS} calls")
        # Those that matter were among those counted.
        self.assertGreater(absent, 1)
        # What was committed is there, although nobody was told.
        answer, done = self.killed(*change(0, prepare(0)), kill_at_send=1)
        self.assertIsNone(answer)
        self.assertTrue(done)
        print(f"A7: {self.id().rpartition('.')[2]}: {number} kills, {absent} left nothing, "
              f"{there + 1} a whole change; G 0")

    def made_key(self, number, **fields):
        return self.new_key(key_alias=f"prepared-{number}", **fields)

    def test_a7_new_key(self):
        self.holds(lambda number, _: ("POST", "/key/generate", {
            "key_alias": f"new-{number}", "max_budget": 5}))

    def test_a7_changed_key(self):
        self.holds(lambda number, key: ("POST", "/key/update", {"key": key, "max_budget": number}),
                   self.made_key)

    def test_a7_regenerated_key(self):
        self.holds(lambda number, key: ("POST", "/key/regenerate", {"key": key}), self.made_key)

    def test_a7_removed_keys(self):
        self.holds(lambda number, keys: ("POST", "/key/delete", {"keys": keys}),
                   lambda number: [self.new_key() for _ in range(3)])

    def test_a7_new_team_and_its_member(self):
        def prepare(number):
            return self.admin("/user/new", {"auto_create_key": False})["user_id"]

        self.holds(lambda number, user: ("POST", "/team/new", {
            "team_id": f"team-{number}",
            "members_with_roles": [{"role": "user", "user_id": user}]}), prepare)

    def test_a7_changed_members(self):
        def prepare(number):
            user = self.admin("/user/new", {"auto_create_key": False})["user_id"]
            return self.admin("/team/new", {"team_id": f"team-{number}"})["team_id"], user

        self.holds(lambda number, made: ("POST", "/team/member_add", {
            "team_id": made[0], "member": {"role": "user", "user_id": made[1]}}), prepare)

    def test_a7_removed_team_with_its_keys(self):
        def prepare(number):
            team = self.admin("/team/new", {"team_id": f"team-{number}"})["team_id"]
            self.made_key(number, team_id=team)
            return team

        self.holds(lambda number, team: ("POST", "/team/delete", {"team_ids": [team]}), prepare)

    def test_a7_new_user_and_his_key(self):
        self.holds(lambda number, _: ("POST", "/user/new", {"user_alias": f"user-{number}"}))

    def model(self, number):
        return {"model_name": f"stored-{number}", "model_info": {"id": f"model-{number}"},
                "litellm_params": {"model": "openai/x", "api_base": self.fake.url + "/v1",
                                   "allow_private_network": True,
                                   "api_key": harness.UPSTREAM_KEY, **harness.PRICES}}

    def test_a7_new_model(self):
        self.holds(lambda number, _: ("POST", "/model/new", self.model(number)))

    def test_a7_removed_model(self):
        def prepare(number):
            return self.admin("/model/new", self.model(number))["model_id"]

        self.holds(lambda number, model: ("POST", "/model/delete", {"id": model}), prepare)

    def test_a7_the_comparison_finds_half_a_change(self):
        self.start()
        self.made_key(1)
        self.admin("/team/new", {"team_id": "team"})
        self.gateway.stop()
        for damage in ("DELETE FROM audit_log WHERE table_name = 'team'",
                       "DELETE FROM team WHERE team_id = 'team'",
                       "UPDATE virtual_key SET max_budget_nano = 7",
                       "UPDATE virtual_key SET blocked = 1"):
            with self.subTest(damage=damage):
                database = sqlite3.connect(self.data / "gatehouse.db", isolation_level=None)
                database.execute("BEGIN")
                self.assertEqual(differences(database), [])
                database.execute(damage)
                self.assertEqual(len(differences(database)), 1)
                database.execute("ROLLBACK")
                database.close()


if __name__ == "__main__":
    unittest.main()
