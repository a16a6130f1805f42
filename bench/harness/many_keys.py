"""G12: whether a million virtual keys are slower than ten."""

import contextlib
import hashlib
import sqlite3

from . import accounting, shapes
from .context import goal, scenario
from .generators import closed_loop
from .governed import ask
from .subjects import Gatehouse
from .windows import measure, row

_CONNECTIONS = 8
_MIB = 1024 * 1024
_KEY = "sk-bench-%07d"
# A request with a key drawn anew each time.
_DRAWN = """
math.randomseed(%(seed)d)
function request()
  wrk.headers["Authorization"] = string.format("Bearer sk-bench-%%07d", math.random(0, %(last)d))
  return wrk.format()
end
"""


class Populated(Gatehouse):
    """Gatehouse over a data folder that holds so many keys of so many organizations."""

    def __init__(self, context, models, keys, tenants):
        super().__init__(context, models)
        self.name = f"gatehouse, {keys:,} keys"
        self.folder = context.folder / f"gatehouse-{keys}"
        self.keys, self.tenants = keys, tenants
        self._populated = False

    def start(self):
        super().start()
        if not self._populated:
            made = ask(self, "/organization/new", {"organization_alias": "0", "max_budget": 1000})
            ask(self, "/key/generate", {"key": _KEY % 0, "max_budget": 1000,
                                        "budget_duration": "30d", "rpm_limit": 1_000_000,
                                        "organization_id": made["organization_id"]})
            self.stop()
            _populate(self.folder / "data" / "gatehouse.db", self.keys, self.tenants)
            self._populated = True
            self.launch()


def _populate(file, keys, tenants):
    """More rows like the first one of each table."""
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.row_factory = sqlite3.Row
        organization = dict(database.execute(
            "SELECT * FROM organization WHERE organization_alias = '0'").fetchone())
        key = dict(database.execute("SELECT * FROM virtual_key").fetchone())
        ids = [organization["organization_id"]] + [f"tenant-{n}" for n in range(1, tenants)]
        _insert(database, "organization", organization,
                ({"organization_id": name, "organization_alias": name} for name in ids[1:]))
        tokens = (hashlib.sha256((_KEY % n).encode()).hexdigest() for n in range(1, keys))
        _insert(database, "virtual_key", key,
                ({"token": token, "account": token, "organization_id": ids[number % tenants]}
                 for number, token in enumerate(tokens, 1)))


def _insert(database, table, like, changes):
    names = ", ".join(like)
    marks = ", ".join(f":{name}" for name in like)
    database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})",
                         ({**like, **change} for change in changes))


def many_keys(context, models):
    seconds = context.pick(2, 10)
    few = Populated(context, models, 10, 1)
    many = Populated(context, models, 1_000_000 if not context.quick else 100_000,
                     100_000 if not context.quick else 10_000)
    rows, windows = [], {}
    for subject in (few, many):
        context.progress(f"G12: {subject.name}")
        subject.start()
        try:
            subject.check(shapes.CHAT)
            windows[subject.name] = [
                measure(context, subject,
                        lambda subject=subject, number=number: closed_loop(
                            context, subject, shapes.CHAT, _CONNECTIONS, seconds,
                            _DRAWN % {"seed": number, "last": subject.keys - 1}))
                for number in range(context.pick(1, 3))]
            rows.append({**row(subject.name, windows[subject.name]),
                         "peak_mib": accounting.peak_bytes(subject.pids()) / _MIB})
        finally:
            subject.stop()
    void = any(entry["void"] for entry in rows)
    ratio = None if void else rows[1]["latency_us"]["p99"] / rows[0]["latency_us"]["p99"]
    return scenario("G12", "Many virtual keys",
                    f"wrk, {_CONNECTIONS} connections, {shapes.CHAT.text}, each request with a key "
                    f"drawn at random from all; {many.tenants:,} organizations; a budget and an "
                    "rpm limit on each key, a budget on each organization", rows,
                    [goal(f"G12: p99 with {many.keys:,} keys, times that with 10", ratio, 2),
                     goal("G12: memory at most, MiB", None if void else rows[1]["peak_mib"], 400)])
