"""Measuring windows, taken in turn from every server, and what they amount to."""

import contextlib
import statistics

from . import accounting


def measure(context, subject, run):
    """One window: what `run()` reports, with the CPU time that server and upstream took."""
    with _Clock(subject.pids()) as server, _Clock(context.upstream.pids()) as upstream:
        window = run()
    requests = max(1, window["requests"])
    if subject.pids():
        window["cpu_us"] = server.ran / 1000 / requests
        window["user_share"] = server.user_share
        window["cores"] = server.ran / 1e9 / (window["requests"] / window["rate"]) if requests > 1 else 0
        # How long the server's threads stood ready without a core: noise from other programs.
        window["waited_share"] = server.waited / max(1, server.ran + server.waited)
        if window.get("frames"):
            window["cpu_us_per_frame"] = server.ran / 1000 / window["frames"]
    window["upstream_cpu_us"] = upstream.ran / 1000 / requests
    return window


class _Clock(contextlib.AbstractContextManager):
    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        self.before = accounting.cpu_nanoseconds(self.pids)
        self.times = accounting.user_and_system_seconds(self.pids)
        return self

    def __exit__(self, *error):
        ran, waited = accounting.cpu_nanoseconds(self.pids)
        user, system = accounting.user_and_system_seconds(self.pids)
        self.ran = ran - self.before[0]
        self.waited = waited - self.before[1]
        user, system = user - self.times[0], system - self.times[1]
        self.user_share = user / (user + system) if user + system else 0


def interleave(context, title, rounds, runs):
    """`runs`: (name, subject, function) each. Returns {name: [window per round]}."""
    windows = {name: [] for name, _, _ in runs}
    for number in range(rounds):
        for name, subject, run in runs:
            windows[name].append(measure(context, subject, run))
            context.progress(f"{title}: round {number + 1}/{rounds}, {name}")
    return windows


def row(name, windows, reference=None):
    """Medians over the rounds; ratios are taken within each round, then their median."""
    out = {"name": name, "failures": _failures(windows), "void": any(w["failures"] for w in windows)}
    for key in ("rate", "cpu_us", "cpu_us_per_frame", "user_share", "cores", "waited_share",
                "upstream_cpu_us", "requests", "frames", "most_open"):
        values = [window[key] for window in windows if key in window]
        if values:
            out[key] = statistics.median(values)
    for key in ("latency_us", "first_byte_us"):
        values = [window[key] for window in windows if key in window]
        if values:
            out[key] = {name: statistics.median(v[name] for v in values) for name in values[0]}
    if reference:
        for key in ("rate", "cpu_us", "cpu_us_per_frame"):
            ratios = [ours[key] / theirs[key] for ours, theirs in zip(windows, reference)
                      if ours.get(key) and theirs.get(key)]
            if ratios:
                out["ratio_" + key] = statistics.median(ratios)
                out["ratio_" + key + "_range"] = [min(ratios), max(ratios)]
    out["windows"] = windows
    return out


def _failures(windows):
    total = {}
    for window in windows:
        for kind, count in window["failures"].items():
            total[kind] = count if kind == "first" else total.get(kind, 0) + count
    return total
