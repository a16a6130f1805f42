"""Rows F7-F12 of faults.md: one call and one answer for each Idempotency-Key."""

import threading
import unittest

from ledger_support import LedgerTest, at_once
from support import harness


class IdempotencyTest(LedgerTest):
    def setUp(self):
        super().setUp()
        self.start()

    def call(self, name, model="fake/tokens=5", key=None, text="Hello", **more):
        headers = {"Idempotency-Key": name}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return self.gateway.chat(model, text=text, headers=headers, max_tokens=20, **more)

    def test_f7_one_after_the_other(self):
        first = self.call("one")
        self.assertEqual(first.status, 200)
        for _ in range(3):
            again = self.call("one")
            self.assertEqual((again.status, again.body), (200, first.body))
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()

    def test_f7_streams_are_replayed(self):
        def stream():
            found = self.gateway.chat_stream("fake/tokens=5", headers={"Idempotency-Key": "s"})
            return found.status, found.all()
        first = stream()
        self.assertEqual(first[0], 200)
        self.assertEqual(stream(), first)
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()

    def test_f7_failures_that_cost_nothing_may_be_tried_again(self):
        self.assertEqual(self.call("bad", model="fake/status=500").status, 500)
        self.fake.script("chat-upstream", then="tokens=5")
        self.check()

    def test_f8_fifty_at_once(self):
        answers = at_once(50, lambda _: self.call("fifty", model="fake/ttfb=300;tokens=5"))
        statuses = [answer.status for answer in answers]
        self.assertGreaterEqual(statuses.count(200), 1)
        self.assertEqual(set(statuses) - {200, 409}, set())
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()

    def test_f9_another_body_is_refused(self):
        self.assertEqual(self.call("body").status, 200)
        self.assertEqual(self.call("body", text="Something else").status, 422)
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()

    def test_f10_keys_of_others_are_independent(self):
        answers = []
        for _ in range(2):
            organization = self.admin("/organization/new", {"organization_alias": "o"})
            team = self.admin("/team/new", {"organization_id": organization["organization_id"]})
            answers.append(self.call("shared", key=self.new_key(team_id=team["team_id"]),
                                     text=f"canary-{len(answers)}"))
        self.assertEqual([answer.status for answer in answers], [200, 200])
        self.assertNotEqual(answers[0].json()["id"], answers[1].json()["id"])
        self.assertEqual(len(self.fake.bill()), 2)
        self.check()

    def test_f11_after_a_crash_it_is_replayed_or_unknown(self):
        done = self.call("done")
        self.assertEqual(done.status, 200)

        def hanging():
            try:
                self.call("cut", model="fake/ttfb=2000;tokens=5")
            except (OSError, __import__("http").client.HTTPException):
                pass

        thread = threading.Thread(target=hanging)
        thread.start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 10, "the call upstream")
        self.kill()
        thread.join()
        self.start()
        again = self.call("done")
        self.assertEqual((again.status, again.body), (200, done.body))
        cut = self.call("cut", model="fake/ttfb=2000;tokens=5")
        self.assertEqual(cut.status, 409, cut)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 10, "quiet upstream")
        self.assertEqual(len(self.fake.bill()), 2)
        self.check(in_flight=1)

    def test_f12_bad_keys(self):
        self.assertEqual(self.call("k" * 256).status, 400)
        self.assertEqual(self.call("").status, 400)
        self.assertEqual(self.call("k" * 255).status, 200)
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()


if __name__ == "__main__":
    unittest.main()
