"""G2: everything that a paying user needs is on, and whether settling keeps up with it."""

import http.client
import json
import re
import sqlite3
import threading
import time

from . import shapes
from .context import goal, scenario
from .generators import closed_loop
from .subjects import MASTER_KEY
from .windows import interleave, row

CONNECTIONS = 32
_PENDING = "gatehouse_ledger_pending_bytes"
_MIB = 1024 * 1024
_BUDGET = {"max_budget": 1_000_000, "budget_duration": "30d"}
_RATES = {"rpm_limit": 2_000_000_000, "tpm_limit": 2_000_000_000_000}


class Governed:
    """Gatehouse, asked with a virtual key that has budgets on three scopes, rpm and tpm."""

    def __init__(self, gatehouse):
        self._gatehouse = gatehouse
        organization = ask(gatehouse, "/organization/new",
                           {"organization_alias": "bench", **_BUDGET})["organization_id"]
        team = ask(gatehouse, "/team/new",
                   {"organization_id": organization, **_BUDGET, **_RATES})["team_id"]
        self._key = ask(gatehouse, "/key/generate", {"team_id": team, **_BUDGET, **_RATES})["key"]

    def __getattr__(self, name):
        return getattr(self._gatehouse, name)

    def headers(self):
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}


def ask(gatehouse, path, body=None):
    """An administrator's call; the decoded answer, or its text where it is not JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", gatehouse.port, timeout=30)
    try:
        connection.request("POST" if body else "GET", path, body and json.dumps(body),
                           {"Authorization": f"Bearer {MASTER_KEY}",
                            "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}: {text}")
        return json.loads(text) if text.startswith(("{", "[")) else text
    finally:
        connection.close()


def governed(context, servers):
    key = Governed(servers.gatehouse)
    seconds = context.pick(1, 3)

    def run(subject):
        return lambda: closed_loop(context, subject, shapes.CHAT, CONNECTIONS, seconds)

    windows = interleave(context, "G2", context.pick(3, 5),
                         [("nginx", servers.nginx, run(servers.nginx)),
                          ("master key", servers.gatehouse, run(servers.gatehouse)),
                          ("virtual key", key, run(key))])
    rows = {name: row(name, taken, windows["nginx"] if name != "nginx" else None)
            for name, taken in windows.items()}
    ours = rows["virtual key"]
    ratio = None if ours["void"] else ours["ratio_cpu_us"]
    return scenario("G2", "Everything on",
                    f"as G1, and with a virtual key: budgets on key, team and organization, rpm and "
                    "tpm, usage and cost, journal and its settlement, metrics. The settler and the "
                    "journal's sync run on the measured core", list(rows.values()),
                    [goal("G2: CPU per request, times nginx's", ratio, 3)])


def settling(context, servers):
    """Full load for a minute: how far the database falls behind, and when it has caught up."""
    key = Governed(servers.gatehouse)
    seconds = context.pick(10, 60)
    database = servers.gatehouse.folder / "data" / "gatehouse.db"
    _settled(servers.gatehouse, 60)
    before = _records(database)
    behind, ended = [], threading.Event()

    def watch():
        while not ended.wait(0.5):
            behind.append(_pending(servers.gatehouse))

    context.progress(f"settling: {seconds} s at full load")
    watcher = threading.Thread(target=watch)
    watcher.start()
    window = closed_loop(context, key, shapes.CHAT, CONNECTIONS, seconds)
    ended.set()
    watcher.join()
    took = _settled(servers.gatehouse, 120)
    found = _records(database) - before
    # wrk stops counting before its last answers arrive.
    if not window["requests"] <= found <= window["requests"] + CONNECTIONS:
        window["failures"]["records"] = found - window["requests"]
    half = len(behind) // 2
    entry = {"name": "gatehouse", "failures": window["failures"], "void": bool(window["failures"]),
             "rate": window["rate"], "requests": window["requests"], "records": found,
             "behind_mib": max(behind) / _MIB, "late_behind_mib": max(behind[half:]) / _MIB,
             "caught_up_s": took}
    return scenario("G2s", "Settling under full load",
                    f"wrk, {CONNECTIONS} connections, {seconds} s, as G2; journal entries that are "
                    "not in the database yet, sampled twice a second, and the time from the end of "
                    "the load until there is none", [entry],
                    [goal("G2: seconds until all is in the database after a minute's full load",
                          None if entry["void"] else took, 5)])


def _pending(gatehouse):
    text = ask(gatehouse, "/metrics")
    return int(re.search(rf"^{_PENDING} (\d+)$", text, re.M).group(1))


def _settled(gatehouse, limit):
    """Seconds until nothing is pending."""
    began = time.monotonic()
    while _pending(gatehouse):
        if time.monotonic() - began > limit:
            raise RuntimeError(f"the ledger is behind after {limit} s")
        time.sleep(0.02)
    return time.monotonic() - began


def _records(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM call_record").fetchone()[0]
    finally:
        connection.close()
