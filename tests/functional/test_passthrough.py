"""The same dialect on both sides: bytes and unknown fields survive."""

import json
import unittest

import harness

NAUGHTY = json.loads((harness.SHARED_DATA / "big-list-of-naughty-strings" / "blns.json")
                     .read_text(encoding="utf-8"))


class PassThroughTest(harness.GatewayTest):
    def seen(self):
        return self.fake.requests()[-1]

    def test_unknown_members_and_their_spelling_survive(self):
        body = (b'{ "model" : "chat",\n\t"messages":[{"role":"user","content":"h\\u00e9 \\/ \\ud83d'
                b'\\ude00"}] , "x_unknown": {"deep":[1.0,1e2,-0,12345678901234567890,null]},'
                b'"temperature":0.70000 }')
        answer = self.gateway.post("/v1/chat/completions", body,
                                   headers={"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.seen()["body"], body.replace(b'"chat"', b'"chat-upstream"', 1))

    def test_answers_survive_with_unknown_members(self):
        reply = ('{"id":"x-1","object":"chat.completion","created":1,"model":"chat-upstream",'
                 '"choices":[{"index":0,"message":{"role":"assistant","content":"A\\u0041"},'
                 '"finish_reason":"stop","odd":1.50}],"usage":{"prompt_tokens":1,'
                 '"completion_tokens":1,"total_tokens":2},"vendor":{"k":[1e2]}}')
        self.fake.script("chat-upstream", [{"body": reply}])
        answer = self.gateway.chat("chat")
        self.assertEqual(answer.body.decode(), reply.replace('"chat-upstream"', '"chat"'))

    def test_stream_events_survive(self):
        event = '{"id":"c","object":"chat.completion.chunk","created":1,"model":"chat-upstream",' \
                '"choices":[{"index":0,"delta":{"content":"\\u00e9","odd":1.50},' \
                '"finish_reason":null}],"vendor":"x"}'
        raw = (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
               b"connection: close\r\n\r\n" + f"data: {event}\n\ndata: [DONE]\n\n".encode())
        self.fake.script("chat-upstream", [{"raw": raw, "do": "close"}])
        events = self.gateway.chat_stream("chat").all()
        self.assertEqual([data for _, data in events],
                         [event.replace('"chat-upstream"', '"chat"'), "[DONE]"])

    def test_model_is_replaced_at_the_top_level_only(self):
        body = (b'{"messages":[{"role":"user","content":"\\"model\\":\\"chat\\""}],'
                b'"x":{"model":"chat"},"model":"chat"}')
        self.assertEqual(self.gateway.post("/v1/chat/completions", body).status, 200)
        sent = json.loads(self.seen()["body"])
        self.assertEqual(sent["model"], "chat-upstream")
        self.assertEqual(sent["x"], {"model": "chat"})

    def test_the_clients_credentials_and_tracing_are_not_sent_on(self):
        self.gateway.chat("chat", headers={
            "x-api-key": "sk-client", "Cookie": "session=client", "traceparent": "00-1-2-01",
            "baggage": "a=b", "x-ghasi-tenant": "t", "x-forwarded-for": "10.1.2.3",
            "x-litellm-tags": "secret-tag"})
        seen = self.seen()
        text = b"\n".join(name.lower() + b": " + value for name, value in seen["headers"])
        self.assertIn(b"authorization: Bearer " + harness.UPSTREAM_KEY.encode(), text)
        for forbidden in (harness.MASTER_KEY.encode(), b"sk-client", b"cookie", b"traceparent",
                          b"baggage", b"x-ghasi", b"10.1.2.3", b"secret-tag"):
            self.assertNotIn(forbidden, text)

    def test_proxy_only_members_are_not_sent_on(self):
        self.gateway.chat("chat", num_retries=0, timeout=20, fallbacks=[], guardrails=[],
                          litellm_session_id="s", cache={"no-cache": True}, tags=["t"])
        sent = json.loads(self.seen()["body"])
        self.assertEqual(set(sent) & {"num_retries", "timeout", "fallbacks", "guardrails",
                                      "litellm_session_id", "cache", "tags"}, set())

    def test_anthropic_members_and_headers_survive(self):
        body = {"model": "claude", "max_tokens": 7, "x_unknown": [1], "metadata": {"user_id": "u"},
                "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
                "messages": [{"role": "user", "content": "Hello"}]}
        self.gateway.post("/v1/messages", body, headers={
            "anthropic-version": "2023-06-01", "anthropic-beta": "context-1m-2025-08-07"})
        seen = self.seen()
        self.assertEqual(json.loads(seen["body"]), {**body, "model": "claude-upstream"})
        headers = {name.lower(): value for name, value in seen["headers"]}
        self.assertEqual(headers[b"x-api-key"], harness.UPSTREAM_KEY.encode())
        self.assertEqual(headers[b"anthropic-version"], b"2023-06-01")
        self.assertEqual(headers[b"anthropic-beta"], b"context-1m-2025-08-07")

    def test_a_long_prompt_arrives_whole(self):
        text = "0123456789abcdef" * 25_000
        answer = self.gateway.chat("fake/echo", text=text)
        self.assertEqual(answer.json()["choices"][0]["message"]["content"], text)
        self.assertEqual(json.loads(self.seen()["body"])["messages"][0]["content"], text)


class NaughtyStringsTest(harness.GatewayTest):
    fake_options = ("--record", "2")

    def test_there_are_strings(self):
        self.assertGreater(len(NAUGHTY), 500)

    def check(self, send, fields_of):
        for text in NAUGHTY:
            with self.subTest(text=text):
                answer = send(text)
                self.assertEqual(answer.status, 200, answer)
                seen = self.fake.requests()[-1]
                for value in fields_of(json.loads(seen["body"])):
                    self.assertEqual(value, text)
                yield text, answer

    def test_openai_fields(self):
        def send(text):
            return self.gateway.post("/v1/chat/completions", {
                "model": "fake/echo", "user": text, "stop": [text], "x_unknown": text,
                "messages": [{"role": "system", "content": text, "name": text},
                             {"role": "user", "content": text, "name": text}]})

        def fields(body):
            yield body["user"]
            yield body["stop"][0]
            yield body["x_unknown"]
            for message in body["messages"]:
                yield message["content"]
                yield message["name"]

        for text, answer in self.check(send, fields):
            self.assertEqual(answer.json()["choices"][0]["message"]["content"], text)

    def test_openai_tool_fields(self):
        def send(text):
            return self.gateway.post("/v1/chat/completions", {
                "model": "fake/echo;calls=0",
                "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
                "tools": [{"type": "function", "function": {
                    "name": "f", "description": text,
                    "parameters": {"type": "object", "properties": {"p": {
                        "type": "string", "description": text, "enum": [text]}}}}}]})

        def fields(body):
            function = body["tools"][0]["function"]
            yield function["description"]
            yield function["parameters"]["properties"]["p"]["description"]
            yield function["parameters"]["properties"]["p"]["enum"][0]
            yield body["messages"][0]["content"][0]["text"]

        for text, answer in self.check(send, fields):
            self.assertEqual(answer.json()["choices"][0]["message"]["content"], text)

    def test_anthropic_fields(self):
        def send(text):
            return self.gateway.post("/v1/messages", {
                "model": "anthropic-fake/echo", "max_tokens": 10000, "system": text,
                "stop_sequences": [text], "metadata": {"user_id": text},
                "messages": [{"role": "user", "content": text}]})

        def fields(body):
            yield body["system"]
            yield body["stop_sequences"][0]
            yield body["metadata"]["user_id"]
            yield body["messages"][0]["content"]

        for text, answer in self.check(send, fields):
            self.assertEqual(answer.json()["content"][0]["text"], text)

    def test_completions_and_embeddings(self):
        for text, answer in self.check(
                lambda text: self.gateway.post("/v1/completions",
                                               {"model": "fake/echo", "prompt": text}),
                lambda body: [body["prompt"]]):
            self.assertEqual(answer.json()["choices"][0]["text"], text)
        for _ in self.check(
                lambda text: self.gateway.post("/v1/embeddings",
                                               {"model": "fake/ok", "input": [text]}),
                lambda body: body["input"]):
            pass

    def test_streams(self):
        for text in NAUGHTY:
            with self.subTest(text=text):
                stream = self.gateway.chat_stream("fake/echo", text=text)
                self.assertEqual(harness.text_of_chat_stream(stream.all()), text)

    def test_translated_both_ways(self):
        for text in NAUGHTY:
            if not text:
                continue  # Anthropic has no empty text
            with self.subTest(text=text):
                answer = self.gateway.chat("anthropic-fake/echo", text=text, max_tokens=10000)
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json()["choices"][0]["message"]["content"], text)
                answer = self.gateway.messages("fake/echo", text=text)
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json()["content"][0]["text"], text)

    def test_every_translated_field(self):
        """System texts, tools, calls, results, stop texts and end users, into both dialects."""
        def to_anthropic(text):
            return self.gateway.post("/v1/chat/completions", {
                "model": "anthropic-fake/echo;calls=0", "max_tokens": 10000, "user": text,
                "stop": [text],
                "messages": [
                    {"role": "system", "content": text}, {"role": "user", "content": "Hello"},
                    {"role": "assistant", "content": text, "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {
                            "name": "f", "arguments": json.dumps({"p": text})}}]},
                    {"role": "tool", "tool_call_id": "call_1", "content": text}],
                "tools": [{"type": "function", "function": {
                    "name": "f", "description": text, "parameters": self.schema(text)}}]})

        def anthropic_fields(body):
            yield body["system"] if isinstance(body["system"], str) else body["system"][0]["text"]
            yield body["metadata"]["user_id"]
            yield body["stop_sequences"][0]
            yield body["tools"][0]["description"]
            yield body["tools"][0]["input_schema"]["properties"]["p"]["enum"][0]
            said = body["messages"][1]["content"]
            yield said[0]["text"]
            yield said[1]["input"]["p"]
            result = body["messages"][2]["content"][0]["content"]
            yield result if isinstance(result, str) else result[0]["text"]

        def to_openai(text):
            return self.gateway.post("/v1/messages", {
                "model": "fake/echo;calls=0", "max_tokens": 10000, "system": text,
                "metadata": {"user_id": text}, "stop_sequences": [text],
                "messages": [
                    {"role": "user", "content": "Hello"},
                    {"role": "assistant", "content": [
                        {"type": "text", "text": text},
                        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"p": text}}]},
                    {"role": "user", "content": [
                        {"type": "tool_result", "tool_use_id": "call_1", "content": text}]}],
                "tools": [{"name": "f", "description": text, "input_schema": self.schema(text)}]})

        def openai_fields(body):
            system, _, said, result = body["messages"]
            yield system["content"]
            yield said["content"]
            yield json.loads(said["tool_calls"][0]["function"]["arguments"])["p"]
            yield result["content"]
            yield body["user"]
            yield body["stop"][0] if isinstance(body["stop"], list) else body["stop"]
            function = body["tools"][0]["function"]
            yield function["description"]
            yield function["parameters"]["properties"]["p"]["enum"][0]

        for send, fields in ((to_anthropic, anthropic_fields), (to_openai, openai_fields)):
            for text in filter(None, NAUGHTY):
                with self.subTest(send=send.__name__, text=text):
                    answer = send(text)
                    self.assertEqual(answer.status, 200, answer)
                    values = list(fields(json.loads(self.fake.requests()[-1]["body"])))
                    self.assertEqual(values, [text] * len(values))

    @staticmethod
    def schema(text):
        return {"type": "object", "properties": {"p": {"type": "string", "enum": [text]}}}

    def test_in_headers_and_model_names_nothing_breaks(self):
        for text in NAUGHTY:
            with self.subTest(text=text):
                answer = self.gateway.chat("naughty " + text)
                self.assert_error(answer, 400)
        self.assert_alive()


if __name__ == "__main__":
    unittest.main()
