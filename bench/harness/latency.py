"""G3: what the gateway adds to a single request."""

from . import shapes
from .context import goal, scenario
from .generators import generate
from .windows import interleave, row


def added_latency(context, servers):
    seconds = context.pick(1, 3)

    def run(subject):
        # One after the other they do not compete for the core, and so each answer, direct or not,
        # has crossed to another core and back once.
        return lambda: generate(context, subject, shapes.CHAT, 1, seconds,
                                cores=context.layout.subject, warm_up_ms=200)

    subjects = [servers.direct, servers.nginx, servers.gatehouse]
    windows = interleave(context, "G3", context.pick(3, 5),
                         [(s.name, s, run(s)) for s in subjects])
    rows = {name: row(name, taken, windows["nginx"] if name != "nginx" else None)
            for name, taken in windows.items()}
    direct = rows["direct"]["latency_us"]
    for name in ("nginx", "gatehouse"):
        rows[name]["added_us"] = {key: rows[name]["latency_us"][key] - direct[key]
                                  for key in ("p50", "p99")}
    void = rows["gatehouse"]["void"] or rows["nginx"]["void"]
    ours, nginx = rows["gatehouse"]["added_us"], rows["nginx"]["added_us"]
    goals = [
        goal("G3: added latency p50, µs", None if void else ours["p50"], 30),
        goal("G3: added latency p99 beyond nginx's, µs",
             None if void else ours["p99"] - nginx["p99"], 60),
    ]
    return scenario("G3", "Added latency of one request at a time",
                    f"load_generator, one connection, {shapes.CHAT.text}; the load generator runs "
                    "on the measured server's core", list(rows.values()), goals)
