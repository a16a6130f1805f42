"""Keys that rotate by themselves, and what is told of a key that had several texts."""

import json
import pathlib
import shutil
import stat
import tempfile
import unittest

import harness
from admin import bearer, hash_of


class KeyRotationTest(unittest.TestCase):
    def setUp(self):
        self.fake = harness.Fake()
        self.addCleanup(self.fake.stop)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.gateway = None
        self.addCleanup(lambda: self.gateway and self.gateway.stop())
        self.start()

    def start(self):
        if self.gateway:
            self.gateway.stop()
        self.gateway = harness.Gateway({
            "model_list": [harness.deployment("chat", "chat-upstream", self.fake.url + "/v1")],
            "general_settings": {"master_key": harness.MASTER_KEY},
            "keys": {"rotation_grace": "1h"}}, folder=self.folder)

    def post(self, path, body):
        answer = self.gateway.post(path, body)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def get(self, path, key=None):
        answer = self.gateway.get(path, headers=bearer(key) if key else None)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def call(self, key):
        return self.gateway.chat("chat", headers=bearer(key), max_tokens=10).status

    def test_a_key_that_is_due_gets_a_new_text(self):
        old = self.post("/key/generate", {"key_alias": "ci", "auto_rotate": True,
                                          "rotation_interval": "1s", "max_budget": 5})["key"]
        self.assertEqual(self.call(old), 200)
        file = self.folder / "data" / "rotated_keys" / hash_of(old)

        def rotated():
            self.start()
            return file.exists()

        harness.wait_for(rotated, 20, "the rotation")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        new = file.read_text().strip()
        self.assertNotEqual(new, old)
        # Both are good until the old one's grace is over, and they are the same key.
        self.assertEqual(self.call(new), 200)
        self.assertEqual(self.call(old), 200)
        info = self.get(f"/key/info?key={new}")["info"]
        self.assertEqual(info["key_alias"], "ci")
        self.assertGreaterEqual(info["rotation_count"], 1)
        self.assertGreater(info["spend"], 0)
        # What is audited names no secret.
        log = self.get("/audit?action=regenerated")
        self.assertIn("key_rotation", json.dumps(log))
        self.assertNotIn(new, json.dumps(log))
        self.assertNotIn(new, self.gateway.program.output())

    def test_a_bad_interval_is_refused(self):
        answer = self.gateway.post("/key/generate", {"auto_rotate": True,
                                                     "rotation_interval": "sometimes"})
        self.assertEqual(answer.status, 400, answer)

    def test_questions_about_a_key_find_the_calls_of_all_its_texts(self):
        texts = [self.post("/key/generate", {"key_alias": "app", "max_budget": 5})["key"]]
        self.assertEqual(self.call(texts[0]), 200)
        for _ in range(2):
            texts.append(self.post("/key/regenerate", {"key": texts[-1]})["key"])
            self.assertEqual(self.call(texts[-1]), 200)
        other = self.post("/key/generate", {})["key"]
        self.assertEqual(self.call(other), 200)
        hashes = {hash_of(text) for text in texts}
        for text in (texts[-1], hash_of(texts[-1])):
            rows = self.get(f"/spend/logs?api_key={text}")
            self.assertEqual({row["api_key"] for row in rows}, hashes)
            self.assertEqual(len(rows), 3)
        spend = sum(row["spend"] for row in self.get(f"/spend/logs?api_key={texts[-1]}"))
        self.assertAlmostEqual(spend, self.get(f"/key/info?key={texts[-1]}")["info"]["spend"])
        days = "start_date=2020-01-01%2000:00:00&end_date=2100-01-01%2000:00:00"
        for question in (f"api_key={hash_of(texts[-1])}", "key_alias=app"):
            page = self.get(f"/spend/logs/ui?{question}&{days}")
            self.assertEqual(page["total"], 3, question)
            self.assertEqual({row["api_key"] for row in page["data"]}, hashes)
        # The key's own view: it belongs to nobody, so it sees its own calls.
        self.assertEqual(len(self.get("/spend/logs", key=texts[-1])), 3)


if __name__ == "__main__":
    unittest.main()
