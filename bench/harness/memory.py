"""G9: memory idle, busy, after load, and its growth."""

import threading
import time

from . import accounting, shapes
from .context import goal, scenario
from .generators import closed_loop

_MIB = 1024 * 1024
_CONNECTIONS = 512


def footprint(context, subjects):
    """Each subject is started afresh, so that it has not seen another scenario."""
    seconds = context.pick(10, 60)
    rows = []
    for subject in subjects:
        subject.start()
        try:
            subject.check(shapes.CHAT, subject.start_limit)
            rows.append(_measure(context, subject, seconds if subject.name == "gatehouse"
                                 else context.pick(5, 15)))
        finally:
            subject.stop()
    ours = next(r for r in rows if r["name"] == "gatehouse")
    goals = [] if ours["void"] else [
        goal("G9: memory idle, MiB", ours["idle_mib"], 30),
        goal(f"G9: memory with {_CONNECTIONS} busy connections, MiB", ours["busy_mib"], 80),
        goal("G9: memory after load, MiB", ours["after_mib"], 50)]
    if goals and not context.quick:  # ten seconds show the heap settling, not growth
        goals.append(goal("G9: growth, MiB per minute", ours["growth_mib_per_minute"], 0.1))
    return scenario("G9", "Memory",
                    f"wrk, {_CONNECTIONS} connections, {shapes.CHAT.text}; {seconds} s of load for "
                    "Gatehouse, growth over their second half, instead of 10 minutes; proportional "
                    "set size", rows, goals)


def _measure(context, subject, seconds):
    context.progress(f"G9: {subject.name}, {seconds} s")
    time.sleep(0.5)
    idle = accounting.memory_bytes(subject.pids())
    samples, ended = [], threading.Event()

    def watch():
        while not ended.wait(0.5):
            samples.append((time.monotonic(), accounting.memory_bytes(subject.pids())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    window = closed_loop(context, subject, shapes.CHAT, _CONNECTIONS, seconds)
    ended.set()
    watcher.join()
    peak = accounting.peak_bytes(subject.pids())
    time.sleep(2)
    after = accounting.memory_bytes(subject.pids())
    busy = samples[:-1] or samples
    return {
        "name": subject.name, "failures": window["failures"], "void": bool(window["failures"]),
        "requests": window["requests"], "rate": window["rate"], "seconds": seconds,
        "idle_mib": idle / _MIB, "busy_mib": max(size for _, size in busy) / _MIB,
        "peak_mib": peak / _MIB, "after_mib": after / _MIB,
        "growth_mib_per_minute": _slope(busy[len(busy) // 2:]) * 60 / _MIB,
        "samples_mib": [round(size / _MIB, 2) for _, size in samples],
    }


def _slope(samples):
    """Least squares, bytes per second."""
    count = len(samples)
    if count < 2:
        return 0.0
    middle = sum(t for t, _ in samples) / count
    mean = sum(size for _, size in samples) / count
    spread = sum((t - middle) ** 2 for t, _ in samples)
    return sum((t - middle) * (size - mean) for t, size in samples) / spread
