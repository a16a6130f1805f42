"""One run of the bench: starts the servers, goes through the scenarios, collects the report."""

import contextlib
import dataclasses
import datetime
import shutil

from . import (governed, latency, machine, many_keys, memory, peers, shapes, startup, streams,
               throughput)
from .context import UpstreamHandle
from .subjects import Gatehouse, Nginx, Upstream

SCENARIOS = ("G1", "G2", "G3", "G4", "G5", "G7", "G9", "G10", "G11", "G12")


@dataclasses.dataclass
class Servers:
    direct: Upstream
    nginx: Nginx
    gatehouse: Gatehouse


def run(context, wanted, peer_names):
    for program in ("nginx", "wrk", "taskset"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is missing: tools/install_dependencies bench")
    upstream = Upstream(context)
    upstream.start()
    context.upstream = UpstreamHandle(upstream.port, upstream.provider_pids)
    try:
        servers = Servers(upstream, Nginx(context), _gatehouse(context))
        others, skipped = _peers(context, peer_names) if "G1" in wanted else ([], [])
        report = _head(context, skipped)
        report["scenarios"] = list(_scenarios(context, wanted, servers, others))
        used = [servers.direct, servers.nginx, servers.gatehouse, *others]
        report["versions"] = {s.name: s.version() for s in used}
        report["configuration"] = {s.name: s.configuration() for s in used if s.configuration()}
        return report
    finally:
        upstream.stop()


def _scenarios(context, wanted, servers, others):
    if "G10" in wanted:
        yield startup.first_answer(context, [servers.nginx, servers.gatehouse, *others])
    if "G9" in wanted:
        yield memory.footprint(context, [servers.nginx, servers.gatehouse, *others])
    with _running(servers.nginx), _running(servers.gatehouse):
        if "G1" in wanted:
            with contextlib.ExitStack() as stack:
                for peer in others:
                    stack.enter_context(_running(peer))
                yield throughput.pass_through(context, servers, others)
        if "G2" in wanted:
            yield governed.governed(context, servers)
            yield governed.settling(context, servers)
        if "G3" in wanted:
            yield latency.added_latency(context, servers)
        if "G4" in wanted:
            yield throughput.open_loop(context, servers)
        if "G7" in wanted:
            yield throughput.translation(context, servers)
        if "G11" in wanted:
            yield throughput.long_prompts(context, servers)
        if "G5" in wanted:
            yield streams.first_event(context, servers)
            yield streams.per_frame(context, servers)
            yield streams.concurrent(context, servers)
    if "G12" in wanted:
        yield many_keys.many_keys(context, servers.gatehouse.models)


@contextlib.contextmanager
def _running(subject):
    subject.context.progress(f"starting {subject.name}")
    subject.start()
    try:
        subject.check(shapes.CHAT, subject.start_limit)
        yield
    finally:
        subject.stop()


def _gatehouse(context):
    models = {shape.model: "openai" for shape in
              (shapes.CHAT, shapes.LONG_PROMPT, throughput.STREAM, *streams.all_shapes(context))}
    translated = {shape.model: "anthropic" for shape in (shapes.CHAT, throughput.STREAM)}
    return Gatehouse(context, [*models.items(), *translated.items()])


def _peers(context, names):
    known = {"portkey": peers.Portkey(context),
             "litellm": peers.LiteLlm(context, [shapes.CHAT.model])}
    usable, skipped = [], []
    for name in names:
        context.progress(f"installing {name} unless it is there")
        reason = known[name].install()
        if reason:
            skipped.append(f"{name}: skipped, {reason}")
            context.progress(skipped[-1])
        else:
            usable.append(known[name])
    return usable, skipped


def _head(context, skipped):
    return {
        "format": 1,
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "mode": "quick" if context.quick else "full",
        "machine": machine.describe(),
        "cores": context.layout.as_dict(),
        "foreign_load": machine.foreign_load(),
        "peers_skipped": skipped,
    }
