"""/health calls every deployment: what it tells, what it costs, and whom."""

import json
import unittest
from decimal import Decimal

from admin import AdminTest
from harness import PRICES, UPSTREAM_KEY, Gateway, deployment, wait_for

CHECK_KEY = "litellm-internal-health-check"


class HealthTest(AdminTest):
    router_settings = {"num_retries": 0, "allowed_fails": 0, "cooldown_time": 60}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        models = [
            deployment("chat", "chat-upstream", base),
            deployment("claude", "claude-upstream", cls.fake.url, provider="anthropic"),
            deployment("vector", "embedding-upstream", base),
            deployment("text", "text-upstream", base),
            deployment("picture", "picture-upstream", base),
            deployment("any/*", "*", base),
            deployment("checked/*", "*", base),
        ]
        infos = [{}, {}, {"mode": "embedding"}, {"mode": "completion"},
                 {"mode": "image_generation"}, {}, {"health_check_model": "openai/small-upstream"}]
        for number, (model, info) in enumerate(zip(models, infos)):
            model["model_info"] = {"id": f"id-{number}", **info}
        return models

    def by_name(self, answer):
        out = {}
        for state in ("healthy", "unhealthy"):
            self.assertEqual(answer[f"{state}_count"], len(answer[f"{state}_endpoints"]))
            for endpoint in answer[f"{state}_endpoints"]:
                out[endpoint["model_name"]] = (state, endpoint)
        return out

    def test_every_deployment_is_called_in_its_own_way(self):
        found = self.by_name(self.get("/health"))
        self.assertEqual({name: state for name, (state, _) in found.items()}, {
            "chat": "healthy", "claude": "healthy", "vector": "healthy", "text": "healthy",
            "picture": "unhealthy", "any/*": "unhealthy", "checked/*": "healthy"})
        self.assertIn("health_check_model", found["any/*"][1]["error"])
        self.assertIn("image_generation", found["picture"][1]["error"])
        self.assertEqual(found["chat"][1]["model"], "openai/chat-upstream")
        self.assertEqual(found["chat"][1]["api_base"], self.fake.url + "/v1")
        self.assertEqual(found["chat"][1]["model_id"], "id-0")
        self.assertEqual(found["checked/*"][1]["model"], "openai/small-upstream")
        sent = {json.loads(request["body"])["model"]: json.loads(request["body"])
                for request in self.fake.requests()}
        self.assertEqual(set(sent), {"chat-upstream", "claude-upstream", "embedding-upstream",
                                     "text-upstream", "small-upstream"})
        self.assertEqual(len(sent["chat-upstream"]["messages"]), 1)
        self.assertLessEqual(sent["chat-upstream"]["max_completion_tokens"], 16)
        self.assertLessEqual(sent["claude-upstream"]["max_tokens"], 16)
        self.assertIn("input", sent["embedding-upstream"])
        self.assertIn("prompt", sent["text-upstream"])

    def test_one_model(self):
        for query in ("model=chat", "model=openai/chat-upstream", "model_id=id-0"):
            self.fake.reset()
            answer = self.get("/health?" + query)
            self.assertEqual((answer["healthy_count"], answer["unhealthy_count"]), (1, 0))
            self.assertEqual(len(self.fake.requests()), 1)
        self.assertIn("not found", self.refused("GET", "/health?model=none")["message"])

    def test_failures_are_told_without_the_credential_and_change_no_routing(self):
        self.fake.script("chat-upstream", then=f"status=401;message=no%20key%20{UPSTREAM_KEY}")
        answer = self.gateway.get("/health?model=chat")
        self.assertNotIn(UPSTREAM_KEY, answer.body.decode())
        endpoint = answer.json()["unhealthy_endpoints"][0]
        self.assertEqual(endpoint["status_code"], 401)
        self.assertIn("no key [redacted]", endpoint["error"])
        self.fake.reset()
        # A call that failed with 401 would have cooled the deployment down.
        self.assertEqual(self.gateway.chat("chat").status, 200)

    def test_checks_stand_in_the_ledger_under_their_own_name(self):
        self.get("/health?model=chat")
        self.get("/health?model=vector")
        bill = self.fake.wait_for_bill(2)
        key = self.new_key(max_budget=1)["key"]
        rows = [row for row in self.get("/spend/logs?summarize=false") if
                row["api_key"] == CHECK_KEY]
        mine = rows[-2:] if rows[0]["startTime"] <= rows[-1]["startTime"] else rows[:2]
        cost = sum(Decimal(str(row["spend"])) for row in mine)
        expected = sum(Decimal(str(PRICES["input_cost_per_token"])) * entry["prompt_tokens"] +
                       Decimal(str(PRICES["output_cost_per_token"])) * entry["completion_tokens"]
                       for entry in bill)
        self.assertEqual(cost, expected)
        self.assertEqual({row["user"] for row in mine}, {""})
        self.assertEqual(self.info(key)["spend"], 0)
        self.assertGreater(self.gateway.metric(
            f'litellm_requests_metric_total{{api_key="{CHECK_KEY}"') + self.gateway.metric(
            "gatehouse_deployment_check_healthy"), 0)

    def test_history_and_latest(self):
        self.fake.script("claude-upstream", then="status=500")
        self.get("/health?model=chat")
        self.get("/health?model=claude")
        history = self.get("/health/history?limit=2")
        self.assertEqual([row["model_name"] for row in history["health_checks"]],
                         ["claude", "chat"])
        self.assertGreaterEqual(history["total_records"], 2)
        row = history["health_checks"][0]
        self.assertEqual((row["status"], row["healthy_count"], row["unhealthy_count"],
                          row["model_id"], row["checked_by"]),
                         ("unhealthy", 0, 1, "id-1", "default_user_id"))
        self.assertTrue(row["error_message"])
        only = self.get("/health/history?status_filter=unhealthy&model=claude")["health_checks"]
        self.assertEqual({each["status"] for each in only}, {"unhealthy"})
        self.assertEqual(self.get("/health/history?offset=100000")["health_checks"], [])
        self.ask("GET", "/health/history?limit=0", status=422)
        latest = self.get("/health/latest")
        self.assertEqual(latest["latest_health_checks"]["id-0"]["status"], "healthy")
        self.assertEqual(latest["latest_health_checks"]["id-1"]["status"], "unhealthy")
        self.assertEqual(latest["total_models"], len(latest["latest_health_checks"]))

    def test_keys_may_not_ask(self):
        key = self.new_key()["key"]
        for path in ("/health", "/health/history", "/health/latest",
                     "/health/services?service=webhook"):
            self.ask("GET", path, key=key, status=(401, 403))
        self.assertEqual(self.fake.requests(), [])


class TestConnectionTest(AdminTest):
    def try_model(self, status=200, **body):
        return self.ask("POST", "/health/test_connection", body, status=status)

    def params(self, **fields):
        return {"model": "openai/tried-upstream", "api_key": UPSTREAM_KEY,
                "api_base": self.fake.url + "/v1", "allow_private_network": True, **PRICES,
                **fields}

    def test_a_model_that_answers_and_one_that_does_not(self):
        answer = self.try_model(litellm_params=self.params(), mode="chat")
        self.assertEqual(answer["status"], "success", answer)
        self.assertEqual(self.fake.requests()[0]["start_line"].split()[1],
                         b"/v1/chat/completions")
        answer = self.try_model(litellm_params=self.params(), mode="embedding")
        self.assertEqual(answer["status"], "success", answer)
        self.fake.script("tried-upstream", then="status=401")
        answer = self.try_model(litellm_params=self.params())
        self.assertEqual((answer["status"], answer["result"]["status_code"]), ("error", 401))
        self.assertNotIn(UPSTREAM_KEY, json.dumps(answer))
        self.assertNotIn("tried-upstream", json.dumps(self.get("/model/info")))

    def test_wrong_bodies(self):
        self.try_model(status=422)
        self.try_model(status=422, litellm_params="openai/x")
        error = self.refused("POST", "/health/test_connection",
                             {"litellm_params": {"model": "nobody/x"}}, status=400)
        self.assertIn("cannot be called", error["message"])

    def test_addresses_of_this_network_are_not_dialled(self):
        port = self.fake.port
        for base in (f"http://127.0.0.1:{port}/v1", f"https://127.0.0.1:{port}/v1",
                     f"https://localhost:{port}/v1", f"https://[::1]:{port}", f"https://0:{port}",
                     f"https://[::ffff:127.0.0.1]:{port}", f"https://2130706433:{port}",
                     f"https://0x7f.1:{port}", "https://169.254.169.254/latest",
                     f"https://10.0.0.1:{port}", f"https://user@127.0.0.1:{port}", "file:///etc"):
            with self.subTest(base=base):
                params = self.params(api_base=base)
                del params["allow_private_network"]
                answer = self.gateway.post("/health/test_connection", {"litellm_params": params})
                self.assertIn(answer.status, (200, 400))
                if answer.status == 200:
                    self.assertEqual(answer.json()["status"], "error")
                self.assertNotIn(UPSTREAM_KEY, answer.body.decode())
        self.assertEqual(self.fake.requests(), [])

    def test_only_administrators(self):
        viewer = self.new_user(role="proxy_admin_viewer", auto_create_key=False)["user_id"]
        for key in (self.new_key()["key"], self.new_key(user_id=viewer)["key"]):
            self.ask("POST", "/health/test_connection", {"litellm_params": self.params()}, key=key,
                     status=(401, 403))
        self.assertEqual(self.fake.requests(), [])


class BackgroundTest(AdminTest):
    extra_config = {"general_settings": {"background_health_checks": True,
                                         "health_check_interval": 1,
                                         "health_check_details": False}}

    @classmethod
    def model_list(cls):
        return [deployment("chat", "chat-upstream", cls.fake.url + "/v1")]

    def test_rounds_come_by_themselves_and_health_asks_nobody(self):
        wait_for(lambda: self.get("/health/history")["total_records"] >= 2)
        answer = self.get("/health")
        self.assertEqual(answer, {"healthy_endpoints": [{"model": "openai/chat-upstream"}],
                                  "unhealthy_endpoints": [], "healthy_count": 1,
                                  "unhealthy_count": 0})
        self.assertEqual(self.get("/health/history")["health_checks"][0]["checked_by"],
                         "background")
        self.fake.script("chat-upstream", then="status=503")
        wait_for(lambda: self.get("/health")["unhealthy_count"] == 1)
        self.assertEqual(self.gateway.metric("gatehouse_deployment_check_healthy"), 0)

    def test_the_end_does_not_wait_for_a_round(self):
        gateway = Gateway(self.config())
        self.addCleanup(gateway.stop)
        self.fake.script("chat-upstream", then="hang")
        wait_for(lambda: len(self.fake.requests()) >= 1)
        gateway.program.signal(15)
        self.assertEqual(gateway.program.wait(10), 0)

    def test_a_reload_switches_them_off(self):
        gateway = Gateway(self.config())
        self.addCleanup(gateway.stop)
        config = self.config()
        config["general_settings"]["background_health_checks"] = False
        gateway.write_config(config)
        gateway.reload()
        gateway.program.wait_for_line(r'"reloaded"')
        self.assertEqual(gateway.get("/health").json()["healthy_endpoints"][0]["model"],
                         "openai/chat-upstream")
        self.assertEqual(
            gateway.get("/health/history").json()["health_checks"][0]["checked_by"],
            "default_user_id")


if __name__ == "__main__":
    unittest.main()
