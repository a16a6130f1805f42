"""The official OpenAI client for Python."""

import asyncio
import json
import os
import time
import unittest
import urllib.request

import openai
from pydantic import BaseModel

MESSAGES = [{"role": "user", "content": "Hello"}]
TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "Weather at a place",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}},
                   "required": ["place"]}}}]
OPTIONS = {"api_key": os.environ["GATEWAY_KEY"], "base_url": os.environ["GATEWAY_URL"] + "/v1",
           "max_retries": 0}
DIALECTS = (("chat", "fake/"), ("claude", "anthropic-fake/"))


def in_flight():
    with urllib.request.urlopen(os.environ["FAKE_URL"] + "/__stats") as answer:
        return json.load(answer)["in_flight"]


def wait_until_quiet():
    end = time.monotonic() + 5
    while in_flight():
        if time.monotonic() > end:
            raise AssertionError("the upstream is still busy")
        time.sleep(0.01)


class Reply(BaseModel):
    n: int


class OpenAiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(**OPTIONS)
        cls.addClassCleanup(cls.client.close)

    def create(self, model, **more):
        return self.client.chat.completions.create(model=model, messages=MESSAGES, **more)

    def test_chat(self):
        for model, _ in DIALECTS:
            answer = self.create(model)
            self.assertEqual(answer.model, model)
            self.assertTrue(answer.choices[0].message.content.startswith("The quick"))
            self.assertEqual(answer.choices[0].finish_reason, "stop")

    def test_stream(self):
        for _, prefix in DIALECTS:
            text, usage = "", None
            for chunk in self.create(prefix + "tokens=10", stream=True,
                                     stream_options={"include_usage": True}):
                if chunk.choices:
                    text += chunk.choices[0].delta.content or ""
                usage = chunk.usage or usage
            self.assertEqual(len(text), 40)
            self.assertEqual(usage.completion_tokens, 10)

    def test_tools(self):
        for model, _ in DIALECTS:
            first = self.create(model, tools=TOOLS)
            call = first.choices[0].message.tool_calls[0]
            self.assertEqual(json.loads(call.function.arguments), {"place": "text"})
            second = self.client.chat.completions.create(
                model=model, tools=TOOLS,
                messages=[*MESSAGES, first.choices[0].message,
                          {"role": "tool", "tool_call_id": call.id, "content": "sunny"}])
            self.assertEqual(second.choices[0].finish_reason, "stop")

    def test_tool_stream(self):
        for model, _ in DIALECTS:
            with self.client.chat.completions.stream(model=model, messages=MESSAGES,
                                                     tools=TOOLS) as stream:
                for _ in stream:
                    pass
                final = stream.get_final_completion()
            call = final.choices[0].message.tool_calls[0]
            self.assertEqual(call.function.name, "get_weather")
            self.assertEqual(json.loads(call.function.arguments), {"place": "text"})

    def test_json_mode(self):
        answer = self.create("chat", response_format={"type": "json_object"})
        self.assertEqual(json.loads(answer.choices[0].message.content), {"answer": "text"})
        parsed = self.client.chat.completions.parse(model="chat", messages=MESSAGES,
                                                    response_format=Reply)
        self.assertEqual(parsed.choices[0].message.parsed, Reply(n=1))

    def test_embeddings(self):
        # The client asks for base64 and decodes it.
        answer = self.client.embeddings.create(model="chat", input=["a", "b"], dimensions=3)
        self.assertEqual([item.embedding for item in answer.data],
                         [[0, 1 / 64, 2 / 64], [1 / 64, 2 / 64, 3 / 64]])

    def test_models(self):
        ids = [model.id for model in self.client.models.list()]
        self.assertIn("chat", ids)
        self.assertEqual(self.client.models.retrieve("chat").id, "chat")

    def test_errors(self):
        for status, kind in ((400, openai.BadRequestError), (401, openai.AuthenticationError),
                             (403, openai.PermissionDeniedError), (404, openai.NotFoundError),
                             (422, openai.UnprocessableEntityError), (429, openai.RateLimitError),
                             (500, openai.InternalServerError), (503, openai.InternalServerError)):
            for _, prefix in DIALECTS:
                for stream in (False, True):
                    with self.assertRaises(kind) as caught:
                        self.create(f"{prefix}status={status}", stream=stream)
                    self.assertEqual(caught.exception.status_code, status)
        stranger = openai.OpenAI(**{**OPTIONS, "api_key": "sk-wrong-0123456789"})
        with self.assertRaises(openai.AuthenticationError):
            stranger.chat.completions.create(model="chat", messages=MESSAGES)

    def test_a_broken_stream_raises(self):
        for _, prefix in DIALECTS:
            text = ""
            with self.assertRaises(openai.APIError):
                for chunk in self.create(prefix + "tokens=20;rst=8", stream=True):
                    text += chunk.choices[0].delta.content or ""
            self.assertTrue(text)

    def test_the_client_repeats_what_may_be_repeated(self):
        client = self.client.with_options(max_retries=3)
        urllib.request.urlopen(urllib.request.Request(
            os.environ["FAKE_URL"] + "/__script", method="POST",
            data=b'{"model":"chat-upstream","queue":["status=429;retry-after=0","status=500"]}'))
        answer = client.chat.completions.create(model="chat", messages=MESSAGES)
        self.assertEqual(answer.choices[0].finish_reason, "stop")

    def test_time_out(self):
        with self.assertRaises(openai.APITimeoutError):
            self.create("fake/ttfb=5000", timeout=0.3)
        wait_until_quiet()

    def test_abort(self):
        stream = self.create("fake/tokens=1000;tps=50", stream=True)
        next(iter(stream))
        stream.close()
        wait_until_quiet()

    def test_raw_answer(self):
        raw = self.client.chat.completions.with_raw_response.create(model="chat",
                                                                    messages=MESSAGES)
        self.assertGreater(float(raw.headers["x-litellm-response-cost"]), 0)
        self.assertEqual(raw.parse().choices[0].finish_reason, "stop")

    def test_many_at_once(self):
        async def run():
            async with openai.AsyncOpenAI(**OPTIONS) as client:
                return await asyncio.gather(*(client.chat.completions.create(
                    model="fake/echo", messages=[{"role": "user", "content": f"number {index}"}])
                    for index in range(100)))
        for index, answer in enumerate(asyncio.run(run())):
            self.assertEqual(answer.choices[0].message.content, f"number {index}")


if __name__ == "__main__":
    unittest.main()
