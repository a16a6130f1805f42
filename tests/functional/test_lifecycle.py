"""Start, reload, drain, command line, logs."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import certificates
import harness


class ReloadTest(harness.GatewayTest):
    """H9: a bad file changes nothing; a good one takes over without a lost call."""

    def config_with(self, *names):
        config = self.config()
        config["model_list"] = [harness.deployment(name, name + "-upstream", self.fake.url + "/v1")
                                for name in names]
        return config

    def reload_and_wait(self, config, check):
        self.gateway.write_config(config)
        self.gateway.reload()
        harness.wait_for(check, 5, "the reload")

    def test_h9_a_good_file_takes_over(self):
        self.reload_and_wait(self.config_with("chat", "fresh"),
                             lambda: self.gateway.chat("fresh").status == 200)
        self.assertEqual(self.gateway.chat("claude").status, 400)

    def test_h9_a_bad_file_changes_nothing(self):
        self.reload_and_wait(self.config_with("chat", "kept"),
                             lambda: self.gateway.chat("kept").status == 200)
        wrong_type = self.config_with("chat")
        wrong_type["model_list"] = "nothing"
        bad_url = self.config_with("chat")
        bad_url["model_list"][0]["litellm_params"]["api_base"] = "ftp://nowhere"
        unknown = self.config_with("chat")
        unknown["server"] = {"no_such_setting": 1}
        for bad in ("model_list: [", "\x00\xff", "a: b: c", wrong_type, bad_url, unknown,
                    "x" * 100_000):
            lines = len(self.gateway.program.lines)
            self.gateway.write_config(bad)
            self.gateway.reload()
            # The refusal is logged; then all is as before.
            self.gateway.program.wait_for_line(r"(?i)reload|config", 5, start=lines)
            self.assertEqual(self.gateway.chat("kept").status, 200, str(bad)[:80])

    def test_h9_no_call_is_lost_while_reloading(self):
        configs = [self.config_with("chat", f"m{number}") for number in range(2)]
        self.reload_and_wait(configs[0], lambda: self.gateway.chat("chat").status == 200)
        stop = threading.Event()
        failures = []
        done = []

        def load():
            while not stop.is_set():
                answer = self.gateway.chat("chat")
                (done if answer.status == 200 else failures).append(answer)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        stream = self.gateway.chat_stream("chat", text="x")
        for number in range(20):
            self.gateway.write_config(configs[number % 2])
            self.gateway.reload()
            before = len(done)
            harness.wait_for(lambda: len(done) > before + 5, 5, "calls during reloads")
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(stream.all()[-1][1], "[DONE]")


class DrainTest(unittest.TestCase):
    def setUp(self):
        self.fake = harness.Fake()
        self.addCleanup(self.fake.stop)
        self.gateway = harness.Gateway({
            "model_list": [harness.deployment("fake/*", "fake/*", self.fake.url + "/v1")],
            "general_settings": {"master_key": harness.MASTER_KEY}})
        self.addCleanup(self.gateway.stop)

    def test_live_streams_end_before_the_process_does(self):
        streams = [self.gateway.chat_stream("fake/tokens=60;tps=30") for _ in range(20)]
        readers = [stream.events() for stream in streams]
        for reader in readers:
            next(reader)
        self.gateway.program.signal(signal.SIGTERM)
        refused = harness.wait_for(lambda: self._refused(), 5, "the listener to close")
        self.assertTrue(refused)
        for stream, reader in zip(streams, readers):
            events = list(reader)
            self.assertEqual(events[-1][1], "[DONE]")
            self.assertTrue(stream.clean_end)
        self.assertEqual(self.gateway.program.wait(10), 0)
        self.assertFalse(any(entry["aborted"] for entry in self.fake.bill()))

    def _refused(self):
        try:
            harness.RawClient(self.gateway.port, 1).close()
            return False
        except (ConnectionRefusedError, ConnectionResetError):
            return True

    def test_idle_connections_do_not_hold_it_up(self):
        clients = [self.gateway.socket() for _ in range(20)]
        begin = time.monotonic()
        self.gateway.program.signal(signal.SIGTERM)
        self.assertEqual(self.gateway.program.wait(10), 0)
        self.assertLess(time.monotonic() - begin, 3)
        for client in clients:
            self.assertTrue(client.closed_by_peer())
            client.close()

    def drain_for_a_second(self):
        self.gateway.stop()
        self.gateway = harness.Gateway({
            "model_list": [harness.deployment("fake/*", "fake/*", self.fake.url + "/v1")],
            "general_settings": {"master_key": harness.MASTER_KEY},
            "server": {"drain_timeout": 1}})
        self.addCleanup(self.gateway.stop)

    def test_streams_beyond_the_drain_are_broken_off_honestly(self):
        self.drain_for_a_second()
        streams = [self.gateway.chat_stream("fake/tokens=2000;tps=20") for _ in range(5)]
        readers = [stream.events() for stream in streams]
        for reader in readers:
            next(reader)
        begin = time.monotonic()
        self.gateway.program.signal(signal.SIGTERM)
        for reader in readers:
            events = [data for _, data in reader]
            self.assertNotIn("[DONE]", events)
        self.assertEqual(self.gateway.program.wait(10), 0)
        self.assertLess(time.monotonic() - begin, 6)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 5, "upstream let go")

    def test_a_call_that_goes_on_without_its_client_ends_with_the_drain(self):
        self.drain_for_a_second()
        client = harness.RawClient(self.gateway.port)
        client.send(harness.raw_chat("fake/ttfb=20000"))
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 1, 5, "the call upstream")
        client.close()
        begin = time.monotonic()
        self.gateway.program.signal(signal.SIGTERM)
        self.assertEqual(self.gateway.program.wait(10), 0)
        self.assertLess(time.monotonic() - begin, 6)
        harness.wait_for(lambda: self.fake.stats()["in_flight"] == 0, 5, "upstream let go")
        records = [json.loads(line) for line in self.gateway.program.output().splitlines()
                   if '"call_settled"' in line]
        self.assertEqual([(one["outcome"], one["status"]) for one in records], [("failed", 503)])

    def test_sigint_ends_it_too(self):
        self.gateway.program.signal(signal.SIGINT)
        self.assertEqual(self.gateway.program.wait(10), 0)


class StartTest(unittest.TestCase):
    def run_cli(self, *arguments, env=None):
        return subprocess.run([harness.find_binary("gatehouse"), *arguments], text=True,
                              capture_output=True, timeout=20, env=env)

    def test_a_bad_configuration_lists_every_mistake_and_does_not_start(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "gatehouse.yaml"
            file.write_text(json.dumps({"server": {"no_such": 1, "port": "abc"},
                                        "model_list": [{"model_name": 5}]}))
            for arguments in (("config", "check", "--config", str(file)),
                              ("serve", "--config", str(file), "--port", "0", "--data", folder)):
                done = self.run_cli(*arguments)
                self.assertNotEqual(done.returncode, 0)
                text = done.stdout + done.stderr
                for wanted in ("no_such", "server.port", "model_list[0]"):
                    self.assertIn(wanted, text)

    def test_config_check_and_schema(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "gatehouse.yaml"
            file.write_text("model_list: []\n")
            self.assertEqual(self.run_cli("config", "check", "--config", str(file)).returncode, 0)
        schema = json.loads(self.run_cli("config", "schema").stdout)
        self.assertIn("model_list", schema["properties"])

    def test_version_and_help(self):
        for option in ("--help", "--version"):
            self.assertEqual(self.run_cli(option).returncode, 0)
        self.assertNotEqual(self.run_cli("no-such-command").returncode, 0)

    def test_without_a_master_key_one_is_made_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = []
            for _ in range(2):
                gateway = harness.Gateway({"model_list": []}, folder=folder)
                try:
                    answer = gateway.get("/v1/models")
                    self.assertEqual(answer.status, 401, "it never runs open")
                    files = [path for path in (pathlib.Path(folder) / "data").rglob("*")
                             if path.is_file() and path.stat().st_size < 200
                             and path.read_text(errors="replace").startswith("sk-")]
                    self.assertEqual(len(files), 1, files)
                    self.assertEqual(stat.S_IMODE(files[0].stat().st_mode), 0o600)
                    key = files[0].read_text().strip()
                    keys.append(key)
                    self.assertIn(str(files[0]), gateway.program.output())
                    self.assertNotIn(key, gateway.program.output())
                    answer = gateway.get("/v1/models", headers={"Authorization": "Bearer " + key})
                    self.assertEqual(answer.status, 200)
                finally:
                    gateway.stop()
            self.assertEqual(keys[0], keys[1])

    def test_without_any_provider_the_stub_answers(self):
        gateway = harness.Gateway({"general_settings": {"master_key": harness.MASTER_KEY}})
        try:
            models = [item["id"] for item in gateway.get("/v1/models").json()["data"]]
            self.assertTrue(models)
            answer = gateway.chat(models[0])
            self.assertEqual(answer.status, 200, answer)
            self.assertTrue(answer.json()["choices"][0]["message"]["content"])
            self.assertEqual(gateway.chat(models[0]).json()["choices"],
                             answer.json()["choices"], "the stub is deterministic")
        finally:
            gateway.stop()

    def test_keys_may_come_from_the_environment(self):
        fake = harness.Fake()
        self.addCleanup(fake.stop)
        config = {
            "model_list": [harness.deployment("chat", "m", fake.url + "/v1",
                                              api_key="os.environ/TEST_UPSTREAM_KEY")],
            "general_settings": {"master_key": "os.environ/TEST_MASTER_KEY"}}
        gateway = harness.Gateway(config, env={"TEST_UPSTREAM_KEY": "sk-from-env",
                                               "TEST_MASTER_KEY": harness.MASTER_KEY})
        self.addCleanup(gateway.stop)
        self.assertEqual(gateway.chat("chat").status, 200)
        headers = {name.lower(): value for name, value in fake.requests()[0]["headers"]}
        self.assertEqual(headers[b"authorization"], b"Bearer sk-from-env")

    def test_a_key_in_the_environment_makes_its_models_available(self):
        for dialect, base, names in (
                ("OPENAI", "/v1", ("gpt-4o-mini", "openai/gpt-4o-mini", "openai/fake/ok")),
                ("ANTHROPIC", "", ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"))):
            with self.subTest(provider=dialect):
                fake = harness.Fake()
                self.addCleanup(fake.stop)
                gateway = harness.Gateway(
                    {"general_settings": {"master_key": harness.MASTER_KEY}},
                    env={dialect + "_API_KEY": "sk-env", dialect + "_BASE_URL": fake.url + base})
                self.addCleanup(gateway.stop)
                listed = [item["id"] for item in gateway.get("/v1/models").json()["data"]]
                self.assertIn(names[0], listed)
                for name in names:
                    answer = gateway.chat(name)
                    self.assertEqual(answer.status, 200 if "fake" not in name else 400, answer)
                self.assertEqual(self.keys_seen(fake), {
                    b"sk-env" if dialect == "ANTHROPIC" else b"Bearer sk-env"})

    @staticmethod
    def keys_seen(fake):
        return {value for seen in fake.requests() for header, value in seen["headers"]
                if header.lower() in (b"authorization", b"x-api-key")}

    def test_an_address_in_the_environment_makes_a_local_server_available(self):
        fake = harness.Fake()
        self.addCleanup(fake.stop)
        gateway = harness.Gateway(
            {"general_settings": {"master_key": harness.MASTER_KEY}},
            env={"OLLAMA_HOST": f"127.0.0.1:{fake.port}", "VLLM_API_BASE": fake.url + "/v1",
                 "VLLM_API_KEY": "sk-vllm", "HOSTED_VLLM_API_KEY": "sk-without-an-address"})
        self.addCleanup(gateway.stop)
        for model in ("ollama/llama3", "vllm/qwen"):
            answer = gateway.chat(model)
            self.assertEqual(answer.status, 200, (model, answer))
        self.assertEqual({seen["start_line"] for seen in fake.requests()},
                         {b"POST /v1/chat/completions HTTP/1.1"})
        self.assertEqual(self.keys_seen(fake), {b"Bearer sk-vllm"})
        self.assertEqual(gateway.chat("hosted_vllm/qwen").status, 400)

    def test_a_listed_model_takes_its_vendors_key_from_the_environment(self):
        fake = harness.Fake()
        self.addCleanup(fake.stop)
        gateway = harness.Gateway(
            {"model_list": [{"model_name": "chat", "litellm_params": {"model": "openai/gpt-4o"}}],
             "general_settings": {"master_key": harness.MASTER_KEY}},
            env={"OPENAI_API_KEY": "sk-env", "OPENAI_BASE_URL": fake.url + "/v1"})
        self.addCleanup(gateway.stop)
        self.assertEqual(gateway.chat("chat").status, 200)
        self.assertEqual(self.keys_seen(fake), {b"Bearer sk-env"})

    def test_doctor(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "gatehouse.yaml"
            file.write_text("model_list: []\n")
            arguments = ("doctor", "--config", str(file), "--data", folder + "/data")
            done = self.run_cli(*arguments)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual({line[:4] for line in done.stdout.splitlines()}, {"ok  "}, done.stdout)
            file.write_text("server: {trust_store: /no/such/file}\n")
            done = self.run_cli(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("FAIL  certificate authorities", done.stdout)
            file.write_text("server: {no_such: 1}\n")
            done = self.run_cli(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("FAIL  configuration", done.stdout)
            self.assertIn("no_such", done.stdout)
            file.write_text("model_list: []\n")
            done = self.run_cli("doctor", "--config", str(file), "--data", "/proc/no-such")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("FAIL  data folder", done.stdout)

    def test_g10_it_starts_quickly(self):
        limit = 5.0 if os.environ.get("GATEHOUSE_SANITIZED") else 2.0
        begin = time.monotonic()
        gateway = harness.Gateway({"general_settings": {"master_key": harness.MASTER_KEY}})
        took = time.monotonic() - begin
        gateway.stop()
        self.assertLess(took, limit)


@unittest.skipUnless(shutil.which("openssl"), "needs the openssl program")
class ServerTlsTest(unittest.TestCase):
    def test_https_and_a_renewed_certificate_without_restart(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        made = certificates.Certificates(folder.name)
        live = [str(pathlib.Path(folder.name) / name) for name in ("live.pem", "live.key")]

        def install(name):
            for source, target in zip(made.leaf(name, "IP:127.0.0.1"), live):
                shutil.copy(source, target)
        install("first")
        fake = harness.Fake()
        self.addCleanup(fake.stop)
        gateway = harness.Gateway({
            "model_list": [harness.deployment("chat", "m", fake.url + "/v1")],
            "general_settings": {"master_key": harness.MASTER_KEY},
            "server": {"tls": {"certificate_file": live[0], "key_file": live[1]}}}, wait=False)
        self.addCleanup(gateway.stop)
        port = int(gateway.program.wait_for_line(r"listening on \S*?:(\d+)").group(1))
        context = ssl.create_default_context(cafile=str(made.root))

        def name_and_answer():
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
            connection.request("POST", "/v1/chat/completions",
                               json.dumps({"model": "chat", "messages": []}),
                               {"Authorization": "Bearer " + harness.MASTER_KEY})
            name = dict(pair[0] for pair in connection.sock.getpeercert()["subject"])["commonName"]
            status = connection.getresponse().status
            connection.close()
            return name, status
        self.assertEqual(name_and_answer(), ("first", 200))
        install("second")
        gateway.reload()
        harness.wait_for(lambda: name_and_answer() == ("second", 200), 5, "the new certificate")
        pathlib.Path(live[0]).write_text("no certificate")
        lines = len(gateway.program.lines)
        gateway.reload()
        gateway.program.wait_for_line(r"(?i)certificate|reload", 5, start=lines)
        self.assertEqual(name_and_answer(), ("second", 200))
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            old = ssl.create_default_context(cafile=str(made.root))
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = version
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with socket.create_connection(("127.0.0.1", port), 5) as plain:
                    old.wrap_socket(plain, server_hostname="127.0.0.1").close()


if __name__ == "__main__":
    unittest.main()
