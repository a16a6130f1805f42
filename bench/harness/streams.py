"""G5: time to the first event, CPU per relayed frame, many streams at once, memory of each."""

import threading
import time

from . import accounting, shapes
from .context import goal, scenario
from .generators import generate
from .windows import interleave, measure, row

_EVENTS = 20
FIRST_EVENT = shapes.stream("first_event", "", _EVENTS, "tps=50")
PACED = shapes.stream("paced", "", 100, "tps=50")


def many(context):
    """Idle for a while, then 10 events at 2 per second."""
    return shapes.stream("many", "", 10, f"ttft={context.pick(3000, 12000)};tps=2")


def stream_count(context):
    # Gatehouse and nginx hold two descriptors per stream.
    return min(context.pick(1000, 10_000), (context.file_limit - 500) // 2)


def all_shapes(context):
    return [FIRST_EVENT, PACED, many(context)]


def _expecting(context, servers, shape):
    """The shape with the number of events that the upstream itself delivers."""
    probe = generate(context, servers.direct, shape, 1, 1, per_connection=1, timeout_ms=60_000)
    if probe["requests"] != 1:
        raise RuntimeError(f"the upstream does not stream {shape.model}: {probe['failures']}")
    return shapes.dataclasses.replace(shape, frames=probe["frames"])


def first_event(context, servers):
    shape = _expecting(context, servers, FIRST_EVENT)
    seconds = context.pick(2, 4)

    def run(subject):
        return lambda: generate(context, subject, shape, 400, seconds, rate=200, warm_up_ms=500)

    subjects = [servers.direct, servers.nginx, servers.gatehouse]
    windows = interleave(context, "G5 first event", context.pick(2, 5),
                         [(s.name, s, run(s)) for s in subjects])
    rows = {name: row(name, taken) for name, taken in windows.items()}
    direct = rows["direct"]["first_byte_us"]
    for name in ("nginx", "gatehouse"):
        rows[name]["added_us"] = {key: rows[name]["first_byte_us"][key] - direct[key]
                                  for key in ("p50", "p99")}
    void = rows["gatehouse"]["void"]
    return scenario("G5a", "Time to the first event of a stream",
                    f"load_generator, 200 streams started per second, {shape.frames} events at "
                    "50 per second each",
                    list(rows.values()),
                    [goal("G5: added time to first event p99, µs",
                          None if void else rows["gatehouse"]["added_us"]["p99"], 150)])


def per_frame(context, servers):
    shape = _expecting(context, servers, PACED)
    count = 500

    def run(subject):
        return lambda: generate(context, subject, shape, count, context.pick(1, 3), ramp_ms=900)

    windows = interleave(context, "G5 frames", context.pick(1, 4),
                         [(s.name, s, run(s)) for s in (servers.nginx, servers.gatehouse)])
    rows = {name: row(name, taken, windows["nginx"] if name != "nginx" else None)
            for name, taken in windows.items()}
    ours = rows["gatehouse"]
    return scenario("G5b", "CPU per relayed frame",
                    f"load_generator, {count} streams at a time, {shape.frames} events at 50 per "
                    "second each, the request's own cost included", list(rows.values()),
                    [goal("G5: CPU per relayed frame, µs",
                          None if ours["void"] else ours.get("cpu_us_per_frame"), 3)])


def concurrent(context, servers):
    shape = _expecting(context, servers, many(context))
    count = stream_count(context)
    ramp = context.pick(1000, 8000)
    rows = []
    for subject in (servers.nginx, servers.gatehouse):
        context.progress(f"G5 many: {subject.name}, {count} streams")
        before = accounting.memory_bytes(subject.pids())
        idle = {}

        def sample(subject=subject, idle=idle):
            # All streams are open and none has had an event.
            time.sleep((ramp + context.pick(1000, 2500)) / 1000)
            idle["bytes"] = accounting.memory_bytes(subject.pids())

        watcher = threading.Thread(target=sample)
        watcher.start()
        window = measure(context, subject, lambda subject=subject: generate(
            context, subject, shape, count, ramp / 1000 + 1, ramp_ms=ramp, per_connection=1,
            timeout_ms=60_000))
        watcher.join()
        taken = row(subject.name, [window])
        taken["memory_per_stream_kib"] = (idle["bytes"] - before) / 1024 / count
        rows.append(taken)
    ours = rows[1]
    missing = None if ours["void"] else count - ours["requests"]
    notes = []
    if count < 10_000:
        notes.append(f"{count} streams instead of 10,000: "
                     + ("a quick run." if context.quick else "the limit of open files is "
                        f"{context.file_limit}."))
    return scenario("G5c", "Many streams at once",
                    f"load_generator, {count} streams open at the same time, silent at first, then "
                    f"{shape.frames} events at 2 per second each",
                    rows,
                    [goal(f"G5: streams of {count} lost or incomplete", missing, 0),
                     goal("G5: memory per idle stream, KiB",
                          None if ours["void"] else ours["memory_per_stream_kib"], 24)], notes)
