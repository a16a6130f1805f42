"""Spend and usage (litellm-contract.md 1.7): every figure equals the upstream's bill to the nano-USD."""

import datetime
import json
import unittest
from decimal import Decimal

from admin import AdminTest, bearer, hash_of


def day(offset=0):
    return (datetime.datetime.now(datetime.timezone.utc).date()
            + datetime.timedelta(days=offset)).isoformat()


def nano(value):
    """USD as nano-USD; exact."""
    amount = Decimal(value) * 10**9
    assert amount == amount.to_integral_value(), value
    return int(amount)


# Calls around midnight would be of two days: ranges begin a day early and end a day late.
DAYS = f"start_date={day(-1)}&end_date={day(1)}"
METRICS = {"spend", "prompt_tokens", "completion_tokens", "cache_read_input_tokens",
           "cache_creation_input_tokens", "total_tokens", "successful_requests",
           "failed_requests", "api_requests"}


class SpendTest(AdminTest):
    """Two people with a key each: alice in a team, for a customer and with tags; bob alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls("run_nothing")
        admin.post("/team/new", {"team_id": "red", "team_alias": "Red Team"})
        for user in ("alice", "bob"):
            admin.post("/user/new", {"user_id": user, "user_role": "internal_user",
                                     "auto_create_key": False})
        cls.alice = admin.new_key(user_id="alice", team_id="red", key_alias="alices")["key"]
        cls.bob = admin.new_key(user_id="bob", key_alias="bobs")["key"]
        cls.spent = {}
        cls.bill_of("alice", lambda: cls.call_as_alice())
        cls.bill_of("bob", lambda: cls.call_as_bob())
        cls.total = sum(cls.spent.values())

    def run_nothing(self):
        """For an instance that is no test."""

    @classmethod
    def bill_of(cls, name, calls):
        cls.fake.reset()
        count = calls()
        cls.spent[name] = sum(entry["cost_nano_usd"] for entry in cls.fake.wait_for_bill(count))

    @classmethod
    def call_as_alice(cls):
        more = {"user": "eve", "metadata": {"tags": ["prod", "job"]}}
        for text in ("Hello", "How are you?", "x" * 777):
            answer = cls.gateway.chat("chat", text=text, headers=bearer(cls.alice), **more)
            assert answer.status == 200, answer
        stream = cls.gateway.chat_stream("chat", headers=bearer(cls.alice), **more)
        stream.all()
        return 4

    @classmethod
    def call_as_bob(cls):
        answer = cls.gateway.messages("claude", headers=bearer(cls.bob))
        assert answer.status == 200, answer
        cls.message_id = answer.json()["id"]
        answer = cls.gateway.post("/v1/embeddings", {"model": "chat", "input": "abc"},
                                  headers=bearer(cls.bob))
        assert answer.status == 200, answer
        answer = cls.gateway.chat("fake/status=500", headers=bearer(cls.bob))
        assert answer.status >= 500, answer
        return 2

    def exact(self, path, key=None, status=200):
        """The JSON answer with exact numbers."""
        answer = self.gateway.get(path, headers=bearer(key) if key else None)
        self.assertEqual(answer.status, status, f"{path}: {answer}")
        return json.loads(answer.body, parse_float=Decimal)

    def sum_of(self, rows, name="spend"):
        return sum(nano(row[name]) for row in rows)


class LogTest(SpendTest):
    def test_rows_of_a_key_by_its_text_and_by_its_hash(self):
        for name in (self.alice, hash_of(self.alice)):
            rows = self.exact(f"/spend/logs?api_key={name}")
            self.assertEqual(len(rows), 4)
            self.assertEqual(self.sum_of(rows), self.spent["alice"])

    def test_a_row_has_the_contracts_fields(self):
        row = self.exact(f"/spend/logs?api_key={self.alice}")[0]
        for name in ("request_id", "call_type", "api_key", "spend", "total_tokens",
                     "prompt_tokens", "completion_tokens", "startTime", "endTime",
                     "completionStartTime", "model", "model_id", "model_group",
                     "custom_llm_provider", "api_base", "user", "metadata", "cache_hit",
                     "cache_key", "request_tags", "team_id", "organization_id", "end_user",
                     "requester_ip_address", "session_id", "status", "agent_id", "messages",
                     "response", "proxy_server_request"):
            self.assertIn(name, row)
        self.assertEqual(row["call_type"], "acompletion")
        self.assertEqual(row["api_key"], hash_of(self.alice))
        self.assertEqual(row["user"], "alice")
        self.assertEqual(row["team_id"], "red")
        self.assertEqual(row["end_user"], "eve")
        self.assertEqual(row["model_group"], "chat")
        self.assertEqual(row["custom_llm_provider"], "openai")
        self.assertEqual(row["status"], "success")
        self.assertEqual(row["cache_hit"], "False")
        self.assertEqual(sorted(row["request_tags"]), ["job", "prod"])
        self.assertEqual(row["total_tokens"], row["prompt_tokens"] + row["completion_tokens"])
        metadata = row["metadata"]
        self.assertEqual(metadata["user_api_key"], hash_of(self.alice))
        self.assertEqual(metadata["user_api_key_alias"], "alices")
        self.assertEqual(metadata["user_api_key_user_id"], "alice")
        self.assertEqual(metadata["status"], "success")
        self.assertIsNone(metadata["error_information"])

    def test_one_request(self):
        rows = self.exact(f"/spend/logs?request_id={self.message_id}")
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["call_type"], "anthropic_messages")
        self.assertEqual(self.exact("/spend/logs?request_id=nothing"), [])

    def test_a_failed_call_is_a_row_with_its_error(self):
        rows = [row for row in self.exact("/spend/logs?user_id=bob") if row["status"] == "failure"]
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["spend"], 0)
        error = rows[0]["metadata"]["error_information"]
        self.assertEqual(set(error), {"error_code", "error_class", "error_message", "traceback",
                                      "llm_provider"})

    def test_all_rows(self):
        rows = self.exact("/spend/logs")
        self.assertEqual(self.sum_of(rows), self.total)
        self.assertEqual([row["startTime"] for row in rows],
                         sorted((row["startTime"] for row in rows), reverse=True))
        self.assertEqual(self.exact(f"/spend/logs?{DAYS}&summarize=false"), rows)

    def test_the_summary_by_day(self):
        days = self.exact(f"/spend/logs?start_date={day(-1)}&end_date={day(2)}")
        self.assertEqual(self.sum_of(days), self.total)
        hit = next(row for row in days if row["spend"])
        self.assertIn("alice", hit["users"])
        self.assertIn(hash_of(self.alice), hit)
        self.assertTrue(hit["models"])
        self.assertEqual(days[-1], {"startTime": day(1), "spend": 0, "users": {}, "models": {}})

    def test_the_summary_ends_before_its_last_day(self):
        self.assertEqual(self.exact(f"/spend/logs?start_date={day(-3)}&end_date={day(-1)}"), [])

    def test_the_summary_of_a_key(self):
        days = self.exact(f"/spend/logs?api_key={self.bob}&start_date={day(-1)}&end_date={day(2)}")
        self.assertEqual(self.sum_of(days), self.spent["bob"])


class LogPageTest(SpendTest):
    def page(self, query, path="/spend/logs/v2", **options):
        return self.exact(f"{path}?{DAYS}&{query}", **options)

    def test_pages(self):
        first = self.page("page_size=3")
        self.assertEqual(set(first), {"data", "total", "page", "page_size", "total_pages"})
        self.assertEqual((first["total"], first["page"], first["page_size"],
                          first["total_pages"]), (7, 1, 3, 3))
        rows = [row for page in (1, 2, 3)
                for row in self.page(f"page_size=3&page={page}")["data"]]
        self.assertEqual(len({row["request_id"] for row in rows}), 7)
        self.assertEqual(self.sum_of(rows), self.total)

    def test_filters(self):
        for query, count in (("user_id=alice", 4), ("team_id=red", 4), ("end_user=eve", 4),
                             (f"api_key={hash_of(self.bob)}", 3), ("key_alias=bobs", 3),
                             ("status_filter=failure", 1), ("status_filter=success", 6),
                             ("model_group=claude", 1), ("min_spend=1000", 0),
                             (f"request_id={self.message_id}", 1), ("session_id=none", 0)):
            with self.subTest(query):
                page = self.page(query)
                self.assertEqual((len(page["data"]), page["total"]), (count, count))

    def test_sorting(self):
        for by in ("startTime", "endTime", "spend", "total_tokens"):
            rising = [row[by] for row in self.page(f"sort_by={by}&sort_order=asc")["data"]]
            self.assertEqual(rising, sorted(rising), by)
        self.assertEqual(self.page("sort_by=color", status=400)["error"]["type"], "bad_request")

    def test_sessions_on_the_page_of_the_dashboard(self):
        for row in self.page("", path="/spend/logs/ui")["data"]:
            self.assertGreaterEqual(row["session_total_count"], 1)

    def test_wrong_input(self):
        for query in ("", f"start_date={day()}", "start_date=yesterday&end_date=today"):
            error = self.refused("GET", f"/spend/logs/v2?{query}", status=400)
            self.assertEqual(error["type"], "bad_request")
        self.page("page_size=101", status=422)
        self.page("page=0", status=422)
        self.page("status_filter=odd", status=422)

    def test_times_of_the_day(self):
        later = f"start_date={day(1)}%2000:00:00&end_date={day(1)}%2023:59:59"
        self.assertEqual(self.exact(f"/spend/logs/ui?{later}")["total"], 0)


class ListTest(SpendTest):
    def test_keys_by_spend(self):
        rows = {row["key_alias"]: row for row in self.exact("/spend/keys")}
        self.assertEqual(nano(rows["alices"]["spend"]), self.spent["alice"])
        self.assertEqual(nano(rows["bobs"]["spend"]), self.spent["bob"])

    def test_users_by_spend(self):
        rows = {row["user_id"]: row for row in self.exact("/spend/users")}
        self.assertEqual(nano(rows["bob"]["spend"]), self.spent["bob"])
        one = self.exact("/spend/users?user_id=alice")
        self.assertEqual([nano(row["spend"]) for row in one], [self.spent["alice"]])
        self.assertEqual(self.exact("/spend/users?user_id=nobody"), [])

    def test_tags(self):
        rows = {row["individual_request_tag"]: row for row in self.exact("/spend/tags")}
        self.assertEqual(set(rows), {"prod", "job"})
        self.assertEqual(rows["prod"]["log_count"], 4)
        self.assertEqual(nano(rows["prod"]["total_spend"]), self.spent["alice"])

    def test_the_price_of_a_call(self):
        usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
        body = {"completion_response": {"model": "chat", "usage": usage}}
        self.assertEqual(self.post("/spend/calculate", body), {"cost": 0.00102})
        asked = {"model": "chat", "messages": [{"role": "user", "content": "Hello"}]}
        self.assertGreater(self.post("/spend/calculate", asked)["cost"], 0)
        self.assertIn("error", self.post("/spend/calculate", {}, status=400)["detail"])
        self.post("/spend/calculate", {"model": "none", "messages": []}, status=400)


class GlobalTest(SpendTest):
    def test_totals(self):
        self.assertEqual(nano(self.exact("/global/spend")["spend"]), self.total)
        self.assertEqual(self.sum_of(self.exact("/global/spend/logs")), self.total)
        of_key = self.exact(f"/global/spend/logs?api_key={self.bob}")
        self.assertEqual(self.sum_of(of_key), self.spent["bob"])

    def test_keys(self):
        rows = self.exact("/global/spend/keys?limit=2")
        self.assertEqual(len(rows), 2)
        self.assertEqual(set(rows[0]), {"api_key", "key_alias", "key_name", "total_spend"})
        spends = {row["key_alias"]: nano(row["total_spend"]) for row in rows}
        self.assertEqual(spends, {"alices": self.spent["alice"], "bobs": self.spent["bob"]})
        self.assertEqual(len(self.exact("/global/spend/keys?limit=1")), 1)

    def test_models_and_providers(self):
        rows = self.exact("/global/spend/models")
        self.assertEqual(self.sum_of(rows, "total_spend"), self.total)
        self.assertEqual(set(rows[0]), {"model", "total_spend"})
        rows = self.exact(f"/global/spend/provider?{DAYS}")
        self.assertEqual({row["provider"] for row in rows}, {"openai", "anthropic"})
        self.assertEqual(self.sum_of(rows), self.total)

    def test_teams(self):
        teams = self.exact("/global/spend/teams")
        self.assertEqual(set(teams), {"daily_spend", "teams", "total_spend_per_team"})
        self.assertIn("Red Team", teams["teams"])
        spends = {row["team_id"]: nano(row["total_spend"])
                  for row in teams["total_spend_per_team"]}
        self.assertEqual(spends, {"red": self.spent["alice"], "Unassigned": self.spent["bob"]})
        self.assertEqual(sum(nano(row.get("Red Team", 0)) for row in teams["daily_spend"]),
                         self.spent["alice"])

    def test_tags_and_end_users(self):
        rows = self.exact(f"/global/spend/tags?{DAYS}")["spend_per_tag"]
        self.assertEqual({row["name"]: (nano(row["spend"]), row["log_count"]) for row in rows},
                         {"prod": (self.spent["alice"], 4), "job": (self.spent["alice"], 4)})
        rows = self.exact(f"/global/spend/tags?{DAYS}&tags=prod")["spend_per_tag"]
        self.assertEqual([row["name"] for row in rows], ["prod"])
        self.assertEqual(self.get("/global/spend/all_tag_names"), {"tag_names": ["job", "prod"]})
        self.assertEqual(self.get("/global/all_end_users"), {"end_users": ["eve"]})
        rows = self.post("/global/spend/end_users", {})
        self.assertEqual([(row["end_user"], row["total_count"]) for row in rows], [("eve", 4)])

    def test_the_report_by_team(self):
        report = self.exact(f"/global/spend/report?{DAYS}")
        teams = [team for row in report for team in row["teams"]]
        self.assertRegex(report[0]["group_by_day"], r"^\d{4}-\d\d-\d\dT00:00:00\+00:00$")
        self.assertEqual(self.sum_of(teams, "total_spend"), self.total)
        red = [team for team in teams if team["team_name"] == "Red Team"]
        self.assertEqual(self.sum_of(red, "total_spend"), self.spent["alice"])
        line = red[0]["metadata"][0]
        self.assertEqual(set(line), {"model", "api_key", "spend", "total_tokens"})
        self.assertEqual(line["api_key"], hash_of(self.alice))

    def test_the_report_by_customer_and_by_key(self):
        report = self.exact(f"/global/spend/report?{DAYS}&group_by=customer")
        customers = [one for row in report for one in row["customers"]]
        self.assertEqual({one["customer"] for one in customers}, {"eve"})
        self.assertEqual(self.sum_of(customers, "total_spend"), self.spent["alice"])
        keys = self.exact(f"/global/spend/report?{DAYS}&group_by=api_key")
        self.assertEqual(self.sum_of(keys, "total_cost"), self.total)
        for query in (f"api_key={self.bob}", "internal_user_id=bob"):
            keys = self.exact(f"/global/spend/report?{DAYS}&{query}")
            self.assertEqual([row["api_key"] for row in keys], [hash_of(self.bob)])
            self.assertEqual(self.sum_of(keys[0]["model_details"], "total_cost"),
                             self.spent["bob"])

    def test_missing_dates(self):
        for path in ("/global/activity", "/global/activity/model", "/global/spend/report",
                     "/global/spend/provider", "/user/daily/activity"):
            for query in ("", f"?start_date={day()}", "?start_date=x&end_date=y"):
                detail = self.get(path + query, status=400)["detail"]
                self.assertEqual(set(detail), {"error"}, path)


class RegeneratedKeyTest(AdminTest):
    def test_its_hashes_are_one_row(self):
        key = self.new_key(key_alias="turning")["key"]
        self.fake.reset()
        for number in range(3):
            self.assertEqual(self.gateway.chat("chat", headers=bearer(key)).status, 200)
            if number < 2:
                key = self.post("/key/regenerate", {"key": key})["key"]
        bill = sum(entry["cost_nano_usd"] for entry in self.fake.wait_for_bill(3))
        answer = self.gateway.get("/global/spend/keys?limit=1")
        row, = json.loads(answer.body, parse_float=Decimal)
        self.assertEqual((row["api_key"], row["key_alias"], nano(row["total_spend"])),
                         (hash_of(key), "turning", bill))


class ActivityTest(SpendTest):
    def test_global_activity(self):
        activity = self.get(f"/global/activity?{DAYS}")
        self.assertEqual(set(activity), {"daily_data", "sum_api_requests", "sum_total_tokens"})
        self.assertEqual(activity["sum_api_requests"], 7)
        rows = activity["daily_data"]
        self.assertEqual(sum(row["api_requests"] for row in rows), 7)
        self.assertRegex(rows[0]["date"], r"^[A-Z][a-z]{2} \d\d$")
        models = self.get(f"/global/activity/model?{DAYS}")
        self.assertEqual(models[0]["model"], "chat")
        self.assertEqual(models[0]["sum_api_requests"], 5)
        self.assertLessEqual(len(models), 10)

    def check_report(self, path, query, spent, requests, subject, key=None):
        report = self.exact(f"{path}?{DAYS}&{query}", key=key)
        totals = report["metadata"]
        self.assertEqual(nano(totals["total_spend"]), spent)
        self.assertEqual(totals["total_api_requests"], requests)
        self.assertEqual((totals["page"], totals["total_pages"], totals["has_more"]),
                         (1, 1, False))
        self.assertEqual(self.sum_of(row["metrics"] for row in report["results"]), spent)
        breakdown = report["results"][0]["breakdown"]
        self.assertEqual(set(breakdown), {"models", "model_groups", "providers", "api_keys",
                                          "mcp_servers", "endpoints", "entities"})
        self.assertEqual(set(report["results"][0]["metrics"]), METRICS)
        self.assertIn(subject, breakdown["entities"])
        entry = breakdown["entities"][subject]
        self.assertEqual(set(entry), {"metrics", "metadata", "api_key_breakdown"})
        whole = self.exact(f"{path}/aggregated?{DAYS}&{query}", key=key)
        self.assertEqual(whole, report)
        return report

    def test_daily_activity_of_each_kind(self):
        alice, bob = self.spent["alice"], self.spent["bob"]
        report = self.check_report("/user/daily/activity", "user_id=alice", alice, 4, "alice")
        keys = report["results"][0]["breakdown"]["api_keys"]
        self.assertEqual(keys[hash_of(self.alice)]["metadata"],
                         {"key_alias": "alices", "team_id": "red"})
        self.check_report("/user/daily/activity", "", alice + bob, 7, "bob")
        team = self.check_report("/team/daily/activity", "team_ids=red", alice, 4, "red")
        self.assertEqual(team["results"][0]["breakdown"]["entities"]["red"]["metadata"],
                         {"team_alias": "Red Team"})
        self.check_report("/tag/daily/activity", "tags=prod", alice, 4, "prod")
        self.check_report("/customer/daily/activity", "end_user_ids=eve", alice, 4, "eve")
        self.check_report("/organization/daily/activity", "organization_ids=default",
                          alice + bob, 7, "default")

    def test_filters(self):
        self.check_report("/user/daily/activity", f"api_key={self.bob}", self.spent["bob"], 3,
                          "bob")

    def test_pages(self):
        first = self.exact(f"/user/daily/activity?{DAYS}&page_size=1")
        pages = first["metadata"]["total_pages"]
        self.assertGreater(pages, 1)
        self.assertTrue(first["metadata"]["has_more"])
        all_pages = [self.exact(f"/user/daily/activity?{DAYS}&page_size=1&page={page}")["metadata"]
                     for page in range(1, pages + 1)]
        self.assertEqual(self.sum_of(all_pages, "total_spend"), self.total)
        self.assertFalse(all_pages[-1]["has_more"])


class RightsTest(SpendTest):
    def test_people_see_their_own_calls(self):
        for path in ("/spend/logs", f"/spend/logs?api_key={self.bob}", "/spend/logs?user_id=bob"):
            rows = self.exact(path, key=self.bob)
            self.assertEqual(len(rows), 3, path)
        self.assertEqual(self.exact(f"/spend/logs/v2?{DAYS}", key=self.bob)["total"], 3)
        self.assertEqual(self.exact(f"/spend/logs?request_id={self.message_id}", key=self.alice),
                         [])
        days = self.exact(f"/spend/logs?start_date={day(-1)}&end_date={day(2)}", key=self.alice)
        self.assertEqual(self.sum_of(days), self.spent["alice"])

    def test_nobody_sees_those_of_others(self):
        self.refused("GET", "/spend/logs?user_id=alice", status=403, key=self.bob)
        self.refused("GET", f"/spend/logs/ui?{DAYS}&user_id=alice", status=403, key=self.bob)
        rows = self.exact(f"/spend/logs?api_key={hash_of(self.alice)}", key=self.bob)
        self.assertEqual(rows, [])
        for path in (f"/user/daily/activity?{DAYS}&user_id=alice",
                     f"/team/daily/activity?{DAYS}&team_ids=red",
                     f"/organization/daily/activity?{DAYS}&organization_ids=default",
                     f"/tag/daily/activity?{DAYS}", f"/customer/daily/activity?{DAYS}"):
            self.get(path, status=403, key=self.bob)

    def test_people_see_their_own_activity(self):
        for query in ("", "&user_id=bob"):
            report = self.exact(f"/user/daily/activity?{DAYS}{query}", key=self.bob)
            self.assertEqual(nano(report["metadata"]["total_spend"]), self.spent["bob"])

    def test_members_see_their_own_part_of_the_team(self):
        report = self.exact(f"/team/daily/activity?{DAYS}", key=self.alice)
        self.assertEqual(nano(report["metadata"]["total_spend"]), self.spent["alice"])

    def test_the_spend_of_everybody_is_for_admins(self):
        for path in ("/global/spend", "/global/spend/keys", f"/global/activity?{DAYS}",
                     "/global/spend/teams", "/spend/tags", "/global/all_end_users"):
            self.get(path, status=(401, 403), key=self.bob)
        viewer = self.new_user("proxy_admin_viewer")["key"]
        self.assertEqual(nano(self.exact("/global/spend", key=viewer)["spend"]), self.total)

    def test_lists_show_what_one_may_see(self):
        self.assertEqual([row["key_alias"] for row in self.exact("/spend/keys", key=self.bob)],
                         ["bobs"])
        self.assertEqual([row["user_id"] for row in self.exact("/spend/users", key=self.bob)],
                         ["bob"])


class ResetTest(SpendTest):
    def test_only_the_master_key_resets_and_budgets_go_on(self):
        capped = self.new_key(max_budget=1, user_id="bob", key_alias="capped")["key"]
        admin = self.new_user("proxy_admin")["key"]
        self.ask("POST", "/global/spend/reset", {}, key=self.bob, status=(401, 403))
        self.ask("POST", "/global/spend/reset", {}, key=admin, status=(401, 403))
        answer = self.gateway.chat("chat", headers=bearer(capped))
        self.assertEqual(answer.status, 200, answer)
        self.assertGreater(self.info(capped)["spend"], 0)
        self.assertEqual(self.post("/global/spend/reset")["status"], "success")
        self.assertEqual(self.info(capped)["spend"], 0)
        self.assertEqual(self.info(self.alice)["spend"], 0)
        self.assertEqual(len(self.exact(f"/spend/logs?api_key={self.alice}")), 4)
        answer = self.gateway.chat("chat", headers=bearer(capped))
        self.assertEqual(Decimal(answer.header("x-litellm-key-spend")),
                         Decimal(answer.header("x-litellm-response-cost")))


if __name__ == "__main__":
    unittest.main()
