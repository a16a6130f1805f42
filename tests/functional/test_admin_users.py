"""Users and organizations (litellm-contract.md 1.6)."""

import unittest

from admin import AdminTest, hash_of


class UserTest(AdminTest):
    def test_new_user_comes_with_a_key(self):
        made = self.post("/user/new", {"user_email": "new@example.org", "user_alias": "New",
                                       "max_budget": 3, "models": ["chat"]})
        self.assertEqual(made["token"], hash_of(made["key"]))
        self.assertEqual(made["user_email"], "new@example.org")
        self.assertEqual(made["user_alias"], "New")
        self.assertEqual(made["user_role"], "internal_user")
        self.assertEqual(made["max_budget"], 3)
        self.assertEqual(self.info(made["key"])["user_id"], made["user_id"])

    def test_without_a_key(self):
        made = self.post("/user/new", {"auto_create_key": False})
        self.assertIsNone(made["key"])
        self.assertEqual(self.get(f"/user/info?user_id={made['user_id']}")["keys"], [])

    def test_with_teams(self):
        team = self.post("/team/new")["team_id"]
        other = self.post("/team/new")["team_id"]
        made = self.post("/user/new", {"teams": [
            team, {"team_id": other, "max_budget_in_team": 2, "user_role": "admin"}]})
        self.assertEqual(set(made["teams"]), {team, other})
        members = self.get(f"/team/info?team_id={other}")["team_info"]["members_with_roles"]
        self.assertEqual([(member["user_id"], member["role"]) for member in members],
                         [(made["user_id"], "admin")])

    def test_duplicates(self):
        self.post("/user/new", {"user_id": "twice", "user_email": "twice@example.org"})
        self.refused("POST", "/user/new", {"user_id": "twice"})
        self.refused("POST", "/user/new", {"user_email": "Twice@example.org"})

    def test_nobody_is_left_when_the_key_cannot_be_made(self):
        self.new_key(key_alias="occupied")
        self.refused("POST", "/user/new", {"user_id": "half", "key_alias": "occupied"})
        self.refused("GET", "/user/info?user_id=half", status=404)

    def test_info(self):
        made = self.new_user(user_email="info@example.org")
        answer = self.get(f"/user/info?user_id={made['user_id']}")
        self.assertEqual(set(answer), {"user_id", "user_info", "keys", "teams"})
        self.assertEqual(answer["user_info"]["user_email"], "info@example.org")
        self.assertEqual([key["token"] for key in answer["keys"]], [made["token"]])
        own = self.get("/user/info", key=made["key"])
        self.assertEqual(own["user_id"], made["user_id"])
        flat = self.get("/v2/user/info", key=made["key"])
        self.assertEqual(flat["user_email"], "info@example.org")
        everything = self.get("/user/info")
        self.assertIn(made["token"], [key["token"] for key in everything["keys"]])
        self.refused("GET", "/user/info?user_id=nobody", status=404)
        other = self.new_user()
        self.refused("GET", f"/user/info?user_id={other['user_id']}", status=403,
                     key=made["key"])

    def test_update(self):
        made = self.new_user()
        answer = self.post("/user/update", {"user_id": made["user_id"], "max_budget": 4})
        self.assertEqual(answer["data"]["max_budget"], 4)
        self.refused("POST", "/user/update", {"user_id": made["user_id"], "max_budget": 1000},
                     status=403, key=made["key"])
        self.ask("POST", "/user/update", {"user_id": made["user_id"], "user_role": "king"},
                 status=422)

    def test_list_and_delete(self):
        ids = [self.new_user(user_email=f"list{i}@list.example")["user_id"] for i in range(3)]
        answer = self.get("/user/list?user_email=list.example&page_size=2")
        self.assertEqual((answer["total"], answer["total_pages"], len(answer["users"])), (3, 2, 2))
        self.assertEqual(self.post("/user/delete", {"user_ids": ids[:2]}), 2)
        self.refused("GET", f"/user/info?user_id={ids[0]}", status=404)
        self.refused("POST", "/user/delete", {"user_ids": [ids[0]]}, status=404)

    def test_roles_are_given_by_the_proxy_admin_alone(self):
        user = self.new_user()
        error = self.refused("POST", "/user/new", {"user_role": "proxy_admin"}, status=403,
                             key=user["key"])
        self.assertIn("Only proxy admin can be used to", error["message"])

    def test_a_user_may_not_widen_its_own_key(self):
        user = self.new_user()
        key = self.new_key(user_id=user["user_id"], max_budget=1)["key"]
        for change in ({"max_budget": 1000}, {"max_budget": None}, {"models": []},
                       {"blocked": False}, {"allowed_routes": []}, {"team_id": "t"},
                       {"spend": 0}, {"budget_duration": "1s"}, {"duration": "-1"}):
            self.refused("POST", "/key/update", {"key": key, **change}, status=403,
                         key=user["key"])
            self.refused("POST", f"/key/{key}/regenerate", change, status=403, key=user["key"])
        self.post("/key/update", {"key": key, "key_alias": "mine"}, key=user["key"])


class OrganizationTest(AdminTest):
    def test_life(self):
        made = self.post("/organization/new", {"organization_alias": "acme", "max_budget": 9,
                                               "models": ["chat"]})
        org = made["organization_id"]
        self.assertEqual(made["organization_alias"], "acme")
        self.assertEqual(made["litellm_budget_table"]["max_budget"], 9)
        self.ask("PATCH", "/organization/update", {"organization_id": org, "max_budget": 10})
        info = self.get(f"/organization/info?organization_id={org}")
        self.assertEqual(info["litellm_budget_table"]["max_budget"], 10)
        self.assertEqual((info["members"], info["teams"]), ([], []))
        self.assertIn(org, [row["organization_id"] for row in self.get("/organization/list")])
        gone = self.ask("DELETE", "/organization/delete", {"organization_ids": [org]})
        self.assertEqual([row["organization_id"] for row in gone], [org])
        self.refused("GET", f"/organization/info?organization_id={org}", status=404)

    def test_members(self):
        org = self.post("/organization/new", {"organization_alias": "m"})["organization_id"]
        user = self.new_user()
        answer = self.post("/organization/member_add", {
            "organization_id": org, "member": {"role": "org_admin", "user_id": user["user_id"]}})
        self.assertEqual(answer["updated_organization_memberships"][0]["user_role"], "org_admin")
        answer = self.ask("PATCH", "/organization/member_update", {
            "organization_id": org, "user_id": user["user_id"], "role": "internal_user"})
        self.assertEqual(answer["user_role"], "internal_user")
        left = self.ask("DELETE", "/organization/member_delete", {
            "organization_id": org, "user_id": user["user_id"]})
        self.assertEqual(left["members"], [])

    def test_alias_is_needed(self):
        self.ask("POST", "/organization/new", {}, status=422)

    def test_an_organizations_admin(self):
        own = self.post("/organization/new", {"organization_alias": "own"})["organization_id"]
        foreign = self.post("/organization/new", {"organization_alias": "f"})["organization_id"]
        user = self.new_user()
        self.post("/organization/member_add", {
            "organization_id": own, "member": {"role": "org_admin", "user_id": user["user_id"]}})
        key = user["key"]
        team = self.post("/team/new", {"organization_id": own}, key=key)
        self.post("/team/update", {"team_id": team["team_id"], "max_budget": 1}, key=key)
        self.refused("POST", "/team/new", {"organization_id": foreign}, status=403, key=key)
        self.refused("GET", f"/organization/info?organization_id={foreign}", status=404, key=key)
        self.refused("POST", "/organization/update", {"organization_id": own, "max_budget": 99},
                     status=403, key=key)
        self.assertEqual([row["organization_id"]
                          for row in self.get("/organization/list", key=key)], [own])


if __name__ == "__main__":
    unittest.main()
