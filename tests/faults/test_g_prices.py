"""Row G7 of faults.md: a price file that is broken keeps the old prices; nothing costs nothing."""

import json
import unittest

from ledger_support import LedgerTest, nano

INPUT, OUTPUT = 0.000003, 0.000004
NAME = "openai/from-the-file"


def price_file(**changes):
    entry = {"input_cost_per_token": INPUT, "output_cost_per_token": OUTPUT, "max_tokens": 4096,
             "litellm_provider": "openai", "mode": "chat", **changes}
    return json.dumps({NAME: entry})


BROKEN = {
    "empty": "", "no JSON": "prices: none", "cut": price_file()[:60], "a list": "[]",
    "negative": price_file(input_cost_per_token=-0.000001),
    "a text": price_file(output_cost_per_token="free"),
    "beyond counting": price_file(output_cost_per_token=1e30),
    "not a number": price_file().replace(str(OUTPUT), "NaN"),
}


class PriceFileTest(LedgerTest):
    def config(self):
        config = super().config()
        config["model_list"] = [{"model_name": "chat", "litellm_params": {
            "model": NAME, "api_base": self.fake.url + "/v1", "api_key": "sk-x"}}]
        config["models"] = {"price_map": str(self.prices)}
        return config

    def setUp(self):
        super().setUp()
        self.prices = self.folder / "prices.json"

    def cost(self, key):
        """(what a call cost, what it costs by the prices that the test began with)"""
        answer = self.gateway.chat("chat", max_tokens=60,
                                   headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(answer.status, 200, answer)
        usage = answer.json()["usage"]
        return (nano(answer.header("x-litellm-response-cost")),
                usage["prompt_tokens"] * 3_000 + usage["completion_tokens"] * 4_000)

    def reloaded(self, text, line):
        before = len(self.gateway.program.lines)
        if text is None:
            self.prices.unlink()
        else:
            self.prices.write_text(text)
        self.gateway.reload()
        self.gateway.program.wait_for_line(line, start=before)
        return "\n".join(self.gateway.program.lines[before:])

    def test_g7_a_broken_price_file_keeps_the_old_prices_and_says_so(self):
        self.prices.write_text(price_file())
        self.start()
        key = self.new_key(max_budget=1)
        for name, text in [*BROKEN.items(), ("gone", None)]:
            with self.subTest(broken=name):
                told = self.reloaded(text, "reload_refused")
                self.assertIn("models.price_map", told)
                cost, wanted = self.cost(key)
                self.assertEqual(cost, wanted)
                self.assertGreater(cost, 0)
        self.reloaded(price_file(output_cost_per_token=2 * OUTPUT), '"reloaded"|reloaded')
        cost, wanted = self.cost(key)
        self.assertGreater(cost, wanted)
        self.quiet()
        versions = self.rows("SELECT count(DISTINCT price_version) FROM call_record")
        self.assertEqual(versions, [(2,)])
        self.assertEqual(self.rows("SELECT count(*) FROM call_record WHERE cost_nano = 0"), [(0,)])

    def test_g7_no_start_without_prices(self):
        for name, text in BROKEN.items():
            with self.subTest(broken=name):
                self.prices.write_text(text)
                self.start(wait=False)
                self.assertEqual(self.gateway.program.wait(10), 1, self.gateway.program.output())
                self.assertIn("price_map", self.gateway.program.output())
                self.gateway.stop()


if __name__ == "__main__":
    unittest.main()
