"""Rows F7-F12 of faults.md: one call and one answer for each Idempotency-Key."""

import threading
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest, at_once
from support import harness

DAY = 86_400


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

    def test_f7_a_failure_of_the_provider_is_the_answer_too(self):
        first = self.call("bad", model="fake/status=500")
        self.assertEqual(first.status, 500)
        again = self.call("bad", model="fake/status=500")
        self.assertEqual((again.status, again.json()["error"]["message"]),
                         (500, first.json()["error"]["message"]))
        self.assertEqual(again.header("idempotent-replayed"), "true")
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()

    def test_f7_what_was_refused_before_it_left_may_be_tried_again(self):
        key = self.new_key(max_budget=0)
        self.assertEqual(self.call("poor", key=key).status, 429)
        self.admin("/key/update", {"key": key, "max_budget": 1})
        self.assertEqual(self.call("poor", key=key).status, 200)
        self.assertEqual(len(self.fake.bill()), 1)
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
        keys = []
        for _ in range(2):
            organization = self.admin("/organization/new", {"organization_alias": "o"})
            team = self.admin("/team/new", {"organization_id": organization["organization_id"]})
            keys.append(self.new_key(team_id=team["team_id"]))
        # The first time it runs, then it is replayed: to each tenant its own answer, also to
        # another key of the same team.
        keys.append(self.new_key(team_id=team["team_id"]))
        for calls in (3, 3):
            for number, key in enumerate(keys):
                answer = self.call("shared", model="fake/echo", key=key, text=f"canary-{number}")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json()["choices"][0]["message"]["content"],
                                 f"canary-{number}")
            self.assertEqual(len(self.fake.bill()), calls)
        # Not even the body of another tells that it exists.
        self.assertEqual(self.call("shared", model="fake/echo", key=self.new_key(),
                                   text="canary-0").status, 200)
        self.assertEqual(len(self.fake.bill()), 4)
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

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_f12_after_a_day_it_is_a_new_request(self):
        self.gateway.stop()
        libc = FaultyLibc(self.folder)
        self.start(env=libc.environment)
        first = self.call("daily")
        for seconds, calls in ((0, 1), (DAY - 60, 1), (DAY + 60, 2), (DAY + 120, 2)):
            libc.set(clock_offset_seconds=seconds)
            answer = self.call("daily")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.body == first.body, calls == 1)
            self.assertEqual(len(self.fake.bill()), calls, seconds)
        self.check()

    def test_f12_bad_keys(self):
        for name in ("k" * 256, ""):
            answer = self.call(name)
            self.assertEqual(answer.status, 400, answer)
            self.assertEqual(answer.json()["error"]["param"], "Idempotency-Key")
            self.assertIn("1 to 255 characters", answer.json()["error"]["message"])
        self.assertEqual(self.call("k" * 255).status, 200)
        self.assertEqual(len(self.fake.bill()), 1)
        self.check()


if __name__ == "__main__":
    unittest.main()
