"""Deployments by tag (enable_tag_filtering), and by usage (usage-based-routing-v2)."""

import collections
import unittest

import harness
from admin import AdminTest, bearer


class TagRoutingTest(AdminTest):
    router_settings = {"num_retries": 0, "disable_cooldowns": True, "enable_tag_filtering": True}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [
            harness.deployment("chat", "free-upstream", base, tags=["free"]),
            harness.deployment("chat", "paid-upstream", base, tags=["paid", "fast"]),
            harness.deployment("chat", "default-upstream", base, tags=["default"]),
            harness.deployment("closed", "closed-upstream", base, tags=["internal"]),
        ]

    def served_by(self, model="chat", **how):
        """The upstream models of ten calls."""
        self.fake.reset()
        for _ in range(10):
            answer = self.gateway.chat(model, **how)
            self.assertEqual(answer.status, 200, answer)
        return {entry["model"] for entry in self.fake.bill()}

    def test_tags_of_the_body_and_of_the_header_choose(self):
        self.assertEqual(self.served_by(metadata={"tags": ["free"]}), {"free-upstream"})
        self.assertEqual(self.served_by(headers={"x-litellm-tags": "fast, other"}),
                         {"paid-upstream"})

    def test_others_are_served_by_the_default(self):
        self.assertEqual(self.served_by(), {"default-upstream"})
        self.assertEqual(self.served_by(metadata={"tags": ["unheard-of"]}), {"default-upstream"})

    def test_tags_of_the_key_choose(self):
        key = self.new_key(tags=["paid"])["key"]
        self.assertEqual(self.served_by(headers=bearer(key)), {"paid-upstream"})

    def test_nobody_serves_a_tag_that_no_deployment_has(self):
        answer = self.gateway.chat("closed", metadata={"tags": ["free"]})
        self.assert_error(answer, 400, "Not allowed to access model due to tags configuration")
        self.assertEqual(self.fake.bill(), [])
        self.assertEqual(self.gateway.chat("closed").status, 200)


class UsageRoutingTest(AdminTest):
    router_settings = {"num_retries": 0, "routing_strategy": "usage-based-routing-v2"}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        return [harness.deployment("chat", name, base) for name in ("one", "two", "three")]

    def test_the_load_is_even(self):
        for _ in range(30):
            self.assertEqual(self.gateway.chat("chat").status, 200)
        calls = collections.Counter(entry["model"] for entry in self.fake.bill())
        self.assertEqual(set(calls), {"one", "two", "three"})
        # A minute may end between two calls.
        self.assertLessEqual(max(calls.values()) - min(calls.values()), 3, calls)


if __name__ == "__main__":
    unittest.main()
