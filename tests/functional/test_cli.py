"""The administrative commands: what they send, what they print, how they end. Against a scripted
server, and against the real one."""

import http.server
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import harness


class Scripted:
    """Answers every request with what is next in line, and remembers them."""

    def __init__(self):
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                path = urllib.parse.urlsplit(self.path)
                scripted.requests.append({
                    "method": self.command, "path": path.path,
                    "query": urllib.parse.parse_qs(path.query),
                    "authorization": self.headers.get("Authorization"),
                    "body": json.loads(body) if body else None})
                status, content = scripted.answers.pop(0) if scripted.answers else (200, {})
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.requests, self.answers = [], []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def run(*arguments, env=None, text=None):
    environment = {name: value for name, value in os.environ.items()
                   if name != "GATEHOUSE_MASTER_KEY"}
    environment.update(env or {})
    return subprocess.run([harness.find_binary("gatehouse"), *arguments], capture_output=True,
                          text=True, input=text, env=environment, check=False, timeout=60)


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.server = Scripted()
        self.addCleanup(self.server.close)
        self.env = {"GATEHOUSE_MASTER_KEY": harness.MASTER_KEY}

    def run_ok(self, *arguments, text=None):
        done = run(*arguments, "--url", self.server.url, env=self.env, text=text)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def last(self):
        return self.server.requests[-1]

    def test_key_generate(self):
        self.server.answers = [(200, {"key": "sk-new", "token": "abc"})]
        out = self.run_ok("key", "generate", "--alias", "ci", "--models", "a,b", "--max-budget",
                          "5.50", "--budget-duration", "30d", "--rpm", "10", "--metadata",
                          '{"x":1}')
        self.assertIn("sk-new", out)
        self.assertIn("not shown again", out)
        self.assertEqual(self.last()["authorization"], "Bearer " + harness.MASTER_KEY)
        self.assertEqual(self.last()["path"], "/key/generate")
        self.assertEqual(self.last()["body"], {
            "key_alias": "ci", "models": ["a", "b"], "max_budget": 5.5, "budget_duration": "30d",
            "rpm_limit": 10, "metadata": {"x": 1}})

    def test_key_list_is_a_table(self):
        self.server.answers = [(200, {"keys": [
            {"key_name": "sk-...abcd", "key_alias": "ci", "spend": 0.000012, "models": ["a", "b"],
             "token": "f" * 64, "max_budget": None}], "total_count": 7})]
        out = self.run_ok("key", "list", "--team", "t 1")
        self.assertEqual(self.last()["query"]["team_id"], ["t 1"])
        self.assertEqual(self.last()["query"]["return_full_object"], ["true"])
        lines = out.splitlines()
        self.assertEqual(lines[0].split(), ["NAME", "ALIAS", "SPEND", "MODELS", "HASH"])
        self.assertIn("a,b", lines[1])
        self.assertEqual(lines[2], "1 of 7")

    def test_json_is_what_the_server_says(self):
        raw = b'{"keys":[],"total_count":0,"x":1.10}'
        self.server.answers = [(200, raw)]
        self.assertEqual(self.run_ok("key", "list", "--json"), raw.decode() + "\n")

    def test_a_key_may_come_from_standard_input(self):
        self.server.answers = [(200, {"info": {"key_name": "sk-...cret", "spend": 1}})]
        out = self.run_ok("key", "info", "-", text="sk-secret\n")
        self.assertEqual(self.last()["query"], {"key": ["sk-secret"]})
        self.assertIn("spend     1", out)

    def test_other_commands(self):
        for arguments, method, path, body in (
                (("key", "update", "h", "--rpm", "5", "--clear", "team_id,expires"), "POST",
                 "/key/update", {"key": "h", "rpm_limit": 5, "team_id": None, "expires": None}),
                (("key", "block", "h"), "POST", "/key/block", {"key": "h"}),
                (("key", "unblock", "h"), "POST", "/key/unblock", {"key": "h"}),
                (("key", "delete", "h", "i", "--alias", "a"), "POST", "/key/delete",
                 {"keys": ["h", "i"], "key_aliases": ["a"]}),
                (("key", "regenerate", "h", "--grace", "24h"), "POST", "/key/regenerate",
                 {"key": "h", "grace_period": "24h"}),
                (("user", "new", "--email", "a@b.c", "--teams", "x,y"), "POST", "/user/new",
                 {"user_email": "a@b.c", "teams": ["x", "y"], "auto_create_key": False}),
                (("user", "list"), "GET", "/user/list", None),
                (("user", "info", "u"), "GET", "/user/info", None),
                (("user", "delete", "u", "v"), "POST", "/user/delete", {"user_ids": ["u", "v"]}),
                (("team", "new", "--alias", "t", "--max-budget", "1"), "POST", "/team/new",
                 {"team_alias": "t", "max_budget": 1}),
                (("team", "list"), "GET", "/team/list", None),
                (("team", "info", "t"), "GET", "/team/info", None),
                (("team", "delete", "t"), "POST", "/team/delete", {"team_ids": ["t"]}),
                (("team", "member-add", "t", "--user", "u", "--budget", "2"), "POST",
                 "/team/member_add", {"team_id": "t", "max_budget_in_team": 2,
                                      "member": {"role": "user", "user_id": "u"}}),
                (("budget", "new", "--id", "b", "--max-budget", "3"), "POST", "/budget/new",
                 {"budget_id": "b", "max_budget": 3}),
                (("budget", "list"), "GET", "/budget/list", None),
                (("spend", "report", "--from", "2026-01-01", "--to", "2026-01-02"), "GET",
                 "/global/spend/report", None),
                (("spend", "logs", "--from", "2026-01-01", "--to", "2026-01-02"), "GET",
                 "/spend/logs/v2", None),
                (("spend", "unknown", "--limit", "5"), "GET", "/spend/reconciliation", None),
                (("spend", "resolve", "c1", "--cost", "0.0042"), "POST", "/spend/reconciliation",
                 {"call_id": "c1", "cost": 0.0042}),
                (("spend", "keys"), "GET", "/global/spend/keys", None),
                (("spend", "models", "--limit", "3"), "GET", "/global/spend/models", None)):
            with self.subTest(arguments=arguments):
                self.run_ok(*arguments)
                self.assertEqual((self.last()["method"], self.last()["path"]), (method, path))
                self.assertEqual(self.last()["body"], body)

    def test_refusals_and_failures_have_statuses_of_their_own(self):
        self.server.answers = [(404, {"error": {"message": "no such key", "code": "404"}}),
                               (503, {"detail": {"error": "busy"}})]
        refused = run("key", "info", "h", "--url", self.server.url, env=self.env)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("404: no such key", refused.stderr)
        failed = run("key", "info", "h", "--url", self.server.url, env=self.env)
        self.assertEqual(failed.returncode, 4)
        self.assertIn("503: busy", failed.stderr)

    def test_no_server_no_key_wrong_arguments(self):
        port = harness.RefusingPort()
        self.addCleanup(port.close)
        nobody = run("key", "list", "--url", f"http://127.0.0.1:{port.port}", env=self.env)
        self.assertEqual(nobody.returncode, 3)
        self.assertIn("no answer", nobody.stderr)
        with tempfile.TemporaryDirectory() as folder:
            keyless = run("key", "list", "--url", self.server.url, "--data", folder)
            self.assertEqual(keyless.returncode, 2)
            self.assertIn("no key", keyless.stderr)
            there = pathlib.Path(folder) / "master_key"
            there.write_text("sk-from-the-folder\n")
            there.chmod(0o600)
            self.assertEqual(run("key", "list", "--url", self.server.url, "--data",
                                 folder).returncode, 0)
            self.assertEqual(self.last()["authorization"], "Bearer sk-from-the-folder")
            there.chmod(0o644)
            self.assertEqual(run("key", "list", "--url", self.server.url, "--data",
                                 folder).returncode, 2)
        self.assertGreater(run("key", "generate", "--max-budget", "much").returncode, 100)

    def test_help_has_examples(self):
        out = run("key", "generate", "--help").stdout
        self.assertIn("example: gatehouse key generate", out)


class DataFolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.gateway = harness.Gateway({"general_settings": {"master_key": harness.MASTER_KEY}},
                                       folder=self.folder)
        self.addCleanup(self.gateway.stop)
        self.data = str(self.folder / "data")
        self.env = {"GATEHOUSE_MASTER_KEY": harness.MASTER_KEY}

    def run_ok(self, *arguments):
        done = run(*arguments, env=self.env)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_against_the_real_server(self):
        url = ("--url", self.gateway.url)
        made = json.loads(self.run_ok("key", "generate", "--alias", "ci", "--max-budget", "5",
                                      "--json", *url))
        self.assertTrue(made["key"].startswith("sk-"))
        self.assertIn("ci", self.run_ok("key", "list", *url))
        self.assertIn("ci", self.run_ok("key", "info", made["key"], *url))
        self.run_ok("key", "block", made["token"], *url)
        self.assertTrue(json.loads(self.run_ok("key", "info", made["token"], "--json",
                                               *url))["info"]["blocked"])
        self.run_ok("key", "update", made["token"], "--max-budget", "7", *url)
        renewed = json.loads(self.run_ok("key", "regenerate", made["token"], "--json", *url))
        self.assertNotEqual(renewed["key"], made["key"])
        self.run_ok("key", "delete", "--alias", "ci", *url)
        self.run_ok("team", "new", "--id", "t", *url)
        self.run_ok("user", "new", "--id", "u", "--email", "a@b.c", *url)
        self.run_ok("team", "member-add", "t", "--user", "u", "--budget", "2", *url)
        self.assertIn("t", self.run_ok("team", "list", *url))
        self.assertIn("u", self.run_ok("user", "list", *url))
        self.run_ok("budget", "new", "--id", "b", "--max-budget", "1", *url)
        self.assertIn("b", self.run_ok("budget", "list", *url))
        for command in (("report",), ("logs",)):
            self.run_ok("spend", *command, "--from", "2026-01-01", "--to", "2026-12-31", *url)
        for command in ("keys", "models"):
            self.run_ok("spend", command, *url)

    def test_without_a_server_on_the_folder(self):
        self.run_ok("team", "new", "--id", "before", "--url", self.gateway.url)
        held = run("team", "list", "--data", self.data, env=self.env)
        self.assertEqual(held.returncode, 2, held)
        self.assertIn("a server runs", held.stderr)
        self.gateway.program.stop()
        self.assertIn("before", self.run_ok("team", "list", "--data", self.data))
        self.run_ok("team", "new", "--id", "offline", "--data", self.data)
        out = run("team", "list", "--data", self.data)  # also without any key
        self.assertIn("offline", out.stdout, out)
        nowhere = run("team", "list", "--data", str(self.folder / "nothing"), env=self.env)
        self.assertEqual(nowhere.returncode, 2)

    def test_backup_while_the_server_runs(self):
        self.run_ok("team", "new", "--id", "kept", "--url", self.gateway.url)
        target = str(self.folder / "copy.db")
        out = self.run_ok("backup", "--data", self.data, "--to", target)
        self.assertIn("bytes", out)
        database = sqlite3.connect(target)
        self.assertEqual(database.execute("SELECT team_id FROM team").fetchall(), [("kept",)])
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        database.close()
        again = run("backup", "--data", self.data, "--to", target)
        self.assertEqual(again.returncode, 2)

    def test_migrate(self):
        held = run("migrate", "--data", self.data)
        self.assertEqual(held.returncode, 2)
        self.assertIn("a server runs", held.stderr)
        self.assertEqual(run("migrate", "--data", self.data, "--check").returncode, 0)
        self.gateway.program.stop()
        self.assertIn("nothing to do", self.run_ok("migrate", "--data", self.data))
        self.assertEqual(run("migrate", "--data", str(self.folder / "nothing")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
