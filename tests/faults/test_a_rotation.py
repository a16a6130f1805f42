"""Row A11 of faults.md: the keys that seal credentials are rotated, and the process ends at any
call of that; whatever it leaves, every credential can be read and is used upstream."""

import json
import os
import shutil
import sqlite3
import subprocess
import unittest

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest
from support import harness

# A rotation that makes more calls than this does not end.
MOST_CALLS = 200
MODELS = 3
OLD, NEW = "the operator's first key", "the operator's second key"


class RotationTest(LedgerTest):
    fake_options = ("--record", "100", "--threads", "2")

    def secret(self, number):
        return f"sk-upstream-{number}-5f3a9c1be2d74860"

    def make_models(self):
        for number in range(MODELS):
            self.admin("/model/new", {
                "model_name": f"stored-{number}", "model_info": {"id": f"model-{number}"},
                "litellm_params": {
                    "model": f"openai/upstream-{number}", "api_base": self.fake.url + "/v1",
                    "allow_private_network": True, "api_key": self.secret(number),
                    "extra_headers": {"x-secret": f"header-{number}"}, **harness.PRICES}})

    def rotate(self, *arguments, command="rotate", env=None):
        environment = {**os.environ, **(env or {})}
        return subprocess.run(
            [harness.find_binary("gatehouse"), "encryption-key", command, "--data", str(self.data),
             *arguments], capture_output=True, text=True, env=environment, timeout=60, check=False)

    def assert_credentials_are_used(self):
        """Each model is called, and its own credentials reach the provider."""
        self.fake.reset()
        for number in range(MODELS):
            answer = self.gateway.chat(f"stored-{number}")
            self.assertEqual(answer.status, 200, answer)
        requests = {json.loads(request["body"])["model"]: request
                    for request in self.fake.requests()}
        for number in range(MODELS):
            headers = {name.lower(): value
                       for name, value in requests[f"upstream-{number}"]["headers"]}
            self.assertEqual(headers[b"authorization"], f"Bearer {self.secret(number)}".encode())
            self.assertEqual(headers[b"x-secret"], f"header-{number}".encode())

    def sealed(self):
        """Ids of the keys of all sealed values, and what the audit log says of rotations."""
        database = sqlite3.connect(f"file:{self.data}/gatehouse.db?mode=ro", uri=True)
        try:
            ids = [row[0].split(":")[1] for row in database.execute(
                "SELECT value FROM stored_model, json_each(litellm_params) "
                "WHERE value LIKE 'sealed:%'")]
            rotations = [row[0] for row in database.execute(
                "SELECT object_id FROM audit_log WHERE action = 'rotated' ORDER BY rowid")]
        finally:
            database.close()
        self.assertEqual(len(ids), 2 * MODELS)
        return set(ids), rotations

    def key_files(self):
        return sorted(path.name for path in self.data.glob("encryption_key*"))

    def assert_whole(self, before):
        """All values were sealed anew or none, together with the row of the audit log; and every
        credential is used. Returns whether they were."""
        ids, rotations = self.sealed()
        self.assertEqual(len(ids), 1)
        self.assertEqual(rotations, sorted(ids - before))
        self.start()
        self.assert_credentials_are_used()
        self.gateway.stop()
        return ids != before

    @unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
    def test_a11_killed_at_each_call_of_a_rotation(self):
        self.start()
        self.make_models()
        self.gateway.stop()
        before, _ = self.sealed()
        original = self.folder / "original"
        shutil.copytree(self.data, original)
        libc = FaultyLibc(self.folder)
        kept = changed = resumed = 0
        for number in range(1, MOST_CALLS):
            shutil.rmtree(self.data)
            shutil.copytree(original, self.data)
            libc.set(kill_at_call=number)
            ended = self.rotate(env=libc.environment)
            if ended.returncode == 0:
                break
            self.assertEqual(ended.returncode, -9, ended)
            files = self.key_files()
            if self.assert_whole(before):
                changed += 1
                continue
            kept += 1
            # The next run goes on with the key that is there already.
            again = self.rotate()
            self.assertEqual(again.returncode, 0, again)
            resumed += "going on with the key of an earlier run" in again.stdout
            self.assertEqual("encryption_key.2" in files, "going on" in again.stdout)
            self.assertTrue(self.assert_whole(before))
            self.assertEqual(self.key_files(), ["encryption_key", "encryption_key.2"])
        else:
            self.fail("the rotation does not end")
        self.assertTrue(self.assert_whole(before))
        print(f"A11: {number - 1} kills, {kept} before the commit ({resumed} with a new key that "
              f"the next run went on with), {changed} after it, undecryptable rows 0")
        self.assertGreater(kept, resumed)
        self.assertGreater(resumed, 0)
        self.assertGreater(changed, 0)

    def test_a11_a_rotation_needs_the_server_to_be_stopped(self):
        self.start()
        self.make_models()
        for command in ("rotate", "list"):
            refused = self.rotate(command=command)
            self.assertEqual(refused.returncode, 2, refused)
            self.assertIn("a server runs on", refused.stderr)
        self.assertEqual(self.key_files(), ["encryption_key"])

    def test_a11_the_old_file_may_go_once_nothing_uses_it(self):
        self.start()
        self.make_models()
        self.gateway.stop()
        ended = self.rotate()
        self.assertEqual(ended.returncode, 0, ended)
        self.assertIn("sealed anew: the credentials of 3 models", ended.stdout)
        self.assertIn("is not used any more", ended.stdout)
        self.assertEqual(self.key_files(), ["encryption_key", "encryption_key.2"])
        for secret in (path.read_text().strip() for path in self.data.glob("encryption_key*")):
            self.assertNotIn(secret, ended.stdout + ended.stderr)
        listed = self.rotate(command="list")
        self.assertEqual(listed.returncode, 0, listed)
        self.assertRegex(listed.stdout, r"encryption_key  0 values\n")
        self.assertRegex(listed.stdout, r"encryption_key\.2  6 values, seals new ones\n")
        (self.data / "encryption_key").unlink()
        self.start()
        self.assert_credentials_are_used()
        log = self.admin("/audit?action=rotated")
        self.assertEqual(log["total"], 1)

    def test_a11_what_no_key_opens_is_told_and_stays(self):
        self.start()
        self.make_models()
        self.gateway.stop()
        (self.data / "encryption_key").rename(self.folder / "away")
        before, _ = self.sealed()
        ended = self.rotate()
        self.assertEqual(ended.returncode, 1, ended)
        self.assertIn("no key that is here opens model-0/api_key", ended.stderr)
        self.assertEqual(self.sealed()[0], before)
        # The key is found again, under a number that is free.
        (self.folder / "away").rename(self.data / "encryption_key.9")
        self.start()
        self.assert_credentials_are_used()

    def test_a11_the_operators_key_rotates_in_the_environment(self):
        self.start(env={"LLM_GATEWAY_ENCRYPTION_KEY": OLD})
        self.make_models()
        self.gateway.stop()
        self.assertEqual(self.key_files(), [])
        both = {"LLM_GATEWAY_ENCRYPTION_KEY": NEW, "LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY": OLD}
        self.start(env=both)
        self.assert_credentials_are_used()
        self.gateway.stop()
        ended = self.rotate(env=both)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertIn("no new one is made", ended.stdout)
        for text in (OLD, NEW):
            self.assertNotIn(text, ended.stdout + ended.stderr)
        self.start(env={"LLM_GATEWAY_ENCRYPTION_KEY": NEW})
        self.assert_credentials_are_used()
        self.assertEqual(self.key_files(), [])


if __name__ == "__main__":
    unittest.main()
