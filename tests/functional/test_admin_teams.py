"""Teams and their members (litellm-contract.md 1.6)."""

import unittest

from admin import AdminTest


class TeamTest(AdminTest):
    def test_new_team_and_info(self):
        made = self.post("/team/new", {
            "team_alias": "blue", "models": ["chat"], "max_budget": 10, "budget_duration": "7d",
            "members_with_roles": [{"role": "admin", "user_id": "blue-admin"},
                                   {"role": "user", "user_email": "u@example.org"}],
            "team_member_budget": 2, "metadata": {"k": "v"}})
        self.assertEqual(made["team_alias"], "blue")
        self.assertEqual(made["spend"], 0)
        self.assertRegex(made["budget_reset_at"], r"T00:00:00Z$")
        self.assertEqual([member["role"] for member in made["members_with_roles"]],
                         ["admin", "user"])
        info = self.get(f"/team/info?team_id={made['team_id']}")
        self.assertEqual(set(info), {"team_id", "team_info", "keys", "team_memberships"})
        self.assertEqual(info["team_info"]["models"], ["chat"])
        self.assertEqual(info["keys"], [])
        self.assertEqual(len(info["team_memberships"]), 2)
        self.assertEqual(info["team_memberships"][0]["litellm_budget_table"]["max_budget"], 2)

    def test_duplicate_id(self):
        self.post("/team/new", {"team_id": "dup"})
        error = self.refused("POST", "/team/new", {"team_id": "dup"})
        self.assertTrue(error["message"].startswith("{'error': "), error)

    def test_update(self):
        team = self.post("/team/new", {"team_alias": "a", "tpm_limit": 3})["team_id"]
        answer = self.post("/team/update", {"team_id": team, "team_alias": "b"})
        self.assertEqual(answer["team_id"], team)
        self.assertEqual(answer["data"]["team_alias"], "b")
        self.assertEqual(answer["data"]["tpm_limit"], 3)
        self.refused("POST", "/team/update", {"team_id": "nobody"}, status=404)

    def test_block(self):
        team = self.post("/team/new")["team_id"]
        key = self.new_key(team_id=team)["key"]
        self.assertIs(self.post("/team/block", {"team_id": team})["blocked"], True)
        answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {key}"})
        error = self.assert_error(answer, 401, "is blocked")
        self.assertIn(team, error["message"])
        self.assertIs(self.post("/team/unblock", {"team_id": team})["blocked"], False)

    def test_delete_takes_the_keys_along(self):
        team = self.post("/team/new")["team_id"]
        key = self.new_key(team_id=team)["key"]
        self.assertEqual(self.post("/team/delete", {"team_ids": [team]}),
                         {"deleted_teams": [team]})
        self.refused("GET", f"/team/info?team_id={team}", status=404)
        self.ask("GET", "/key/info", key=key, status=401)

    def test_members(self):
        team = self.post("/team/new")["team_id"]
        answer = self.post("/team/member_add", {
            "team_id": team, "member": {"role": "user", "user_id": "m1"},
            "max_budget_in_team": 1.5})
        self.assertEqual(answer["updated_users"][0]["user_id"], "m1")
        table = answer["updated_team_memberships"][0]["litellm_budget_table"]
        self.assertEqual(table["max_budget"], 1.5)
        answer = self.post("/team/member_add", {
            "team_id": team, "member": [{"role": "admin", "user_id": "m2"}]})
        self.assertEqual({member["user_id"] for member in answer["members_with_roles"]},
                         {"m1", "m2"})
        changed = self.post("/team/member_update", {
            "team_id": team, "user_id": "m1", "max_budget_in_team": 3, "role": "admin"})
        self.assertEqual(changed["max_budget_in_team"], 3)
        left = self.post("/team/member_delete", {"team_id": team, "user_id": "m1"})
        self.assertEqual([member["user_id"] for member in left["members_with_roles"]], ["m2"])
        self.refused("POST", "/team/member_delete", {"team_id": team, "user_id": "m1"},
                     status=404)
        self.ask("POST", "/team/member_add", {"team_id": team, "member": {"role": "boss"}},
                 status=422)

    def test_models(self):
        team = self.post("/team/new", {"models": ["chat"]})["team_id"]
        row = self.post("/team/model/add", {"team_id": team, "models": ["claude", "chat"]})
        self.assertEqual(sorted(row["models"]), ["chat", "claude"])
        row = self.post("/team/model/delete", {"team_id": team, "models": ["chat"]})
        self.assertEqual(row["models"], ["claude"])

    def test_permissions(self):
        team = self.post("/team/new")["team_id"]
        self.post("/team/permissions_update", {
            "team_id": team, "team_member_permissions": ["/key/info"]})
        answer = self.get(f"/team/permissions_list?team_id={team}")
        self.assertEqual(answer["team_member_permissions"], ["/key/info"])
        self.assertIn("/key/generate", answer["all_available_permissions"])

    def test_lists(self):
        team = self.post("/team/new", {"team_alias": "listed"})["team_id"]
        self.assertIn(team, [row["team_id"] for row in self.get("/team/list")])
        answer = self.get("/v2/team/list?team_alias=listed")
        self.assertEqual([row["team_id"] for row in answer["teams"]], [team])
        self.assertEqual((answer["page"], answer["total"], answer["total_pages"]), (1, 1, 1))


class TeamAdminTest(AdminTest):
    """A team's own admin: members and keys, but nothing that bounds the team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.post("/user/new", {"user_id": "lead", "auto_create_key": False})
        cls.gateway.post("/team/new", {
            "team_id": "own", "members_with_roles": [{"role": "admin", "user_id": "lead"}]})
        cls.gateway.post("/team/new", {"team_id": "foreign"})
        cls.key = cls.gateway.post("/key/generate", {"user_id": "lead"}).json()["key"]

    def test_own_team(self):
        self.get("/team/info?team_id=own", key=self.key)
        self.post("/team/member_add", {"team_id": "own", "member": {"role": "user",
                                                                    "user_id": "x"}}, key=self.key)
        made = self.post("/key/generate", {"team_id": "own", "user_id": "x"}, key=self.key)
        self.post("/key/update", {"key": made["key"], "max_budget": 1}, key=self.key)
        self.post("/key/delete", {"keys": [made["key"]]}, key=self.key)

    def test_what_bounds_the_team_is_not_its_own(self):
        for change in ({"max_budget": 1000}, {"models": []}, {"tpm_limit": None},
                       {"blocked": False}, {"organization_id": "default"}):
            self.refused("POST", "/team/update", {"team_id": "own", **change}, status=403,
                         key=self.key)
        self.refused("POST", "/team/delete", {"team_ids": ["own"]}, status=403, key=self.key)

    def test_foreign_teams_do_not_exist(self):
        unknown = self.refused("GET", "/team/info?team_id=nobody", status=404, key=self.key)
        foreign = self.refused("GET", "/team/info?team_id=foreign", status=404, key=self.key)
        self.assertEqual(unknown["message"].replace("nobody", "foreign"), foreign["message"])
        self.refused("POST", "/team/member_add", {
            "team_id": "foreign", "member": {"role": "admin", "user_id": "lead"}}, status=404,
            key=self.key)
        self.refused("POST", "/key/generate", {"team_id": "foreign"}, status=404, key=self.key)
        self.assertEqual([team["team_id"] for team in self.get("/team/list", key=self.key)],
                         ["own"])


if __name__ == "__main__":
    unittest.main()
