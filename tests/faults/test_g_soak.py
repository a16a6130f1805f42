"""Row G8 of faults.md: clients that leave at any moment, up to a million calls. Nothing stays
reserved, and nothing is lost or charged twice."""

import collections
import hashlib
import json
import math
import threading
import time
import unittest
from dataclasses import dataclass, field

from ledger_support import LedgerTest, number_from
from support import SANITIZED, assert_peak, harness

from checker.bill import measure
from generator import Generator

CALLS = number_from("GATEHOUSE_ABORTS", 3000)
SEED = number_from("GATEHOUSE_SEED", 8)
LEAVE = 0.35
LIMIT = max(120.0, CALLS / 200)  # seconds
PARALLEL = 4
RATE = 1_000_000_000  # more than anybody uses
# Scopes of budget_counter.
ORGANIZATION, TEAM, USER, KEY, END_USER, TAG, DEPLOYMENT = 1, 2, 4, 5, 6, 7, 10


@dataclass
class Crowd:
    """Clients that send the same request with a key of their own."""
    share: float
    connections: int
    model: str
    stream: bool = False
    path: str = "/v1/chat/completions"
    key: dict = field(default_factory=dict)      # what its key is made with
    members: dict = field(default_factory=dict)  # of the body
    refuses: bool = False                        # refusals are part of it
    text: str = ""                               # of the key
    sent: int = 0

    def body(self):
        return {"model": self.model, "max_tokens": 60, "stream": self.stream,
                "messages": [{"role": "user", "content": "Hello"}], **self.members}


class SoakTest(LedgerTest):
    abandoned = "finish_whole_replies"
    fake_options = ("--record", "0", "--threads", "1", "--bill", str(CALLS + 100_000))

    def config(self):
        config = super().config()
        config["model_list"].append({
            **harness.deployment("bounded", "fake/tokens=10", self.fake.url + "/v1",
                                 max_budget=100_000),
            "model_info": {"id": "the-bounded-one"}})
        # One window for the whole run, so that what is left of a rate tells what was used.
        config["limits"] = {"rate_limit_window": "1h", "abandoned_calls": self.abandoned}
        return config

    def people(self):
        """Everybody's keys. The first crowd is charged to every scope."""
        self.organization = self.admin("/organization/new", {
            "organization_alias": "o", "max_budget": 100_000})["organization_id"]
        self.team = self.admin("/team/new", {"organization_id": self.organization,
                                             "max_budget": 100_000})["team_id"]
        self.user = self.admin("/user/new", {"max_budget": 100_000,
                                             "auto_create_key": False})["user_id"]
        self.admin("/tag/new", {"name": "soak", "max_budget": 100_000})
        self.admin("/customer/new", {"user_id": "customer", "max_budget": 100_000})
        team = {"team_id": self.team}
        everybody = {"user": "customer", "metadata": {"tags": ["soak"]}}
        paced = "tokens=20;ttfb=2;tps=2000"
        messages = "/v1/messages"
        crowds = {
            "bounded": Crowd(.25, 16, "bounded", members=everybody, key=team),
            "fast": Crowd(.2, 8, "fake/tokens=30", True, key=team),
            "paced": Crowd(.1, 48, "fake/" + paced, True, key={"rpm_limit": RATE,
                                                               "tpm_limit": RATE}),
            "messages": Crowd(.12, 12, "anthropic-fake/tokens=10;ttfb=2", path=messages,
                              key={"user_id": self.user}),
            "messages stream": Crowd(.08, 24, "anthropic-fake/" + paced, True, messages, key=team),
            "translated": Crowd(.08, 8, "fake/tokens=25", True, messages),
            "poor": Crowd(.06, 6, "fake/tokens=5", refuses=True,
                          key={"max_budget": CALLS * .03 * 15e-6}),
            "renewed": Crowd(.06, 6, "fake/tokens=5", True, refuses=True,
                             key={"max_budget": .0003, "budget_duration": "2s"}),
            "narrow": Crowd(.05, 12, "fake/" + paced, True, refuses=True,
                            key={"max_parallel_requests": PARALLEL}),
        }
        for name, crowd in crowds.items():
            crowd.text = self.new_key(key_alias=name, **{"max_budget": 100_000, **crowd.key})
        return crowds

    def soak(self, crowds, calls, seed):
        """The reports by crowd."""
        generators = {}
        for name, crowd in crowds.items():
            requests = math.ceil(calls * crowd.share / crowd.connections)
            generators[name] = Generator(
                self.folder, self.gateway.port, crowd.body(), path=crowd.path,
                headers={"Authorization": f"Bearer {crowd.text}"}, connections=crowd.connections,
                requests=requests, leave=LEAVE, seed=seed, timeout_ms=60_000)
            self.addCleanup(generators[name].stop)
        reports = {name: generator.report(LIMIT) for name, generator in generators.items()}
        for name, report in reports.items():
            crowd, failures = crowds[name], report["failures"]
            crowd.sent += report["begun"]
            self.assertEqual(failures["total"], failures["status"], (name, report))
            statuses = {"200", "429"} if crowd.refuses else {"200"}
            self.assertLessEqual(set(report["statuses"]), statuses, (name, report))
        return reports

    def calm(self):
        """Nothing is under way and all is in the database, by the server's own account."""
        harness.wait_for(lambda: not any(self.gauges().values()), 60, "gauges at zero")

    def gauges(self):
        names = ("litellm_in_flight_requests", "gatehouse_deployment_in_flight_requests",
                 "gatehouse_ledger_open_reservations", "gatehouse_ledger_pending_bytes")
        lines = [line for line in self.gateway.get("/metrics").body.decode().splitlines()
                 if line.startswith(names)]
        found = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}
        self.assertEqual({name for name in names if any(key.startswith(name) for key in found)},
                         set(names))
        return found

    # What is left of everything.

    def probe(self, text, wait=0, **members):
        """A call whose price is known."""
        self.probes[text] += 1
        return self.gateway.post("/v1/chat/completions", {
            "model": f"fake/tokens=10;ttfb={wait}", "max_tokens": 10,
            "messages": [{"role": "user", "content": "Hello"}], **members},
            headers={"Authorization": f"Bearer {text}"}, timeout=60)

    def token(self, text):
        return hashlib.sha256(text.encode()).hexdigest()

    def spent(self, scope, name):
        rows = self.rows(f"SELECT spent_nano FROM budget_counter WHERE scope = {scope} AND id = "
                         f"'{name}' AND duration = ''")
        return rows[0][0] if rows else 0

    def prices(self, text, **members):
        """What a probe costs and what is held back for it."""
        form = json.dumps(members)
        if form not in self.known_prices:
            answer = self.probe(text, **members)
            self.assertEqual(answer.status, 200, answer)
            self.calm()
            self.known_prices[form] = self.rows(
                "SELECT cost_nano, reserved_nano FROM call_record ORDER BY seq DESC LIMIT 1")[0]
        return self.known_prices[form]

    def use_to_the_last(self, what, text, scope, name, bound, **members):
        """With room for two more probes two are admitted, and no third: had a single nano-USD
        stayed reserved, the second would be refused."""
        cost, reserved = self.prices(text, **members)
        self.assertGreater(reserved, cost)
        self.calm()
        bound((self.spent(scope, name) + cost + reserved) / 1e9)
        answers = [self.probe(text, **members).status for _ in range(3)]
        bound(100_000)
        self.assertEqual(answers, [200, 200, 429], what)

    def budgets_are_whole(self, crowds):
        for name, crowd in crowds.items():
            if name == "renewed":
                continue  # its periods end by themselves

            def bound(usd, key=crowd.text):
                self.admin("/key/update", {"key": key, "max_budget": usd})

            account = self.token(crowd.text)
            bound(100_000)
            self.use_to_the_last(name, crowd.text, KEY, account, bound)
            # As much as it began with is there again.
            self.calm()
            bound(self.spent(KEY, account) / 1e9 + crowd.key.get("max_budget", 100_000))
        everything = {"model": "bounded", "user": "customer", "metadata": {"tags": ["soak"]}}
        for who, scope, name, path, subject in (
                ("bounded", ORGANIZATION, self.organization, "/organization/update",
                 "organization_id"),
                ("bounded", TEAM, self.team, "/team/update", "team_id"),
                # A user's budget holds for keys without a team.
                ("messages", USER, self.user, "/user/update", "user_id"),
                ("bounded", END_USER, "customer", "/customer/update", "user_id"),
                ("bounded", TAG, "soak", "/tag/update", "name")):
            self.use_to_the_last(path, crowds[who].text, scope, name, lambda usd: self.admin(
                path, {subject: name, "max_budget": usd}), **everything)
        self.use_to_the_last("deployment", crowds["bounded"].text, DEPLOYMENT, "the-bounded-one",
                             self.bound_deployment, **everything)

    def bound_deployment(self, usd):
        config = json.loads(self.gateway.config_file.read_text())
        for entry in config["model_list"]:
            if entry["model_name"] == "bounded":
                entry["litellm_params"]["max_budget"] = usd
        self.gateway.write_config(config)
        seen = len(self.gateway.program.lines)
        self.gateway.reload()
        self.gateway.program.wait_for_line("reloaded", start=seen)

    def parallel_calls_are_free(self, text):
        """As many as are allowed are admitted at once, and no more."""
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.probe(text, wait=1500)))
                   for _ in range(PARALLEL)]
        for thread in threads:
            thread.start()
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == PARALLEL, 10, "all at once")
        self.assertEqual(self.probe(text).status, 429)
        for thread in threads:
            thread.join()
        self.assertEqual([answer.status for answer in answers], [200] * PARALLEL)

    def rates_are_whole(self, text):
        """What is left of rpm and tpm is what the records say."""
        answer = self.probe(text)
        self.calm()
        requests, tokens = self.rows(
            # Without a reservation it was over before it was admitted.
            "SELECT sum(reserved_nano > 0), sum(prompt_tokens + completion_tokens) FROM call_record WHERE "
            f"api_key = '{self.token(text)}'")[0]
        left = {name: RATE - int(answer.header(f"x-ratelimit-api_key-remaining-{name}"))
                for name in ("requests", "tokens")}
        self.assertEqual(left, {"requests": requests, "tokens": tokens})

    def records_are_complete(self, crowds, reports):
        """Each answer that was read to its end has a record; a client that left may have been gone
        before its request was read."""
        records = dict(self.rows("SELECT api_key, count(*) FROM call_record GROUP BY api_key"))
        for name, crowd in crowds.items():
            found = records[self.token(crowd.text)] - self.probes[crowd.text]
            complete = sum(sum(one[name]["statuses"].values()) for one in reports)
            self.assertLessEqual(found, crowd.sent, name)
            self.assertGreaterEqual(found, complete, name)

    def footprint(self):
        """Memory and descriptors, but for connections that are kept for later calls."""
        found = measure(self.gateway.program.pid)
        return {**found, "fds": found["fds"] - self.fake.stats()["connections_open"]}

    def nothing_is_held(self, crowds):
        self.calm()
        self.rates_are_whole(crowds["paced"].text)
        self.parallel_calls_are_free(crowds["narrow"].text)
        self.budgets_are_whole(crowds)
        self.calm()

    def test_g8_aborted_calls_leave_nothing_reserved(self):
        self.soak_and_check()

    def test_g8_calls_that_are_finished_cost_what_the_provider_bills(self):
        self.abandoned = "finish_all"
        report = self.soak_and_check()
        self.assertEqual(report["figures"]["D"], 0)
        self.assertEqual(report["more"]["estimated_calls"], 0)
        self.assertEqual(report["more"]["ledger_nano"], report["more"]["billed_nano"])

    def soak_and_check(self):
        self.start()
        self.known_prices, self.probes = {}, collections.Counter()
        crowds = self.people()
        # Caches and pools are as large as they get after some ten thousand calls.
        warm = self.soak(crowds, min(CALLS / 3, 50_000), SEED)
        self.nothing_is_held(crowds)
        baseline = self.footprint()
        begin = time.monotonic()
        reports = self.soak(crowds, CALLS - sum(crowd.sent for crowd in crowds.values()), SEED + 1)
        seconds = time.monotonic() - begin
        self.calm()
        settled = time.monotonic() - begin - seconds
        harness.wait_for(lambda: self.footprint()["fds"] <= baseline["fds"] + 2, 10,
                         "descriptors are back")
        after = self.footprint()
        self.records_are_complete(crowds, [warm, reports])
        total = {name: sum(one["left"][name] for run in (warm, reports) for one in run.values())
                 for name in ("unanswered", "head", "body", "total")}
        refused = sum(one["statuses"].get("429", 0) for run in (warm, reports)
                      for one in run.values())
        print(f"{sum(crowd.sent for crowd in crowds.values())} calls in {seconds:.0f} s and settled "
              f"in {settled:.1f} s, left {total}, refused {refused}, before {baseline}, after "
              f"{after}", flush=True)
        for name in ("unanswered", "head", "body"):
            self.assertGreater(total[name], CALLS / 100)
        for name in ("poor", "renewed", "narrow"):
            self.assertGreater(reports[name]["statuses"].get("429", 0), 0, name)
        self.nothing_is_held(crowds)
        assert_peak(self, self.gateway)
        begin = time.monotonic()
        report = self.check(
            pid=self.gateway.program.pid, left_unanswered=total["unanswered"],
            # What was freed stays with a sanitizer.
            baseline=None if SANITIZED else {"rss_kib": baseline["rss_kib"]})
        print(f"figures {report['figures']}, {report['more']}, checker "
              f"{time.monotonic() - begin:.0f} s", flush=True)
        self.assertEqual(report["more"]["open_reservations"], 0)
        self.assertEqual(report["more"]["pending_nano"], 0)
        return report


if __name__ == "__main__":
    unittest.main()
