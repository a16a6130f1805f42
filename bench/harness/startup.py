"""G10: from the start of the process to its first answer."""

import statistics
import time

from . import shapes
from .context import goal, scenario


def first_answer(context, subjects):
    rows = []
    for subject in subjects:
        times = []
        for _ in range(context.pick(3, 10) if subject.name in ("nginx", "gatehouse") else 1):
            times.append(_start(subject) * 1000)
            context.progress(f"G10: {subject.name}, {times[-1]:.0f} ms")
        rows.append({"name": subject.name, "failures": {}, "void": False, "starts": len(times),
                     "median_ms": statistics.median(times), "worst_ms": max(times)})
    ours = next(r for r in rows if r["name"] == "gatehouse")
    return scenario("G10", "Start to the first answer",
                    "an empty data folder each time; a chat completion is asked for until it is "
                    "answered with 200", rows,
                    [goal("G10: start to first 200, ms", ours["median_ms"], 150)])


def _start(subject):
    began = time.monotonic()
    try:
        subject.start()
        while subject.request(shapes.CHAT)[0] != 200:
            if time.monotonic() - began > subject.start_limit:
                raise RuntimeError(f"{subject.name} does not answer:\n{subject.program.tail()}")
            time.sleep(0.001)
        return time.monotonic() - subject.program.started
    finally:
        subject.stop()
