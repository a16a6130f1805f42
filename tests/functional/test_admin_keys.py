"""The life of virtual keys (litellm-contract.md 1.5), with literal statuses and bodies."""

import unittest

from admin import UNKNOWN_KEY, AdminTest, hash_of
from harness import wait_for


class GenerateTest(AdminTest):
    def test_answer_has_the_contracts_fields(self):
        made = self.new_key(key_alias="gen-1", models=["chat"], max_budget=1.5, tpm_limit=100,
                            metadata={"a": 1}, tags=["t"], duration="30d")
        self.assertRegex(made["key"], r"^sk-[A-Za-z0-9_-]{22,}$")
        self.assertEqual(made["token"], hash_of(made["key"]))
        self.assertEqual(made["token_id"], made["token"])
        self.assertEqual(made["key_name"], "sk-..." + made["key"][-4:])
        self.assertEqual(made["models"], ["chat"])
        self.assertEqual(made["max_budget"], 1.5)
        self.assertEqual(made["spend"], 0)
        self.assertEqual(made["metadata"]["a"], 1)
        self.assertEqual(made["metadata"]["tags"], ["t"])
        self.assertRegex(made["expires"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        for name in ("created_at", "updated_at", "created_by", "updated_by",
                     "litellm_budget_table", "user_id", "team_id", "budget_duration"):
            self.assertIn(name, made)

    def test_an_empty_request_makes_a_key_for_everything(self):
        made = self.new_key()
        self.assertEqual(made["models"], [])
        self.assertIsNone(made["expires"])
        self.assertIsNone(made["max_budget"])

    def test_the_key_works_at_once(self):
        key = self.new_key()["key"]
        answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(answer.status, 200, answer)

    def test_money_is_exact(self):
        made = self.gateway.post("/key/generate", '{"max_budget":0.1,"soft_budget":1e-9}')
        self.assertIn(b'"max_budget":0.1,', made.body)
        self.assertIn(b'"soft_budget":0.000000001,', made.body)

    def test_an_own_key_is_taken(self):
        key = "sk-own-" + "a" * 20
        made = self.new_key(key=key)
        self.assertEqual(made["key"], key)
        self.assertEqual(made["token"], hash_of(key))

    def test_refusals(self):
        self.refused("POST", "/key/generate", {"max_budget": -1})
        self.refused("POST", "/key/generate", {"key": "no-prefix"})
        self.new_key(key_alias="taken")
        error = self.refused("POST", "/key/generate", {"key_alias": "taken"})
        self.assertEqual(error["type"], "bad_request_error")
        self.assertEqual(error["param"], "key_alias")

    def test_wrong_types_are_validation_errors(self):
        answer = self.ask("POST", "/key/generate", {"tpm_limit": "many", "models": "chat"},
                          status=422)
        found = {tuple(item["loc"]): item for item in answer["detail"]}
        self.assertEqual(set(found), {("body", "tpm_limit"), ("body", "models")})
        self.assertEqual(found[("body", "tpm_limit")]["type"], "int_parsing")
        self.assertEqual(found[("body", "tpm_limit")]["input"], "many")
        self.assertEqual(found[("body", "models")]["type"], "list_type")
        for item in answer["detail"]:
            self.assertEqual(set(item), {"loc", "msg", "type", "input"})

    def test_doubled_members_are_refused(self):
        answer = self.gateway.post("/key/generate", '{"max_budget":1,"max_budget":1000}')
        self.assertEqual(answer.status, 422, answer)

    def test_unknown_fields_are_kept(self):
        made = self.new_key(guardrails=["g"], permissions={"x": True}, future_field=[1, {"a": 2}])
        info = self.info(made["key"])
        self.assertEqual(info["metadata"]["guardrails"], ["g"])
        self.assertEqual(info["permissions"], {"x": True})
        self.assertEqual(info["future_field"], [1, {"a": 2}])

    def test_service_accounts_need_a_team(self):
        self.ask("POST", "/key/service-account/generate", {}, status=422)
        team = self.post("/team/new", {"team_alias": "sa"})["team_id"]
        made = self.post("/key/service-account/generate", {"team_id": team, "key_alias": "sa-1"})
        self.assertEqual(made["team_id"], team)
        self.assertIsNone(made["user_id"])

    def test_initial_spend(self):
        made = self.new_key(spend=0.25)
        self.assertEqual(self.info(made["key"])["spend"], 0.25)


class InfoTest(AdminTest):
    def test_by_key_by_hash_and_of_oneself(self):
        made = self.new_key(key_alias="info-1", max_budget=2, budget_duration="30d")
        for name in (made["key"], made["token"]):
            answer = self.get(f"/key/info?key={name}")
            self.assertEqual(answer["key"], name)
            self.assertEqual(answer["info"]["key_alias"], "info-1")
        own = self.get("/key/info", key=made["key"])
        self.assertEqual(own["info"]["max_budget"], 2)
        self.assertRegex(own["info"]["budget_reset_at"], r"^\d{4}-\d\d-01T00:00:00Z$")

    def test_info_has_the_contracts_fields_and_no_hash(self):
        made = self.new_key()
        info = self.info(made["key"])
        for name in """key_name key_alias spend max_budget expires models aliases config user_id
                team_id organization_id permissions max_parallel_requests metadata blocked
                tpm_limit rpm_limit budget_duration budget_reset_at allowed_cache_controls
                allowed_routes model_spend model_max_budget budget_id soft_budget_cooldown
                router_settings access_group_ids auto_rotate rotation_interval rotation_count
                created_at updated_at created_by updated_by litellm_budget_table
                object_permission""".split():
            self.assertIn(name, info)
        self.assertNotIn(made["token"], str(info))
        self.assertNotIn(made["key"], str(info))

    def test_unknown_and_foreign_keys(self):
        error = self.refused("GET", f"/key/info?key={UNKNOWN_KEY}", status=404)
        self.assertEqual(error["type"], "not_found_error")
        self.assertEqual(error["param"], "key")
        mine, other = self.new_key()["key"], self.new_key()["key"]
        self.refused("GET", f"/key/info?key={other}", status=403, key=mine)

    def test_many_at_once(self):
        first, second = self.new_key(key_alias="many-1"), self.new_key(key_alias="many-2")
        answer = self.post("/v2/key/info", {"keys": [first["key"], UNKNOWN_KEY, second["token"]]})
        self.assertEqual([info["key_alias"] for info in answer["info"]], ["many-1", "many-2"])

    def test_deleted_keys(self):
        made = self.new_key()
        self.post("/key/delete", {"keys": [made["key"]]})
        self.assertEqual(self.info(made["token"])["status"], "deleted")
        self.refused("GET", f"/key/info?key={made['key']}", status=404)

    def test_a_shared_budget_is_shown(self):
        budget = self.post("/budget/new", {"max_budget": 3})["budget_id"]
        made = self.new_key(budget_id=budget)
        self.assertEqual(made["litellm_budget_table"]["max_budget"], 3)
        self.assertEqual(self.info(made["key"])["litellm_budget_table"]["budget_id"], budget)


class UpdateTest(AdminTest):
    def test_merge_patch(self):
        made = self.new_key(key_alias="patch-1", max_budget=1, tpm_limit=5, metadata={"a": 1},
                            budget_duration="1d")
        changed = self.post("/key/update", {"key": made["key"], "max_budget": 7})
        self.assertEqual(changed["key"], made["key"])
        self.assertEqual(changed["max_budget"], 7)
        self.assertEqual(changed["tpm_limit"], 5)
        self.assertEqual(changed["metadata"]["a"], 1)
        changed = self.post("/key/update", {"key": made["token"], "tpm_limit": None,
                                            "budget_duration": None, "metadata": {"b": 2}})
        self.assertEqual(changed["key"], made["token"])
        self.assertIsNone(changed["tpm_limit"])
        self.assertIsNone(changed["budget_reset_at"])
        self.assertEqual(changed["metadata"], {"b": 2})
        self.assertEqual(changed["max_budget"], 7)

    def test_expiry_is_taken_away(self):
        for never in (None, "-1"):
            made = self.new_key(duration="1h")
            changed = self.post("/key/update", {"key": made["key"], "duration": never})
            self.assertIsNone(changed["expires"])

    def test_unknown_key(self):
        self.refused("POST", "/key/update", {"key": UNKNOWN_KEY, "max_budget": 1}, status=404)
        self.ask("POST", "/key/update", {"max_budget": 1}, status=422)

    def test_a_change_holds_at_once(self):
        key = self.new_key()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        self.assertEqual(self.gateway.chat("chat", headers=headers).status, 200)
        self.post("/key/update", {"key": key, "models": ["claude"]})
        error = self.assert_error(self.gateway.chat("chat", headers=headers), 403)
        self.assertEqual(error["type"], "key_model_access_denied")

    def test_many_at_once(self):
        made = self.new_key()
        answer = self.post("/key/bulk_update", {"keys": [
            {"key": made["key"], "tpm_limit": 9}, {"key": UNKNOWN_KEY, "tpm_limit": 9},
            {"key": made["key"], "tpm_limit": "x"}]})
        self.assertEqual(answer["total_requested"], 3)
        self.assertEqual(answer["successful_updates"][0]["tpm_limit"], 9)
        self.assertEqual([item["key"] for item in answer["failed_updates"]],
                         [UNKNOWN_KEY, made["key"]])
        for item in answer["failed_updates"]:
            self.assertTrue(item["failed_reason"])

    def test_metadata_may_be_sent_back(self):
        made = self.new_key(tags=["a"], model_rpm_limit={"chat": 3}, metadata={"x": 1})
        info = self.info(made["key"])
        self.assertEqual(info["metadata"]["model_rpm_limit"], {"chat": 3})
        self.post("/key/update", {"key": made["key"], "metadata": info["metadata"]})
        self.assertEqual(self.info(made["key"])["metadata"], info["metadata"])


class StateTest(AdminTest):
    def test_block_and_unblock(self):
        made = self.new_key()
        headers = {"Authorization": f"Bearer {made['key']}"}
        row = self.post("/key/block", {"key": made["key"]})
        self.assertEqual(row["token"], made["token"])
        self.assertIs(row["blocked"], True)
        error = self.assert_error(self.gateway.chat("chat", headers=headers), 401, "Key is blocked")
        self.assertIn("/key/unblock", error["message"])
        self.assertIs(self.post("/key/unblock", {"key": made["token"]})["blocked"], False)
        self.assertEqual(self.gateway.chat("chat", headers=headers).status, 200)

    def test_malformed_keys(self):
        self.refused("POST", "/key/block", {"key": "nonsense"})
        self.refused("POST", "/key/block", {"key": UNKNOWN_KEY}, status=404)

    def test_delete(self):
        first, second = self.new_key(), self.new_key(key_alias="del-2")
        self.assertEqual(self.post("/key/delete", {"keys": [first["key"], UNKNOWN_KEY]}),
                         {"deleted_keys": [first["key"]]})
        self.assertEqual(self.post("/key/delete", {"key_aliases": ["del-2"]}),
                         {"deleted_keys": ["del-2"]})
        self.refused("POST", "/key/delete", {"keys": [first["key"]]}, status=404)
        for made in (first, second):
            answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {made['key']}"})
            error = self.assert_error(answer, 401, "Invalid proxy server token passed")
            self.assertEqual(error["type"], "token_not_found_in_db")

    def test_regenerate(self):
        made = self.new_key(key_alias="regen", max_budget=5, spend=1)
        fresh = self.post(f"/key/{made['key']}/regenerate", {})
        self.assertNotEqual(fresh["key"], made["key"])
        self.assertEqual(fresh["token"], hash_of(fresh["key"]))
        self.assertEqual(fresh["key_alias"], "regen")
        self.assertEqual(fresh["max_budget"], 5)
        self.assertEqual(fresh["spend"], 1)
        self.ask("GET", "/key/info", key=made["key"], status=401)
        self.assertEqual(self.get("/key/info", key=fresh["key"])["info"]["key_alias"], "regen")
        self.refused("POST", f"/key/{UNKNOWN_KEY}/regenerate", {}, status=404)

    def test_regenerate_with_grace(self):
        made = self.new_key()
        fresh = self.post("/key/regenerate", {"key": made["key"], "grace_period": "1h",
                                              "new_key": "sk-chosen-" + "b" * 20})
        self.assertEqual(fresh["key"], "sk-chosen-" + "b" * 20)
        self.get("/key/info", key=made["key"])
        self.get("/key/info", key=fresh["key"])

    def test_reset_spend(self):
        made = self.new_key(spend=2)
        self.refused("POST", f"/key/{made['key']}/reset_spend", {"reset_to": 3})
        answer = self.post(f"/key/{made['key']}/reset_spend", {"reset_to": 0.5})
        self.assertEqual(answer["spend"], 0.5)
        self.assertEqual(answer["previous_spend"], 2)
        self.assertEqual(self.info(made["key"])["spend"], 0.5)

    def test_health(self):
        self.assertEqual(self.post("/key/health"), {"key": "healthy", "logging_callbacks": None})


class ListTest(AdminTest):
    def test_pages(self):
        team = self.post("/team/new", {"team_alias": "list"})["team_id"]
        made = {self.new_key(team_id=team, key_alias=f"list-{i}")["token"] for i in range(5)}
        seen = set()
        for page in (1, 2, 3):
            answer = self.get(f"/key/list?team_id={team}&page={page}&size=2")
            self.assertEqual(answer["total_count"], 5)
            self.assertEqual(answer["current_page"], page)
            self.assertEqual(answer["total_pages"], 3)
            seen.update(answer["keys"])
        self.assertEqual(seen, made)

    def test_full_objects_and_filters(self):
        made = self.new_key(key_alias="full-object-1")
        answer = self.get("/key/list?key_alias=full-object-1&return_full_object=true")
        self.assertEqual([key["token"] for key in answer["keys"]], [made["token"]])
        self.assertEqual(answer["keys"][0]["key_alias"], "full-object-1")
        answer = self.get("/key/list?key_alias=LL-OBJECT&substring_matching=true")
        self.assertEqual(answer["keys"], [made["token"]])
        self.assertEqual(self.get(f"/key/list?key_hash={made['token']}")["total_count"], 1)
        self.post("/key/delete", {"keys": [made["key"]]})
        self.assertEqual(self.get("/key/list?key_alias=full-object-1")["keys"], [])
        self.assertEqual(self.get("/key/list?key_alias=full-object-1&status=deleted")["keys"],
                         [made["token"]])

    def test_bounds_of_pages(self):
        answer = self.ask("GET", "/key/list?size=101&page=0", status=422)
        self.assertEqual([item["loc"] for item in answer["detail"]],
                         [["query", "page"], ["query", "size"]])
        self.refused("GET", "/key/list?sort_by=password", status=400)

    def test_aliases(self):
        self.new_key(key_alias="zz-alias")
        self.assertIn("zz-alias", self.get("/key/aliases")["aliases"])


class SpendTest(AdminTest):
    def test_spend_of_a_call_is_shown_at_once(self):
        made = self.new_key()
        answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {made['key']}"})
        cost = answer.header("x-litellm-response-cost")
        self.assertGreater(float(cost), 0)
        shown = wait_for(lambda: self.info(made["key"])["spend"], what="the spend")
        self.assertEqual(shown, float(cost))


    def test_a_shared_budget_decides_which_period_is_shown(self):
        budget = self.post("/budget/new", {"max_budget": 5, "budget_duration": "30d"})
        made = self.new_key(budget_id=budget["budget_id"])
        answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {made['key']}"})
        cost = float(answer.header("x-litellm-response-cost"))
        self.assertEqual(wait_for(lambda: self.info(made["key"])["spend"], what="the spend"), cost)
        self.assertEqual(self.info(made["key"])["litellm_budget_table"]["budget_reset_at"],
                         budget["budget_reset_at"])


class AuditTest(AdminTest):
    def test_changed_by(self):
        made = self.post("/key/generate", {}, headers={"litellm-changed-by": "ada@example.org"})
        self.assertEqual(made["created_by"], "ada@example.org")

    def test_the_log_names_who_changed_what(self):
        made = self.post("/key/generate", {"max_budget": 1},
                         headers={"litellm-changed-by": "grace@example.org"})
        self.post("/key/update", {"key": made["key"], "max_budget": 2})
        rows = self.get(f"/audit?object_id={made['token']}")["audit_logs"]
        self.assertEqual([row["action"] for row in rows], ["updated", "created"])
        self.assertEqual(rows[1]["changed_by"], "grace@example.org")
        self.assertNotIn(made["key"], str(rows))
        self.assertEqual(self.get(f"/audit/{rows[0]['id']}"), rows[0])

    def test_what_others_say_is_not_believed(self):
        user = self.new_user()
        made = self.post("/key/generate", {}, key=user["key"],
                         headers={"litellm-changed-by": "root"})
        self.assertEqual(made["created_by"], user["user_id"])


if __name__ == "__main__":
    unittest.main()
