"""Row A8 of faults.md: the process ends before or after an alert is kept, sent or marked as sent.
Every alert arrives at least once, and repetitions have the same event id."""

import http.server
import json
import random
import sqlite3
import threading
import time
import unittest
from collections import Counter, defaultdict

from ledger_support import LedgerTest, number_from
from support import harness

KILLS = number_from("GATEHOUSE_KILLS", 10)
KEYS_A_ROUND = 6


class Receiver:
    """Remembers (event id, body) of everything that comes; `answer(body)` gives the status, or None
    to say nothing until the end of the test."""

    def __init__(self):
        self.received = []
        self.answer = lambda body: 200
        self.over = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.received.append((self.headers["Webhook-Id"], body))
                status = receiver.answer(body)
                if status is None:
                    receiver.over.wait()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # the server was killed

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook?key=url-canary-5d02"

    def ids(self, alias):
        return [event_id for event_id, body in self.received if body["key_alias"] == alias]

    def events(self):
        """What was told → the ids under which it was told."""
        found = defaultdict(set)
        for event_id, body in self.received:
            what = body["event_message"] if body["event"] == "threshold_crossed" else ""
            found[body["key_alias"], body["event"], what].add(event_id)
        return found

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class AlertingTest(LedgerTest):
    settings = {"general_settings": {"alerting": ["webhook"]}, "limits": {"reservation": "lenient"}}

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)

    def start(self, **options):
        return super().start(env={"WEBHOOK_URL": self.receiver.url}, **options)

    def restart(self):
        self.kill()
        self.start()

    def call(self, key, tokens=5):
        return self.gateway.chat(f"fake/tokens={tokens}", max_tokens=tokens,
                                 headers={"Authorization": f"Bearer {key}"})

    def exhausted(self, alias):
        """Makes one event; the key that it is about."""
        key = self.new_key(key_alias=alias, max_budget=0)
        self.assertEqual(self.call(key).status, 429)
        return key

    def lock_database(self):
        """Until the connection is closed nobody else writes."""
        connection = sqlite3.connect(self.data / "gatehouse.db", timeout=20, isolation_level=None,
                                     check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def metric(self, name):
        return self.gateway.metric(name)

    def wait_for_ids(self, alias, count):
        return harness.wait_for(
            lambda: (lambda ids: ids if len(ids) >= count else None)(self.receiver.ids(alias)), 20,
            f"{count} requests about {alias}")

    def assert_told_once(self, alias, key):
        """Nothing is left, and the same again is no news."""
        harness.wait_for(lambda: self.rows("SELECT count(*) FROM alert_outbox") == [(0,)], 20,
                         "an empty outbox")
        before = self.metric('gatehouse_alerts_total{outcome="suppressed"}')
        self.assertEqual(self.call(key).status, 429)
        self.assertEqual(self.metric('gatehouse_alerts_total{outcome="suppressed"}'), before + 1)
        harness.wait_for(lambda: self.metric("gatehouse_alerts_waiting") == 0, 20, "nothing waits")
        self.assertEqual(len(set(self.receiver.ids(alias))), 1)

    def cost_of_a_call(self):
        key = self.new_key()
        self.assertEqual(self.call(key).status, 200)
        return self.admin(f"/key/info?key={key}")["info"]["spend"]


class OutboxTest(AlertingTest):
    # Killed where the alert is.

    def test_before_it_is_kept_nobody_was_told_and_the_next_run_tells(self):
        self.start()
        key = self.new_key(key_alias="early", max_budget=0)
        lock = self.lock_database()
        self.assertEqual(self.call(key).status, 429)
        harness.wait_for(lambda: self.metric("gatehouse_alerts_waiting") == 1)
        self.assertEqual(self.receiver.received, [], "sent before it was kept")
        self.kill()
        lock.close()
        self.assertEqual(self.rows("SELECT * FROM alert_claim"), [])
        self.start()
        self.assertEqual(self.receiver.received, [])
        self.assertEqual(self.call(key).status, 429)
        self.wait_for_ids("early", 1)
        self.assert_told_once("early", key)

    def test_a_share_that_was_passed_untold_is_told_at_the_next_call(self):
        """The call is settled and its client answered; the alert was not kept yet."""
        self.start()
        cost = self.cost_of_a_call()
        key = self.new_key(key_alias="share", max_budget=cost * 1.2)
        lock = self.lock_database()
        self.assertEqual(self.call(key).status, 200)
        harness.wait_for(lambda: self.metric("gatehouse_alerts_waiting") == 1)
        self.kill()
        lock.close()
        self.start()
        self.assertEqual(self.call(key).status, 200)
        harness.wait_for(lambda: len(self.receiver.events()) == 3, 20, "80, 95 and 100 %")
        self.restart()
        self.assertEqual(self.call(key).status, 429)
        harness.wait_for(
            lambda: self.metric('gatehouse_alerts_total{outcome="suppressed"}') >= 1)
        harness.wait_for(lambda: self.metric("gatehouse_alerts_waiting") == 0, 20, "nothing waits")
        self.assertEqual(len(set(self.receiver.ids("share"))), 3)

    def test_while_the_address_refuses(self):
        self.receiver.answer = lambda body: 503
        self.start()
        key = self.exhausted("refused")
        self.wait_for_ids("refused", 2)
        self.kill()
        self.assertEqual(self.rows("SELECT state, channel_kind FROM alert_outbox"),
                         [("waiting", "webhook")])
        self.assertNotIn("url-canary", str(self.rows("SELECT * FROM alert_outbox")))
        self.receiver.answer = lambda body: 200
        sent = len(self.receiver.ids("refused"))
        self.start()
        self.wait_for_ids("refused", sent + 1)
        self.assert_told_once("refused", key)

    def test_while_the_address_says_nothing(self):
        self.receiver.answer = lambda body: None
        self.start()
        key = self.exhausted("silent")
        self.wait_for_ids("silent", 1)
        self.kill()
        self.receiver.answer = lambda body: 200
        self.start()
        self.wait_for_ids("silent", 2)
        self.assert_told_once("silent", key)

    def test_after_it_was_taken_and_before_that_was_noted(self):
        locks = []

        def take_the_lock_and_the_alert(body):
            locks.append(self.lock_database())
            return 200

        self.receiver.answer = take_the_lock_and_the_alert
        self.start()
        key = self.exhausted("taken")
        harness.wait_for(lambda: self.metric('gatehouse_alerts_total{outcome="sent"}') == 1)
        self.kill()
        locks.pop().close()
        self.assertEqual(self.rows("SELECT state FROM alert_outbox"), [("waiting",)])
        self.receiver.answer = lambda body: 200
        self.start()
        self.wait_for_ids("taken", 2)
        self.assert_told_once("taken", key)

    def test_a_start_that_is_killed_while_it_sends(self):
        self.receiver.answer = lambda body: None
        self.start()
        keys = {f"many-{number}": self.exhausted(f"many-{number}") for number in range(5)}
        self.wait_for_ids("many-0", 1)
        harness.wait_for(lambda: self.rows("SELECT count(*) FROM alert_outbox") == [(5,)], 20,
                         "five rows")
        for _ in range(3):
            sent = len(self.receiver.received)
            self.restart()
            harness.wait_for(lambda: len(self.receiver.received) > sent, 20, "another try")
        self.kill()
        self.receiver.answer = lambda body: 200
        self.start()
        for alias, key in keys.items():
            self.wait_for_ids(alias, 1)
            self.assert_told_once(alias, key)

    # A8

    def test_a8_killed_at_random_moments(self):
        chance = random.Random(number_from("GATEHOUSE_SEED", 8))
        self.start()
        cost = self.cost_of_a_call()
        keys = {}
        for number in range(KILLS):
            self.receiver.answer = lambda body: chance.choice((200, 200, 200, 503, None))
            fresh = {f"key-{number}-{i}": self.new_key(key_alias=f"key-{number}-{i}",
                                                       max_budget=cost * 3)
                     for i in range(KEYS_A_ROUND)}
            keys.update(fresh)
            threads = [threading.Thread(target=self.spend, args=(key, chance.uniform(0, 0.3)))
                       for key in fresh.values()]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.0, 0.5))
            self.kill()
            for thread in threads:
                thread.join()
            self.start()
        self.receiver.answer = lambda body: 200
        # Whatever was spent before: now each is exhausted, and asks once more.
        for key in keys.values():
            while self.call(key).status == 200:
                pass
        self.restart()
        for key in keys.values():
            self.assertEqual(self.call(key).status, 429)
        harness.wait_for(lambda: len(self.receiver.events()) >= 3 * len(keys), 60, "all events")
        harness.wait_for(lambda: self.rows("SELECT count(*) FROM alert_outbox") == [(0,)], 60,
                         "an empty outbox")
        events = self.receiver.events()
        told = Counter(alias for alias, _, _ in events)
        self.assertEqual({alias: count for alias, count in told.items() if count != 3}, {})
        self.assertEqual(set(told), set(keys))
        self.assertEqual([event for event, ids in events.items() if len(ids) != 1], [])
        print(f"A8: {KILLS} kills, {len(events)} events, {len(self.receiver.received)} requests")

    def spend(self, key, delay):
        time.sleep(delay)
        for _ in range(5):
            try:
                self.call(key)
            except (OSError, ValueError, __import__("http").client.HTTPException):
                return


class FailingStoreTest(AlertingTest):
    settings = {**AlertingTest.settings, "storage": {"busy_timeout": "100ms"}}

    def test_alerts_go_on_from_memory_without_the_database(self):
        self.start()
        keys = [self.new_key(key_alias=f"memory-{number}", max_budget=0) for number in range(2)]
        lock = self.lock_database()
        self.assertEqual(self.call(keys[0]).status, 429)
        self.wait_for_ids("memory-0", 1)
        self.assertGreaterEqual(self.metric("gatehouse_alert_store_failures_total"), 1)
        self.assertIn("alerts_not_kept", self.gateway.program.output())
        self.assertEqual(self.gateway.chat("chat").status, 200)
        lock.close()
        self.assertEqual(self.call(keys[1]).status, 429)
        self.wait_for_ids("memory-1", 1)
        harness.wait_for(lambda: "alerts_are_kept_again" in self.gateway.program.output())
        self.assert_told_once("memory-1", keys[1])



if __name__ == "__main__":
    unittest.main()
