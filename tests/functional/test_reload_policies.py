"""What the configuration says about new identities follows a reload without a restart."""

import unittest

from admin import AdminTest, bearer


class ReloadPoliciesTest(AdminTest):
    def reload_with(self, **litellm_settings):
        """Returns once the server says that it has the new file."""
        config = self.config()
        config["litellm_settings"] = litellm_settings
        self.gateway.write_config(config)
        start = len(self.gateway.program.lines)
        self.gateway.reload()
        return self.gateway.program.wait_for_line(r'"(reloaded|reload_refused)"', start=start)[1]

    def tearDown(self):
        self.reload_with()

    def test_defaults_and_bounds_of_keys(self):
        self.assertIsNone(self.info(self.new_key()["key"])["max_budget"])
        self.assertEqual(self.reload_with(
            default_key_generate_params={"max_budget": 3, "models": ["chat"]},
            upperbound_key_generate_params={"rpm_limit": 10}), "reloaded")
        info = self.info(self.new_key()["key"])
        self.assertEqual((info["max_budget"], info["models"], info["rpm_limit"]),
                         (3, ["chat"], 10))
        error = self.refused("POST", "/key/generate", {"rpm_limit": 11}, status=400)
        self.assertIn("rpm_limit is over max limit set in config", error["message"])
        self.reload_with()
        self.assertEqual(self.info(self.new_key(rpm_limit=11)["key"])["rpm_limit"], 11)

    def test_users_and_teams(self):
        self.reload_with(
            default_internal_user_params={"user_role": "internal_user_viewer", "max_budget": 7},
            default_team_params={"max_budget": 9})
        user = self.post("/user/new", {"auto_create_key": False})
        self.assertEqual((user["user_role"], user["max_budget"]), ("internal_user_viewer", 7))
        self.assertEqual(self.post("/team/new", {})["max_budget"], 9)

    def test_end_users_that_are_in_memory(self):
        key = self.new_key()["key"]
        known, stranger = "known-end-user", "end-user-without-a-row"
        self.post("/customer/new", {"user_id": known})
        for name in (known, stranger):
            self.assertEqual(self.gateway.chat("chat", user=name, headers=bearer(key)).status, 200)
        self.reload_with(max_end_user_budget=0.0000001)
        for name in (known, stranger):
            answer = self.gateway.chat("chat", user=name, headers=bearer(key))
            self.assert_error(answer, 429, f"End User={name}")
        self.reload_with()
        for name in (known, stranger):
            self.assertEqual(self.gateway.chat("chat", user=name, headers=bearer(key)).status, 200)

    def test_a_bad_file_changes_nothing(self):
        self.reload_with(default_key_generate_params={"max_budget": 3})
        self.assertEqual(self.reload_with(default_key_generate_params={"max_budget": "much"}),
                         "reload_refused")
        self.assertEqual(self.info(self.new_key()["key"])["max_budget"], 3)


if __name__ == "__main__":
    unittest.main()
