"""G1, G4, G7, G11 and the peers: how many requests a core carries."""

from . import shapes
from .context import goal, scenario
from .generators import closed_loop, generate
from .subjects import translated
from .windows import interleave, row

CONNECTIONS = 32


def _wrk(context, shape, connections=CONNECTIONS):
    seconds = context.pick(1, 3)
    return lambda subject: (lambda: closed_loop(context, subject, shape, connections, seconds))


def _rows(windows, reference="nginx"):
    return {name: row(name, taken, windows.get(reference) if name != reference else None)
            for name, taken in windows.items()}


def _value(rows, name, key):
    found = rows.get(name)
    return None if not found or found["void"] else found.get(key)


def pass_through(context, servers, peers):
    run = _wrk(context, shapes.CHAT)
    subjects = [servers.direct, servers.nginx, servers.gatehouse, *peers]
    windows = interleave(context, "G1", context.pick(3, 5),
                         [(s.name, s, run(s)) for s in subjects])
    rows = _rows(windows)
    ratio = _value(rows, "gatehouse", "ratio_cpu_us")
    goals = [goal("G1: CPU per request, times nginx's", ratio, 2.2),
             goal("G1: requests per second, share of nginx's",
                  _value(rows, "gatehouse", "ratio_rate"), 0.45, at_most=False)]
    notes = _upstream_notes(rows["direct"])
    for peer, factor in ((p.name, {"portkey": 25, "litellm": 100}[p.name]) for p in peers):
        theirs, ours = _value(rows, peer, "rate"), _value(rows, "gatehouse", "rate")
        goals.append(goal(f"peers: requests per second, times {peer}'s",
                          ours / theirs if ours and theirs else None, factor, at_most=False))
    return scenario("G1", "Pass-through, not streamed",
                    f"wrk, {CONNECTIONS} connections, closed loop, {shapes.CHAT.text}, "
                    "master key checked, usage and cost reckoned", list(rows.values()), goals, notes)


def _upstream_notes(direct):
    cpu = direct["upstream_cpu_us"]
    capacity = 1e6 / cpu
    text = f"The upstream takes {cpu:.1f} us of CPU per request, so its core carries " \
           f"{capacity / 1000:.0f}k requests per second"
    if capacity < 150_000:
        return [text + ", less than the 150k that this bench asks of it."]
    return [text + " if it has it for itself."]


def open_loop(context, servers):
    rate = 10_000
    seconds = context.pick(2, 5)

    def run(subject):
        return lambda: generate(context, subject, shapes.CHAT, 256, seconds, rate=rate,
                                warm_up_ms=300)

    subjects = [servers.direct, servers.nginx, servers.gatehouse]
    windows = interleave(context, "G4", context.pick(2, 5),
                         [(s.name, s, run(s)) for s in subjects])
    rows = _rows(windows)
    latency = _value(rows, "gatehouse", "latency_us")
    return scenario("G4", "Open loop at a fixed rate",
                    f"load_generator, {rate} requests per second, latency from the intended time "
                    f"of sending, {shapes.CHAT.text}", list(rows.values()),
                    [goal("G4: p99 at 10,000 requests/s, µs", latency and latency["p99"], 500)])


class _Translated:
    """Gatehouse, asked for a model whose provider speaks the other dialect."""

    def __init__(self, gatehouse):
        self._gatehouse = gatehouse

    def __getattr__(self, name):
        return getattr(self._gatehouse, name)


def translated_shape(shape):
    return shapes.dataclasses.replace(shape, name=shape.name + "_translated",
                                      model=translated(shape.model), frames=0)


STREAM = shapes.stream("burst", "1 KB in, 100 events at once", 100)


def translation(context, servers):
    whole, streamed = translated_shape(shapes.CHAT), translated_shape(STREAM)
    gatehouse, seconds = servers.gatehouse, context.pick(1, 3)

    def stream_run(shape):
        return lambda: generate(context, gatehouse, shape, CONNECTIONS, seconds)

    windows = interleave(context, "G7", context.pick(2, 5), [
        ("same dialect", gatehouse, _wrk(context, shapes.CHAT)(gatehouse)),
        ("translated", gatehouse, _wrk(context, whole)(gatehouse)),
        ("same dialect, streamed", gatehouse, stream_run(STREAM)),
        ("translated, streamed", gatehouse, stream_run(streamed))])
    rows = {}
    for name, taken in windows.items():
        base = "same dialect, streamed" if "streamed" in name else "same dialect"
        rows[name] = row(name, taken, windows[base] if name != base else None)
    goals = [goal(f"G7: {name}: rate, share of the same dialect's", _value(rows, name, "ratio_rate"),
                  0.7, at_most=False) for name in ("translated", "translated, streamed")]
    return scenario("G7", "OpenAI in, Anthropic out",
                    f"as G1, and {CONNECTIONS} streams at a time of 100 events without pause; "
                    "ratios are to the same dialect", list(rows.values()), goals)


def long_prompts(context, servers):
    run = _wrk(context, shapes.LONG_PROMPT, 8)
    subjects = [servers.direct, servers.nginx, servers.gatehouse]
    windows = interleave(context, "G11", context.pick(2, 5),
                         [(s.name, s, run(s)) for s in subjects])
    rows = _rows(windows)
    latency = _value(rows, "gatehouse", "latency_us")
    return scenario("G11", "Long prompts", f"wrk, 8 connections, {shapes.LONG_PROMPT.text}",
                    list(rows.values()),
                    [goal("G11: requests per second", _value(rows, "gatehouse", "rate"), 3000,
                          at_most=False),
                     goal("G11: p99, µs", latency and latency["p99"], 5000)])
