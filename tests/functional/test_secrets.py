"""No seeded secret leaves by another way than its own: logs, metrics, errors, files, arguments."""

import base64
import json
import pathlib
import signal
import subprocess
import unittest
import urllib.parse

import harness

SECRETS = {
    "master": "sk-mK7Qx2/vT9+wRz4Lp8=Yb3Nc6",
    "openai": "sk-proj-Hj5Tg8\"\\Wd1Fs4/Ka7+Zq0=",
    "anthropic": "sk-ant-Uy6Ri3Oe9Pw2Al5Sk8Dj1Fh4",
    "header": "Bv7Cx4Zn1Mq8We5Rt2Yu9Io6",
    "environment": "sk-env-Gf3Hd6Js9Kl2Zx5Cv8Bn1Mq4",
    "client": "sk-Lk1Jh4Gf7Ds0Ap3Oi6Uy9Tr2",
}
PREFIX = 7  # what may be shown of a key


def forms(secret):
    """Itself, its usual codings, and every slice of twelve characters of its hidden part."""
    raw = secret.encode()
    yield secret
    for shift in range(3):
        # Base64 inside a longer text begins at any of three places; the whole groups are the same.
        yield base64.b64encode(b"\0" * shift + raw)[4:-4].decode()
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote(secret)
    yield json.dumps(secret)[1:-1]
    hidden = secret[PREFIX:]
    for at in range(len(hidden) - 11):
        yield hidden[at:at + 12]


def found_in(text):
    return sorted({name for name, secret in SECRETS.items()
                   for form in forms(secret) if form in text})


class SecretsTest(harness.GatewayTest):
    extra_config = {"log": {"level": "debug"}}
    gateway_env = {"CANARY_API_KEY": SECRETS["environment"]}

    @classmethod
    def model_list(cls):
        base = cls.fake.url + "/v1"
        closed = harness.RefusingPort()
        cls.addClassCleanup(closed.close)
        return [
            harness.deployment("chat", "chat-upstream", base, api_key=SECRETS["openai"],
                               extra_headers={"x-secret": SECRETS["header"]}),
            harness.deployment("claude", "claude-upstream", cls.fake.url, provider="anthropic",
                               api_key=SECRETS["anthropic"]),
            harness.deployment("env", "env-upstream", base, api_key="os.environ/CANARY_API_KEY"),
            harness.deployment("closed", "m", f"http://127.0.0.1:{closed.port}/v1",
                               api_key=SECRETS["openai"])]

    @classmethod
    def config(cls):
        config = super().config()
        config["general_settings"]["master_key"] = SECRETS["master"]
        return config

    def setUp(self):
        super().setUp()
        self.gateway.default_headers = {"Authorization": "Bearer " + SECRETS["master"]}
        self.seen = []  # what clients got

    def keep(self, answer):
        if isinstance(answer, harness.EventStream):
            answer.all()
            self.seen.append(repr(answer.headers) + answer.raw.decode("utf-8", "replace"))
        else:
            self.seen.append(repr(answer.headers) + answer.body.decode("utf-8", "replace"))
        return answer

    def upstreams(self):
        return (("chat", "chat-upstream", SECRETS["openai"], self.gateway.chat,
                 self.gateway.chat_stream),
                ("claude", "claude-upstream", SECRETS["anthropic"], self.gateway.messages,
                 self.gateway.messages_stream),
                ("env", "env-upstream", SECRETS["environment"], self.gateway.chat,
                 self.gateway.chat_stream))

    def provoke_echoes(self):
        """Providers that repeat the credential they were sent."""
        for model, upstream, key, send, send_stream in self.upstreams():
            for status in (400, 401, 403, 404, 413, 422, 429, 500, 503):
                for text in (f"Incorrect API key provided: {key}.", f"token={key}", key):
                    for body in (json.dumps({"error": {"message": text, "type": "x", "code": "y"}}),
                                 json.dumps({"error": text}), "not JSON: " + text):
                        raw = (f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                               f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
                        self.fake.script(upstream, [{"raw": raw}])
                        self.assertGreaterEqual(self.keep(send(model)).status, 400)
            event = json.dumps({"type": "error", "error": {"type": "x", "message": "key " + key}})
            raw = (f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                   f"Connection: close\r\n\r\nevent: error\ndata: {event}\n\n").encode()
            self.fake.script(upstream, [{"raw": raw, "do": "close"}])
            self.keep(send_stream(model))
            self.fake.script(upstream, [{"raw": f"{key}\r\n\r\n".encode(), "do": "close"}])
            self.keep(send(model))

    def provoke_refusals(self):
        for headers in ({"Authorization": "Bearer " + SECRETS["client"]},
                        {"Authorization": SECRETS["client"]}, {"x-api-key": SECRETS["client"]},
                        {"Authorization": "Basic " + base64.b64encode(
                            SECRETS["client"].encode()).decode()},
                        {"Authorization": "Bearer " + SECRETS["master"][:-1]}):
            headers = {"Authorization": None, **headers}
            self.assertEqual(self.keep(self.gateway.chat("chat", headers=headers)).status, 401)
        self.keep(self.gateway.chat("closed"))
        self.keep(self.gateway.get("/v1/models?key=" + SECRETS["client"],
                                   headers={"Authorization": None}))
        for path in ("/v1/models", "/model/info", "/v1/model/info", "/", "/routes",
                     "/health/readiness"):
            self.keep(self.gateway.get(path))

    def provoke_bad_configurations(self):
        """Mistakes next to a secret are reported without it."""
        good = self.config()
        for change in ({"general_settings": {"master_key": [SECRETS["master"]]}},
                       {"general_settings": {"master_key": "no-prefix-" + SECRETS["header"]}},
                       {"model_list": [dict(good["model_list"][0], litellm_params={
                           "model": "openai/m", "api_key": {"x": SECRETS["openai"]}})]},
                       {"model_list": [dict(good["model_list"][0], litellm_params={
                           "model": "openai/m", "api_base": "https://user:" + SECRETS["header"]
                           + "@host/v1"})]},
                       {"server": {"port": "x", "api_key": SECRETS["openai"]}}):
            self.gateway.write_config({**good, **change})
            lines = len(self.gateway.program.lines)
            self.gateway.reload()
            self.gateway.program.wait_for_line("(?i)reload|config", 5, start=lines)
            done = subprocess.run([harness.find_binary("gatehouse"), "config", "check",
                                   str(self.gateway.config_file)], capture_output=True, text=True,
                                  timeout=20)
            self.assertNotEqual(done.returncode, 0, change)
            self.seen.append(done.stdout + done.stderr)
        self.gateway.write_config(good)
        self.gateway.program.signal(signal.SIGHUP)

    def test_i8_no_secret_shows_anywhere(self):
        self.provoke_echoes()
        self.provoke_refusals()
        self.provoke_bad_configurations()
        self.assertEqual(self.gateway.chat("chat").status, 200)
        for text in self.seen:
            self.assertEqual(found_in(text), [], text[:2000])
        self.assertEqual(found_in(self.gateway.get("/metrics").body.decode()), [])
        for line in self.gateway.program.lines:
            self.assertEqual(found_in(line), [], line)
        for file in (self.gateway.folder / "data").rglob("*"):
            if file.is_file():
                self.assertEqual(found_in(file.read_text(errors="replace")), [], file)
        arguments = pathlib.Path(f"/proc/{self.gateway.program.pid}/cmdline").read_text()
        self.assertEqual(found_in(arguments), [])

    def test_the_search_finds_what_it_looks_for(self):
        for name, secret in SECRETS.items():
            for text in (secret, json.dumps({"a": secret}), urllib.parse.quote(secret),
                         base64.b64encode(b"xx" + secret.encode()).decode(),
                         secret[PREFIX + 1:][:12]):
                self.assertEqual(found_in("...%s..." % text), [name])


if __name__ == "__main__":
    unittest.main()
