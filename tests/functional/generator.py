"""Runs load_generator (bench/load_generator): more calls than threads of Python can make."""

import json
import pathlib
import subprocess

import harness

HOUR_MS = 3_600_000


class Generator:
    """One process: one request, sent over and over. `options` are its command line without the
    dashes; `requests` is how many each connection sends."""

    def __init__(self, folder, port, body, *, path="/v1/chat/completions", headers=None,
                 connections=1, requests=1, **options):
        file = pathlib.Path(folder) / f"request-{id(self)}.json"
        file.write_text(json.dumps(body))
        command = [harness.find_binary("load_generator"), "--port", str(port), "--path", path,
                   "--body", str(file), "--connections", str(connections),
                   "--per-connection", str(requests), "--duration-ms", str(HOUR_MS)]
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            command += ["--header", f"{name}: {value}"]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)

    def report(self, limit=60.0):
        """Waits for its end; what it measured, whose parts add up."""
        try:
            out, error = self.process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.stop()
            raise
        if self.process.returncode != 0:
            raise AssertionError(f"load_generator: {error}")
        report = json.loads(out)
        parts = report["requests"] + report["left"]["total"] + report["failures"]["total"]
        assert report["begun"] == parts, report
        for name in ("left", "failures"):
            counts = dict(report[name])
            total = counts.pop("total")
            assert total == sum(counts.values()), report
        return report

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
