"""`gatehouse import litellm`: a dump of LiteLLM's tables becomes a running server whose old keys
work. Also from a PostgreSQL that the test starts, where there is one."""

import hashlib
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import harness

OLD_KEY = "sk-old-key-of-litellm"
HASH = hashlib.sha256(OLD_KEY.encode()).hexdigest()

# The columns of the original that matter here, as its schema has them.
SCHEMA = '''
CREATE TABLE "LiteLLM_BudgetTable" (budget_id text PRIMARY KEY, max_budget double precision,
  soft_budget double precision, max_parallel_requests int, tpm_limit bigint, rpm_limit bigint,
  model_max_budget jsonb, budget_duration text, budget_reset_at timestamp(3),
  created_at timestamp(3) DEFAULT now(), created_by text, updated_at timestamp(3), updated_by text);
CREATE TABLE "LiteLLM_OrganizationTable" (organization_id text PRIMARY KEY,
  organization_alias text, budget_id text, metadata jsonb DEFAULT '{}', models text[],
  spend double precision DEFAULT 0, model_spend jsonb DEFAULT '{}',
  created_at timestamp(3) DEFAULT now(), created_by text);
CREATE TABLE "LiteLLM_TeamTable" (team_id text PRIMARY KEY, team_alias text, organization_id text,
  members_with_roles jsonb DEFAULT '[]', metadata jsonb DEFAULT '{}',
  max_budget double precision, spend double precision DEFAULT 0, models text[],
  tpm_limit bigint, rpm_limit bigint, budget_duration text, budget_reset_at timestamp(3),
  blocked boolean DEFAULT false, created_at timestamp(3) DEFAULT now());
CREATE TABLE "LiteLLM_UserTable" (user_id text PRIMARY KEY, user_alias text, user_email text,
  user_role text, teams text[], max_budget double precision, spend double precision DEFAULT 0,
  models text[], metadata jsonb DEFAULT '{}', budget_duration text, budget_reset_at timestamp(3));
CREATE TABLE "LiteLLM_VerificationToken" (token text PRIMARY KEY, key_name text, key_alias text,
  spend double precision DEFAULT 0, expires timestamp(3), models text[], aliases jsonb DEFAULT '{}',
  config jsonb DEFAULT '{}', user_id text, team_id text, permissions jsonb DEFAULT '{}',
  max_parallel_requests int, metadata jsonb DEFAULT '{}', blocked boolean, tpm_limit bigint,
  rpm_limit bigint, max_budget double precision, budget_duration text,
  budget_reset_at timestamp(3), allowed_routes text[], model_max_budget jsonb DEFAULT '{}',
  budget_id text, organization_id text, created_at timestamp(3) DEFAULT now(), created_by text);
CREATE TABLE "LiteLLM_EndUserTable" (user_id text PRIMARY KEY, alias text,
  spend double precision DEFAULT 0, allowed_model_region text, default_model text, budget_id text,
  blocked boolean DEFAULT false);
CREATE TABLE "LiteLLM_SpendLogs" (request_id text PRIMARY KEY, call_type text, api_key text,
  spend double precision, total_tokens int, prompt_tokens int, completion_tokens int,
  "startTime" timestamp(3), "endTime" timestamp(3), "completionStartTime" timestamp(3), model text,
  model_id text, model_group text, custom_llm_provider text, api_base text, "user" text,
  metadata jsonb, cache_hit text, request_tags jsonb, team_id text, end_user text,
  requester_ip_address text, session_id text, status text);
'''
ROWS = f'''
INSERT INTO "LiteLLM_BudgetTable" (budget_id, max_budget, budget_duration) VALUES
  ('shared', 2.5, '30d');
INSERT INTO "LiteLLM_OrganizationTable" (organization_id, organization_alias, budget_id, models)
  VALUES ('org', 'Örg "quoted", with comma', 'shared', '{{}}');
INSERT INTO "LiteLLM_UserTable" (user_id, user_email, user_role, teams, models, spend) VALUES
  ('ada', 'ada@example.org', 'internal_user', '{{t}}', '{{}}', 0.25);
INSERT INTO "LiteLLM_TeamTable" (team_id, team_alias, organization_id, members_with_roles, models,
  spend) VALUES ('t', 'Team', 'org', '[{{"role":"admin","user_id":"ada"}}]', '{{}}', 0.5);
INSERT INTO "LiteLLM_VerificationToken" (token, key_name, key_alias, spend, models, user_id, team_id,
  max_budget, metadata) VALUES
  ('{HASH}', 'sk-...tllm', 'old', 0.0200138798, '{{chat}}', 'ada', 't', 10,
   '{{"tags":["blue"],"model_rpm_limit":{{"chat":100}}}}'),
  ('{"d" * 64}', 'sk-...gone', NULL, 0, '{{}}', NULL, 'deleted-team', NULL, '{{}}');
INSERT INTO "LiteLLM_EndUserTable" (user_id, blocked) VALUES ('banned', true);
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, prompt_tokens,
  completion_tokens, "startTime", "endTime", model, model_group, "user", team_id, metadata,
  request_tags, status) VALUES
  ('r-1', 'acompletion', '{HASH}', 0.01, 10, 5, '2026-01-05 10:00:00', '2026-01-05 10:00:01',
   'gpt', 'chat', 'ada', 't', '{{}}', '["blue"]', 'success');
'''
CONFIG = {
    "model_list": [],
    "litellm_settings": {"num_retries": 0, "callbacks": ["langfuse"]},
    "general_settings": {"master_key": harness.MASTER_KEY, "database_url": "postgresql://x"},
}


def run(*arguments):
    return subprocess.run([harness.find_binary("gatehouse"), "import", "litellm", *arguments],
                          capture_output=True, text=True, check=False, timeout=120)


class Postgres:
    """A server of its own in a folder, on a socket there; None when there is no PostgreSQL."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            raise unittest.SkipTest("no PostgreSQL here")
        self.bin = found[-1].parent
        # It refuses to run as root.
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        self.run("initdb", "-D", "data", "-A", "trust", "-U", "litellm", "--no-sync", "-E", "UTF8",
                 "--locale=C")
        self.run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o",
                 f"-k {self.folder} -c listen_addresses='' -F", "start")
        self.url = f"postgresql://litellm@/postgres?host={self.folder}"

    def run(self, program, *arguments, text=None):
        def lower():
            if self.account:
                os.setgid(self.account.pw_gid)
                os.setuid(self.account.pw_uid)
        return subprocess.run([str(self.bin / program), *arguments], cwd=self.folder, text=True,
                              input=text, preexec_fn=lower, check=True, timeout=60,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def sql(self, text):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", self.url, text=text)

    def stop(self):
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "stop")


class ImportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = harness.Fake()
        cls.addClassCleanup(cls.fake.stop)
        folder = tempfile.mkdtemp(prefix="gatehouse-pg-")
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.postgres = Postgres(folder)
        cls.addClassCleanup(cls.postgres.stop)
        cls.postgres.sql(SCHEMA + ROWS)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = str(self.folder / "data")

    def dump(self):
        tables = self.folder / "tables"
        tables.mkdir()
        os.chmod(self.folder, 0o777)
        os.chmod(tables, 0o777)
        for table in ("Budget", "Organization", "User", "Team", "EndUser"):
            self.copy(tables, f"LiteLLM_{table}Table")
        self.copy(tables, "LiteLLM_VerificationToken")
        self.copy(tables, "LiteLLM_SpendLogs")
        return str(tables)

    def copy(self, folder, table):
        self.postgres.sql(f"\\copy \"{table}\" to '{folder}/{table}.csv' csv header\n")

    def value(self, query):
        database = sqlite3.connect(self.folder / "data" / "gatehouse.db")
        row = database.execute(query).fetchone()
        database.close()
        return row[0] if row else None

    def check_result(self, done):
        # A key of a team that is gone is left out, and said so.
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("deleted-team is not there", done.stdout)
        self.assertEqual(self.value("SELECT organization_alias FROM organization WHERE "
                                    "organization_id = 'org'"), 'Örg "quoted", with comma')
        self.assertEqual(self.value(f"SELECT tags FROM virtual_key WHERE token = '{HASH}'"),
                         '["blue"]')
        self.assertEqual(self.value("SELECT spent_nano FROM budget_counter WHERE scope = 5"),
                         20013880)
        self.assertEqual(self.value("SELECT spend_nano FROM daily_usage"), 10_000_000)
        self.assertEqual(self.value("SELECT count(*) FROM virtual_key"), 1)

    def check_old_key(self):
        gateway = harness.Gateway(
            {"model_list": [harness.deployment("chat", "m", self.fake.url + "/v1"),
                            harness.deployment("other", "m", self.fake.url + "/v1")],
             "general_settings": {"master_key": harness.MASTER_KEY}}, folder=self.folder)
        self.addCleanup(gateway.stop)
        old = {"Authorization": "Bearer " + OLD_KEY}
        self.assertEqual(gateway.chat("chat", headers=old).status, 200)
        self.assertEqual(gateway.chat("other", headers=old).status, 403)
        self.assertEqual(gateway.chat("chat", headers=old, user="banned").status, 403)
        info = gateway.get(f"/key/info?key={OLD_KEY}").json()["info"]
        self.assertGreaterEqual(info["spend"], 0.02)

    def test_csv_files(self):
        tables = self.dump()
        done = run("--dump", tables, "--data", self.data)
        self.check_result(done)
        again = run("--dump", tables, "--data", self.data)
        self.assertNotIn(" 1          0          0", again.stdout)
        self.check_result(again)
        self.check_old_key()

    def test_a_live_postgresql(self):
        done = run("--postgres", self.postgres.url, "--data", self.data)
        if "without libpq" in done.stderr:
            self.skipTest("built without libpq")
        self.check_result(done)
        self.check_old_key()

    def test_a_configuration_is_explained(self):
        file = self.folder / "config.yaml"
        import json
        file.write_text(json.dumps(CONFIG))
        done = run("--config", str(file))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("callbacks", done.stdout)
        self.assertIn("are understood", done.stdout)

    def test_a_running_server_is_not_disturbed(self):
        gateway = harness.Gateway({"general_settings": {"master_key": harness.MASTER_KEY}},
                                  folder=self.folder)
        self.addCleanup(gateway.stop)
        done = run("--postgres", self.postgres.url, "--data", self.data)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("stop it first", done.stderr)


if __name__ == "__main__":
    unittest.main()
