"""Customers, shared budgets, tags and stored models (litellm-contract.md 1.6, 1.8)."""

import datetime
import unittest

from admin import AdminTest
from harness import UPSTREAM_KEY


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class CustomerTest(AdminTest):
    def test_life(self):
        for surface in ("customer", "end_user"):
            made = self.post(f"/{surface}/new", {"user_id": surface, "alias": "A",
                                                 "max_budget": 2})
            self.assertEqual((made["user_id"], made["blocked"], made["spend"]),
                             (surface, False, 0))
            self.assertEqual(made["litellm_budget_table"]["max_budget"], 2)
            self.refused("POST", f"/{surface}/new", {"user_id": surface})
            self.post(f"/{surface}/update", {"user_id": surface, "alias": "B"})
            self.assertEqual(self.get(f"/{surface}/info?end_user_id={surface}")["alias"], "B")
            self.assertIn(surface, [row["user_id"] for row in self.get(f"/{surface}/list")])
            answer = self.post(f"/{surface}/delete", {"user_ids": [surface]})
            self.assertEqual(answer["deleted_customers"], 1)
            self.refused("GET", f"/{surface}/info?end_user_id={surface}", status=404)

    def test_blocked_customers_are_refused(self):
        answer = self.post("/customer/block", {"user_ids": ["rude"]})
        self.assertEqual([(row["user_id"], row["blocked"]) for row in answer["blocked_users"]],
                         [("rude", True)])
        self.assertGreaterEqual(self.gateway.chat("chat", user="rude").status, 400)
        self.post("/customer/unblock", {"user_ids": ["rude"]})
        self.assertEqual(self.gateway.chat("chat", user="rude").status, 200)


class BudgetTest(AdminTest):
    def test_life(self):
        made = self.post("/budget/new", {"budget_id": "b", "max_budget": 0.3, "rpm_limit": 5})
        self.assertEqual((made["budget_id"], made["max_budget"], made["rpm_limit"]),
                         ("b", 0.3, 5))
        self.refused("POST", "/budget/new", {"budget_id": "b"})
        self.assertEqual(self.post("/budget/update", {"budget_id": "b", "max_budget": 1})
                         ["max_budget"], 1)
        self.assertEqual([row["budget_id"]
                          for row in self.post("/budget/info", {"budgets": ["b", "no"]})], ["b"])
        self.assertIn("b", [row["budget_id"] for row in self.get("/budget/list")])
        settings = {row["field_name"]: row for row in self.get("/budget/settings?budget_id=b")}
        self.assertEqual(settings["max_budget"]["field_value"], 1)
        self.post("/budget/delete", {"id": "b"})
        self.assertEqual(self.post("/budget/info", {"budgets": ["b"]}), [])

    def test_the_period_begins_now(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        made = self.post("/budget/new", {"max_budget": 1, "budget_duration": "30d"})
        expected = before + datetime.timedelta(days=30)
        off = abs((time_of(made["budget_reset_at"]) - expected).total_seconds())
        self.assertLessEqual(off, 3)

    def test_a_given_end(self):
        reset = (datetime.datetime.now(datetime.timezone.utc)
                 + datetime.timedelta(hours=5)).replace(microsecond=0)
        made = self.post("/budget/new", {"max_budget": 1, "budget_duration": "1d",
                                         "budget_reset_at": reset.isoformat()})
        self.assertEqual(time_of(made["budget_reset_at"]), reset)

    def test_refusals(self):
        self.refused("POST", "/budget/new", {"max_budget": -1})
        self.refused("POST", "/budget/new", {"budget_duration": "2mo", "max_budget": 1})


class TagTest(AdminTest):
    def test_life(self):
        made = self.post("/tag/new", {"name": "t", "description": "d", "models": ["chat"],
                                      "max_budget": 1})
        self.assertEqual(made["message"], "Tag t created successfully")
        self.assertEqual(made["tag"]["description"], "d")
        self.assertIn("detail", self.ask("POST", "/tag/new", {"name": "t"}, status=400))
        changed = self.post("/tag/update", {"name": "t", "description": "e"})
        self.assertEqual(changed["tag"]["models"], ["chat"])
        self.assertEqual(self.post("/tag/info", {"names": ["t"]})["t"]["description"], "e")
        self.assertIn("t", [row["name"] for row in self.get("/tag/list")])
        self.assertEqual(self.post("/tag/delete", {"name": "t"}),
                         {"message": "Tag t deleted successfully"})
        self.assertIn("detail", self.ask("POST", "/tag/delete", {"name": "t"}, status=404))


class StoredModelTest(AdminTest):
    def test_an_address_set_over_the_api_is_a_strangers(self):
        """No key goes to a private network that nobody allowed (faults.md S8)."""
        before = len(self.fake.requests())
        for base in (self.fake.url, "http://169.254.169.254", "https://127.0.0.1", "https://[::1]",
                     "https://2130706433", "https://[::ffff:10.0.0.1]", "http://example.com"):
            with self.subTest(base=base):
                error = self.refused("POST", "/model/new", {
                    "model_name": "inner", "litellm_params": {
                        "model": "openai/inner", "api_base": base + "/v1", "api_key": UPSTREAM_KEY,
                        "input_cost_per_token": 0, "output_cost_per_token": 0}})
                self.assertNotIn(UPSTREAM_KEY, str(error))
        self.assertEqual(len(self.fake.requests()), before)

    def test_takes_effect_at_once(self):
        made = self.post("/model/new", {
            "model_name": "fresh",
            "litellm_params": {"model": "openai/fresh-upstream", "api_base": self.fake.url + "/v1",
                               "api_key": UPSTREAM_KEY, "allow_private_network": True,
                               "input_cost_per_token": 0.000001,
                               "output_cost_per_token": 0.000002},
            "model_info": {"id": "fresh-1", "note": "n"}})
        self.assertEqual(made["model_id"], "fresh-1")
        self.assertNotIn(UPSTREAM_KEY, str(made))
        for _ in range(8):  # every thread knows it
            answer = self.gateway.chat("fresh")
            self.assertEqual(answer.status, 200, answer)
        info = self.get("/model/info?litellm_model_id=fresh-1")["data"][0]
        self.assertIs(info["model_info"]["db_model"], True)
        self.assertNotIn(UPSTREAM_KEY, str(info))
        self.post("/model/update", {"model_name": "renamed", "model_info": {"id": "fresh-1"}})
        self.assertEqual(self.gateway.chat("fresh").status, 400)
        self.ask("PATCH", "/model/fresh-1/update", {"model_name": "fresh"})
        self.assertEqual(self.gateway.chat("fresh").status, 200)
        self.post("/model/delete", {"id": "fresh-1"})
        for _ in range(8):
            self.assertEqual(self.gateway.chat("fresh").status, 400)
        self.refused("POST", "/model/delete", {"id": "fresh-1"})

    def test_what_cannot_be_loaded_is_not_kept(self):
        self.refused("POST", "/model/new", {"model_name": "bad", "model_info": {"id": "bad-1"},
                                            "litellm_params": {"model": "no-such-provider/x"}})
        self.assertEqual(self.gateway.chat("chat").status, 200)
        self.refused("POST", "/model/delete", {"id": "bad-1"})

    def test_paged_info_and_groups(self):
        answer = self.get("/v2/model/info?size=1&page=2")
        self.assertEqual((len(answer["data"]), answer["current_page"], answer["size"]), (1, 2, 1))
        groups = {row["model_group"]: row for row in self.get("/model_group/info")["data"]}
        self.assertEqual(groups["chat"]["providers"], ["openai"])
        self.assertIn("input_cost_per_token", groups["chat"])

    def test_a_key_sees_its_models_only(self):
        key = self.new_key(models=["chat"])["key"]
        self.assertEqual([row["id"] for row in self.get("/v1/models", key=key)["data"]], ["chat"])
        self.ask("GET", "/v1/models/claude", key=key, status=404)
        self.assertEqual({row["model_name"]
                          for row in self.get("/model/info", key=key)["data"]}, {"chat"})


class HealthTest(AdminTest):
    def test_readiness_names_the_database(self):
        self.assertEqual(self.get("/health/readiness"),
                         {"status": "connected", "db": "connected"})
        self.assertEqual(self.get("/health/readiness/details")["status"], "connected")

    def test_backlog(self):
        self.assertIn("in_flight_requests", self.get("/health/backlog"))

    def test_routes_name_who_may_call_them(self):
        for route in self.get("/routes")["routes"]:
            self.assertTrue(route["access"] and route["access"] != "undeclared", route)


if __name__ == "__main__":
    unittest.main()
