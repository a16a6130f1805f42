"""OpenAI in, Anthropic out, and the other way round, end to end."""

import json
import unittest

import harness

PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Er"
         "kJggg==")
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}


class OpenAiToAnthropicTest(harness.GatewayTest):
    def sent(self):
        seen = self.fake.requests()[-1]
        self.assertIn(b"/v1/messages", seen["start_line"])
        return json.loads(seen["body"])

    def test_plain(self):
        answer = self.gateway.chat("anthropic-fake/tokens=4", temperature=0.5, top_p=0.9,
                                   stop=["END"], user="u-1", max_tokens=50)
        self.assertEqual(answer.status, 200, answer)
        body = answer.json()
        self.assertEqual(body["object"], "chat.completion")
        self.assertEqual(body["model"], "anthropic-fake/tokens=4")
        self.assertEqual(body["choices"][0]["finish_reason"], "stop")
        self.assertEqual(len(body["choices"][0]["message"]["content"]), 16)
        self.assertEqual(body["usage"]["completion_tokens"], 4)
        sent = self.sent()
        self.assertEqual(sent["model"], "fake/tokens=4")
        self.assertEqual(sent["max_tokens"], 50)
        self.assertEqual(sent["temperature"], 0.5)
        self.assertEqual(sent["top_p"], 0.9)
        self.assertEqual(sent["stop_sequences"], ["END"])
        self.assertEqual(sent["metadata"], {"user_id": "u-1"})
        headers = dict((name.lower(), value) for name, value in self.fake.requests()[-1]["headers"])
        self.assertIn(b"anthropic-version", headers)
        self.assertEqual(headers[b"x-api-key"], harness.UPSTREAM_KEY.encode())

    def test_max_tokens_is_filled_in(self):
        self.assertEqual(self.gateway.chat("claude").status, 200)
        self.assertGreater(self.sent()["max_tokens"], 0)

    def test_system_messages_move(self):
        self.gateway.post("/v1/chat/completions", {"model": "claude", "messages": [
            {"role": "system", "content": "one"}, {"role": "developer", "content": "two"},
            {"role": "user", "content": "Hello"}]})
        sent = self.sent()
        self.assertEqual([message["role"] for message in sent["messages"]], ["user"])
        self.assertIn("one", json.dumps(sent["system"]))
        self.assertIn("two", json.dumps(sent["system"]))

    def test_images(self):
        answer = self.gateway.post("/v1/chat/completions", {"model": "claude", "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PIXEL}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]})
        self.assertEqual(answer.status, 200, answer)
        parts = self.sent()["messages"][0]["content"]
        self.assertEqual(parts[1]["source"],
                         {"type": "base64", "media_type": "image/png", "data": PIXEL})
        self.assertEqual(parts[2]["source"], {"type": "url", "url": "https://example.com/a.png"})

    def test_tool_round_trip(self):
        tools = [{"type": "function", "function": {"name": "get_weather", "description": "d",
                                                   "parameters": SCHEMA}}]
        first = self.gateway.chat("claude", tools=tools, tool_choice="required").json()
        sent = self.sent()
        self.assertEqual(sent["tools"][0]["name"], "get_weather")
        self.assertEqual(sent["tools"][0]["input_schema"], SCHEMA)
        self.assertEqual(sent["tool_choice"]["type"], "any")
        message = first["choices"][0]["message"]
        self.assertEqual(first["choices"][0]["finish_reason"], "tool_calls")
        call = message["tool_calls"][0]
        self.assertEqual(json.loads(call["function"]["arguments"]), {"place": "text"})
        second = self.gateway.post("/v1/chat/completions", {
            "model": "claude", "tools": tools, "messages": [
                {"role": "user", "content": "Weather?"},
                {"role": "assistant", "content": None, "tool_calls": message["tool_calls"]},
                {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}]})
        self.assertEqual(second.status, 200, second)
        turns = self.sent()["messages"]
        self.assertEqual([turn["role"] for turn in turns], ["user", "assistant", "user"])
        use = [part for part in turns[1]["content"] if part["type"] == "tool_use"][0]
        self.assertEqual((use["id"], use["name"], use["input"]),
                         (call["id"], "get_weather", {"place": "text"}))
        result = turns[2]["content"][0]
        self.assertEqual((result["type"], result["tool_use_id"]), ("tool_result", call["id"]))
        self.assertIn("sunny", json.dumps(result["content"]))

    def test_stream(self):
        stream = self.gateway.chat_stream("anthropic-fake/tokens=6;reasoning=2;cached=1",
                                          stream_options={"include_usage": True})
        events = stream.all()
        self.assertTrue(stream.clean_end)
        self.assertEqual(events[-1][1], "[DONE]")
        chunks = [json.loads(data) for _, data in events[:-1]]
        self.assertTrue(all(chunk["object"] == "chat.completion.chunk" for chunk in chunks))
        self.assertEqual(len({chunk["id"] for chunk in chunks}), 1)
        self.assertEqual(len(harness.text_of_chat_stream(events)), 24)
        finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]
                    if choice.get("finish_reason")]
        self.assertEqual(finishes, ["stop"])
        usage = chunks[-1]["usage"]
        self.assertEqual(usage["completion_tokens"], 8)
        self.assertEqual(usage["prompt_tokens_details"]["cached_tokens"], 1)
        self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + 8)

    def test_tool_stream(self):
        tools = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}}
                 for name in ("first", "second")]
        events = self.gateway.chat_stream("anthropic-fake/calls=2", tools=tools).all()
        calls = {}
        for _, data in events[:-1]:
            for choice in json.loads(data)["choices"]:
                for call in choice["delta"].get("tool_calls") or []:
                    slot = calls.setdefault(call["index"], {"arguments": "", "name": None})
                    slot["name"] = slot["name"] or call["function"].get("name")
                    slot["arguments"] += call["function"].get("arguments") or ""
        self.assertEqual({index: (slot["name"], json.loads(slot["arguments"]))
                          for index, slot in calls.items()},
                         {0: ("first", {"place": "text"}), 1: ("second", {"place": "text"})})

    def test_stop_reasons(self):
        for theirs, ours in (("end_turn", "stop"), ("max_tokens", "length"),
                             ("stop_sequence", "stop"), ("refusal", "content_filter")):
            body = self.gateway.chat(f"anthropic-fake/finish={theirs}").json()
            self.assertEqual(body["choices"][0]["finish_reason"], ours, theirs)

    def test_what_the_target_lacks_is_named(self):
        for member, value in (("logprobs", True), ("n", 2), ("logit_bias", {"1": 1}),
                              ("frequency_penalty", 0.5), ("presence_penalty", 0.5), ("seed", 1)):
            answer = self.gateway.chat("claude", **{member: value})
            self.assert_error(answer, 400, member)
        self.assertEqual(self.fake.bill(), [])

    def test_errors_are_mapped(self):
        answer = self.gateway.chat("anthropic-fake/status=529")
        self.assert_error(answer, (503, 529))


class DropParamsTest(harness.GatewayTest):
    extra_config = {"litellm_settings": {"drop_params": True}}

    def test_dropped(self):
        answer = self.gateway.chat("claude", seed=1, frequency_penalty=0.5)
        self.assertEqual(answer.status, 200, answer)
        sent = json.loads(self.fake.requests()[-1]["body"])
        self.assertNotIn("seed", sent)
        self.assertNotIn("frequency_penalty", sent)


class AnthropicToOpenAiTest(harness.GatewayTest):
    def sent(self):
        seen = self.fake.requests()[-1]
        self.assertIn(b"/v1/chat/completions", seen["start_line"])
        return json.loads(seen["body"])

    def test_plain(self):
        answer = self.gateway.messages("fake/tokens=4", system="Be brief", temperature=0.5,
                                       stop_sequences=["END"], metadata={"user_id": "u-1"})
        self.assertEqual(answer.status, 200, answer)
        body = answer.json()
        self.assertEqual((body["type"], body["role"], body["model"]),
                         ("message", "assistant", "fake/tokens=4"))
        self.assertEqual(body["stop_reason"], "end_turn")
        self.assertEqual(body["usage"]["output_tokens"], 4)
        sent = self.sent()
        self.assertEqual([message["role"] for message in sent["messages"]], ["system", "user"])
        self.assertEqual(sent.get("max_tokens", sent.get("max_completion_tokens")), 1000)
        self.assertIn(sent["stop"], ("END", ["END"]))
        self.assertEqual(sent["user"], "u-1")

    def test_tool_round_trip(self):
        tools = [{"name": "get_weather", "description": "d", "input_schema": SCHEMA}]
        first = self.gateway.messages("chat", tools=tools, tool_choice={"type": "any"}).json()
        sent = self.sent()
        self.assertEqual(sent["tools"][0]["function"]["parameters"], SCHEMA)
        self.assertEqual(sent["tool_choice"], "required")
        self.assertEqual(first["stop_reason"], "tool_use")
        use = [part for part in first["content"] if part["type"] == "tool_use"][0]
        self.assertEqual(use["input"], {"place": "text"})
        second = self.gateway.post("/v1/messages", {
            "model": "chat", "max_tokens": 100, "tools": tools, "messages": [
                {"role": "user", "content": "Weather?"},
                {"role": "assistant", "content": first["content"]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": use["id"], "content": "sunny"}]}]})
        self.assertEqual(second.status, 200, second)
        turns = self.sent()["messages"]
        self.assertEqual([turn["role"] for turn in turns], ["user", "assistant", "tool"])
        self.assertEqual(turns[1]["tool_calls"][0]["id"], use["id"])
        self.assertEqual((turns[2]["tool_call_id"], turns[2]["content"]), (use["id"], "sunny"))

    def test_stream(self):
        stream = self.gateway.messages_stream("fake/tokens=6;cached=1")
        events = stream.all()
        self.assertTrue(stream.clean_end)
        kinds = [kind for kind, _ in events if kind != "ping"]
        self.assertEqual(kinds[:2], ["message_start", "content_block_start"])
        self.assertEqual(kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])
        self.assertEqual(len(harness.text_of_message_stream(events)), 24)
        delta = json.loads(events[-2][1])
        self.assertEqual(delta["delta"]["stop_reason"], "end_turn")
        self.assertEqual(delta["usage"]["output_tokens"], 6)
        for kind, data in events:
            self.assertEqual(json.loads(data)["type"], kind)

    def test_tool_stream(self):
        events = self.gateway.messages_stream(
            "chat", tools=[{"name": "get_weather", "input_schema": SCHEMA}]).all()
        pieces = ""
        for kind, data in events:
            if kind == "content_block_delta":
                pieces += json.loads(data)["delta"].get("partial_json", "")
        self.assertEqual(json.loads(pieces), {"place": "text"})

    def test_broken_streams(self):
        for behaviour in ("rst=5;tokens=20", "sse-error=5;tokens=20", "no-end;truncate"):
            events = self.gateway.messages_stream("fake/" + behaviour).all()
            kinds = [kind for kind, _ in events]
            self.assertNotIn("message_stop", kinds, behaviour)
            self.assertEqual(kinds[-1], "error", behaviour)


if __name__ == "__main__":
    unittest.main()
