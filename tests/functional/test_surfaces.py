"""The surfaces as an SDK sees them: shapes, streams, tools, models, health, errors."""

import json
import unittest

import harness

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather at a place",
    "parameters": {"type": "object", "properties": {
        "place": {"type": "string"}, "days": {"type": "integer"}}, "required": ["place"]}}}


class SurfacesTest(harness.GatewayTest):
    def test_chat(self):
        answer = self.gateway.chat("chat")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("application/json", answer.header("content-type"))
        body = answer.json()
        self.assertEqual(body["object"], "chat.completion")
        self.assertEqual(body["model"], "chat", "the alias hides the upstream's name")
        self.assertEqual(body["choices"][0]["message"]["role"], "assistant")
        self.assertEqual(body["choices"][0]["finish_reason"], "stop")
        self.assertEqual(body["usage"]["total_tokens"],
                         body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"])

    def test_chat_without_the_v1_prefix_and_azure_style_paths(self):
        body = {"messages": [{"role": "user", "content": "Hello"}]}
        for path in ("/chat/completions", "/v1/chat/completions",
                     "/openai/deployments/chat/chat/completions",
                     "/engines/chat/chat/completions"):
            answer = self.gateway.post(path, {"model": "chat", **body})
            self.assertEqual(answer.status, 200, (path, answer))
        path_wins = self.gateway.post("/openai/deployments/chat/chat/completions",
                                      {"model": "nonsense", **body})
        self.assertEqual(path_wins.status, 200, path_wins)

    def test_several_choices(self):
        body = self.gateway.chat("chat", n=3).json()
        self.assertEqual([choice["index"] for choice in body["choices"]], [0, 1, 2])

    def test_several_choices_of_a_stream(self):
        events = self.gateway.chat_stream("fake/tokens=5", n=3).all()
        texts = {}
        for _, data in events[:-1]:
            for choice in json.loads(data)["choices"]:
                index = choice["index"]
                texts[index] = texts.get(index, "") + (choice["delta"].get("content") or "")
        self.assertEqual({index: len(text) for index, text in texts.items()}, {0: 20, 1: 20, 2: 20})

    def test_log_probabilities(self):
        asked = {"logprobs": True, "top_logprobs": 2}
        body = self.gateway.chat("fake/tokens=3", **asked).json()
        self.assertEqual(len(body["choices"][0]["logprobs"]["content"]), 3)
        events = self.gateway.chat_stream("fake/tokens=3", **asked).all()
        told = [choice["logprobs"]["content"] for _, data in events[:-1]
                for choice in json.loads(data)["choices"] if choice.get("logprobs")]
        self.assertEqual(sum(len(content) for content in told), 3)
        sent = json.loads(self.fake.requests()[-1]["body"])
        self.assertEqual((sent["logprobs"], sent["top_logprobs"]), (True, 2))

    def test_parts_pass_as_they_are(self):
        parts = [{"type": "text", "text": "look and listen"},
                 {"type": "image_url", "image_url": {"url": "https://example.com/a.png",
                                                     "detail": "low"}},
                 {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                 {"type": "file", "file": {"file_id": "file-1"}},
                 {"type": "not_invented_yet", "x": [1]}]
        more = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
        for stream in (False, True):
            answer = self.gateway.post("/v1/chat/completions", {
                "model": "chat", "stream": stream,
                "messages": [{"role": "user", "content": parts}], **more})
            self.assertEqual(answer.status, 200, answer)
            sent = json.loads(self.fake.requests()[-1]["body"])
            self.assertEqual(sent["messages"][0]["content"], parts)
            self.assertEqual({name: sent[name] for name in more}, more)

    def test_parts_that_the_target_lacks_are_named(self):
        for part, word in (({"type": "input_audio", "input_audio": {"data": "UklGRg==",
                                                                    "format": "wav"}}, "audio"),
                           ({"type": "not_invented_yet"}, "not supported")):
            answer = self.gateway.post("/v1/chat/completions", {
                "model": "claude", "messages": [{"role": "user", "content": [
                    {"type": "text", "text": "x"}, part]}]})
            self.assert_error(answer, 400, "messages[0].content[1]")
            self.assertIn(word, answer.json()["error"]["message"])
        self.assertEqual(self.fake.bill(), [])

    def test_structured_output_in_both_dialects(self):
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"],
                  "additionalProperties": False}
        wanted = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True,
                                                         "schema": schema}}
        for model in ("chat", "claude"):
            with self.subTest(model=model):
                body = self.gateway.chat(model, response_format=wanted).json()
                self.assertEqual(json.loads(body["choices"][0]["message"]["content"]), {"n": 1})
                events = self.gateway.chat_stream(model, response_format=wanted).all()
                self.assertEqual(json.loads(harness.text_of_chat_stream(events)), {"n": 1})

    def test_stream(self):
        stream = self.gateway.chat_stream("fake/tokens=20")
        events = stream.all()
        self.assertEqual(stream.status, 200)
        self.assertIn("text/event-stream", stream.header("content-type"))
        self.assertEqual(events[-1][1], "[DONE]")
        self.assertTrue(stream.clean_end)
        for _, data in events[:-1]:
            chunk = json.loads(data)
            self.assertEqual(chunk["object"], "chat.completion.chunk")
            self.assertEqual(chunk["model"], "fake/tokens=20")
        self.assertEqual(len(harness.text_of_chat_stream(events)), 80)

    def test_a_stream_arrives_as_it_is_made(self):
        stream = self.gateway.chat_stream("fake/tokens=40;tps=40")
        events = stream.events()
        next(events)
        next(events)
        # The upstream needs a second for the whole; its call must still run.
        self.assertEqual(self.fake.stats()["in_flight"], 1)
        self.assertEqual(list(events)[-1][1], "[DONE]")
        stream.close()

    def test_tools(self):
        body = self.gateway.chat("chat", tools=[WEATHER]).json()
        call = body["choices"][0]["message"]["tool_calls"][0]
        self.assertEqual(call["function"]["name"], "get_weather")
        self.assertEqual(json.loads(call["function"]["arguments"]), {"place": "text", "days": 1})
        self.assertEqual(body["choices"][0]["finish_reason"], "tool_calls")

    def test_tool_stream(self):
        events = self.gateway.chat_stream("chat", tools=[WEATHER]).all()
        arguments = ""
        names = []
        for _, data in events[:-1]:
            for choice in json.loads(data)["choices"]:
                for call in choice["delta"].get("tool_calls") or []:
                    arguments += call["function"].get("arguments") or ""
                    names.append(call["function"].get("name"))
        self.assertEqual(json.loads(arguments), {"place": "text", "days": 1})
        self.assertEqual([name for name in names if name], ["get_weather"])

    def test_json_mode(self):
        body = self.gateway.chat("chat", response_format={"type": "json_object"}).json()
        self.assertEqual(json.loads(body["choices"][0]["message"]["content"]), {"answer": "text"})

    def test_completions(self):
        answer = self.gateway.post("/v1/completions", {"model": "chat", "prompt": "Once"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["object"], "text_completion")
        stream = self.gateway.stream("/v1/completions",
                                     {"model": "chat", "prompt": "Once", "stream": True})
        self.assertEqual(stream.all()[-1][1], "[DONE]")

    def test_embeddings(self):
        answer = self.gateway.post("/v1/embeddings",
                                   {"model": "chat", "input": ["a", "b"], "dimensions": 4})
        self.assertEqual(answer.status, 200, answer)
        body = answer.json()
        self.assertEqual([len(item["embedding"]) for item in body["data"]], [4, 4])
        self.assertEqual(body["model"], "chat")

    def test_messages(self):
        answer = self.gateway.messages("claude")
        self.assertEqual(answer.status, 200, answer)
        body = answer.json()
        self.assertEqual(body["type"], "message")
        self.assertEqual(body["model"], "claude")
        self.assertEqual(body["content"][0]["type"], "text")

    def test_message_stream(self):
        stream = self.gateway.messages_stream("anthropic-fake/tokens=5")
        events = stream.all()
        kinds = [kind for kind, _ in events]
        self.assertEqual(kinds[0], "message_start")
        self.assertEqual(kinds[-1], "message_stop")
        self.assertNotIn("[DONE]", [data for _, data in events])
        self.assertEqual(json.loads(events[0][1])["message"]["model"], "anthropic-fake/tokens=5")
        self.assertEqual(len(harness.text_of_message_stream(events)), 20)

    def test_count_tokens(self):
        answer = self.gateway.post("/v1/messages/count_tokens", {
            "model": "claude", "messages": [{"role": "user", "content": "Hello"}]})
        self.assertEqual(answer.status, 200, answer)
        self.assertGreater(answer.json()["input_tokens"], 0)

    def test_models(self):
        for path in ("/v1/models", "/models"):
            body = self.gateway.get(path).json()
            self.assertEqual(body["object"], "list")
            ids = [item["id"] for item in body["data"]]
            self.assertIn("chat", ids)
            self.assertIn("claude", ids)
            for item in body["data"]:
                self.assertEqual(item["object"], "model")
                self.assertEqual(item["created"], 1677610602)
                self.assertEqual(item["owned_by"], "openai")
        one = self.gateway.get("/v1/models/chat")
        self.assertEqual(one.json()["id"], "chat", one)
        self.assert_error(self.gateway.get("/v1/models/none-such"), 404)

    def test_health_needs_no_key(self):
        for path in ("/health/liveliness", "/health/liveness"):
            answer = self.gateway.get(path, headers={"Authorization": None})
            self.assertEqual((answer.status, answer.json()), (200, "I'm alive!"))
        ready = self.gateway.get("/health/readiness", headers={"Authorization": None})
        self.assertEqual(ready.status, 200)
        self.assertIn(ready.json()["status"], ("healthy", "connected"))

    def test_metrics(self):
        self.gateway.chat("chat")
        answer = self.gateway.get("/metrics", headers={"Authorization": None})
        self.assertEqual(answer.status, 200)
        self.assertIn("text/plain", answer.header("content-type"))
        text = answer.body.decode()
        self.assertRegex(text, r'(?m)^# TYPE \S+ counter$')
        self.assertIn('chat', text)
        self.gateway.chat_stream("fake/tokens=3").all()
        self.gateway.chat("fake/status=503")
        text = self.gateway.get("/metrics").body.decode()
        for name in ("litellm_proxy_total_requests_metric_total",
                     "litellm_proxy_failed_requests_metric_total", "litellm_requests_metric_total",
                     "litellm_spend_metric_total", "litellm_input_tokens_metric_total",
                     "litellm_output_tokens_metric_total", "litellm_total_tokens_metric_total",
                     "litellm_request_total_latency_metric_bucket",
                     "litellm_llm_api_latency_metric_bucket",
                     "litellm_llm_api_time_to_first_token_metric_bucket",
                     "litellm_overhead_latency_metric_bucket", "litellm_in_flight_requests",
                     "litellm_deployment_state", "litellm_deployment_total_requests_total",
                     "litellm_deployment_success_responses_total",
                     "litellm_deployment_failure_responses_total",
                     "litellm_deployment_latency_per_output_token_bucket",
                     "gen_ai_client_operation_duration_seconds_bucket",
                     "gen_ai_client_token_usage_bucket",
                     "gen_ai_server_time_to_first_token_seconds_bucket"):
            self.assertRegex(text, rf"(?m)^{name}(\{{| )")
        self.assertNotIn(harness.MASTER_KEY, text)
        self.assertNotIn(harness.UPSTREAM_KEY, text)

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.gateway.get("/no/such/path").status, 404)
        answer = self.gateway.get("/v1/chat/completions")
        self.assertEqual(answer.status, 405, answer)
        self.assertIn("POST", answer.header("allow", ""))

    def test_cors_is_open(self):
        answer = self.gateway.request("OPTIONS", "/v1/chat/completions", headers={
            "Authorization": None, "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST"})
        self.assertIn(answer.status, (200, 204), answer)
        self.assertEqual(answer.header("access-control-allow-origin"), "*")


class RefusalsTest(harness.GatewayTest):
    def test_keys(self):
        cases = {
            None: "No api key passed in.",
            "Bearer sk-wrong-key-0123456789": "Invalid proxy server token passed",
            "Bearer wrong": "expected to start with 'sk-'",
        }
        for value, message in cases.items():
            answer = self.gateway.chat("chat", headers={"Authorization": value})
            error = self.assert_error(answer, 401, message)
            self.assertTrue(error["message"].startswith("Authentication Error"), error)
        self.assertEqual(self.fake.bill(), [])

    def test_every_place_of_a_key(self):
        for headers in ({"x-litellm-api-key": harness.MASTER_KEY},
                        {"x-litellm-api-key": "Bearer " + harness.MASTER_KEY},
                        {"Authorization": "bearer " + harness.MASTER_KEY},
                        {"API-Key": harness.MASTER_KEY},
                        {"x-api-key": harness.MASTER_KEY},
                        {"x-goog-api-key": harness.MASTER_KEY},
                        {"Ocp-Apim-Subscription-Key": harness.MASTER_KEY}):
            answer = self.gateway.chat("chat", headers={"Authorization": None, **headers})
            self.assertEqual(answer.status, 200, headers)

    def test_x_litellm_api_key_wins(self):
        answer = self.gateway.chat("chat", headers={"x-litellm-api-key": "sk-wrong-0123456789"})
        self.assert_error(answer, 401)

    def test_unknown_model(self):
        answer = self.gateway.chat("none-such")
        self.assert_error(answer, 400, "Invalid model name passed in model=none-such")
        self.assertIn("/v1/models", answer.json()["error"]["message"])

    def test_missing_model(self):
        answer = self.gateway.post("/v1/chat/completions", {"messages": []})
        self.assert_error(answer, 400)

    def test_upstream_errors_keep_their_status(self):
        for status, name in ((400, "BadRequest"), (401, "Authentication"), (404, "NotFound"),
                             (429, "RateLimit"), (500, "InternalServer"),
                             (503, "ServiceUnavailable")):
            for model in (f"fake/status={status}", f"anthropic-fake/status={status}"):
                answer = self.gateway.chat(model)
                error = self.assert_error(answer, status)
                self.assertTrue(error["message"].startswith(f"litellm.{name}"), error)
                self.assertIn("Received Model Group=" + model, error["message"])

    def test_an_error_before_a_stream_is_a_plain_answer(self):
        stream = self.gateway.chat_stream("fake/status=429")
        self.assertEqual(stream.status, 429)
        self.assertIn("application/json", stream.header("content-type"))
        stream.close()

    def test_errors_on_the_anthropic_surface_use_the_same_envelope(self):
        self.assert_error(self.gateway.messages("anthropic-fake/status=429"), 429)
        self.assert_error(self.gateway.messages("none-such"), 400)


if __name__ == "__main__":
    unittest.main()
