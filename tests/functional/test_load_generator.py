"""The load generator against the fake provider: what it reports is what happened."""

import collections
import pathlib
import shutil
import tempfile
import unittest

import harness
from generator import Generator


class LoadGeneratorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = harness.Fake()
        cls.addClassCleanup(cls.fake.stop)

    def setUp(self):
        self.fake.reset()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def run_load(self, model="fake/tokens=10", stream=False, **options):
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}
        generator = Generator(self.folder, self.fake.port, body, **options)
        self.addCleanup(generator.stop)
        return generator.report()

    def bill(self):
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, what="quiet upstream")
        return self.fake.bill()

    def test_without_departures_every_request_is_answered(self):
        before = self.fake.stats()["connections_opened"]
        report = self.run_load(connections=4, requests=50)
        self.assertEqual((report["begun"], report["requests"]), (200, 200))
        self.assertEqual(report["left"], {"unanswered": 0, "head": 0, "body": 0, "total": 0})
        self.assertEqual(report["statuses"], {"200": 200})
        bill = self.bill()
        self.assertEqual(len(bill), 200)
        self.assertLessEqual(len({entry["connection"] for entry in bill}), 4)
        self.assertGreater(self.fake.stats()["connections_opened"], before)

    def test_clients_leave_at_every_moment_and_come_back(self):
        report = self.run_load("fake/tokens=20;ttfb=1;tps=5000", stream=True, connections=8,
                               requests=100, leave=0.5, expect_end="data: [DONE]")
        self.assertEqual(report["begun"], 800)
        self.assertEqual(report["failures"]["total"], 0, report)
        self.assertEqual(report["statuses"], {"200": report["requests"]})
        # Of about 400 that are to leave; a few answers end before they do.
        self.assertGreater(report["left"]["total"], 300)
        self.assertGreater(report["requests"], 300)
        for moment in ("unanswered", "head", "body"):
            self.assertGreater(report["left"][moment], 50, report)
        bill = self.bill()
        aborted = collections.Counter(entry["aborted"] for entry in bill)
        self.assertGreaterEqual(aborted[False], report["requests"])
        self.assertGreater(aborted[True], 50)
        # A client that resets at once may be gone before its request was read.
        self.assertLessEqual(len(bill), 800)
        self.assertGreaterEqual(len(bill), 800 - report["left"]["unanswered"])
        # Each departure costs a connection.
        self.assertGreater(len({entry["connection"] for entry in bill}), report["left"]["total"] / 2)

    def test_the_same_seed_leaves_the_same_requests(self):
        # The answers take longer than any silence: who leaves does not depend on time.
        options = {"connections": 5, "requests": 20, "leave": 0.4}
        first, again, other = (
            self.run_load("fake/tokens=3;ttfb=20", seed=seed, **options)["left"]
            for seed in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_all_may_leave(self):
        report = self.run_load("fake/tokens=2000", connections=2, requests=100, leave=1)
        self.assertEqual(report["begun"], 200)
        self.assertEqual(report["failures"]["total"], 0, report)
        self.assertGreater(report["left"]["total"], 130)

    def test_refusals_are_counted_by_status(self):
        report = self.run_load("fake/status=429", connections=2, requests=10)
        self.assertEqual(report["requests"], 0)
        self.assertEqual(report["statuses"], {"429": 20})
        self.assertEqual(report["failures"]["status"], 20)
        self.assertTrue(report["first_failure"].startswith("status: 429 "), report)

    def test_a_share_is_a_share(self):
        for share in ("-0.1", "1.1", "much"):
            with self.assertRaisesRegex(AssertionError, "--leave"):
                self.run_load(leave=share)


if __name__ == "__main__":
    unittest.main()
