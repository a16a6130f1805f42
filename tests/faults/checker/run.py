"""Runs every check over one view of the stores."""

import argparse
import json
import pathlib
import sqlite3
import sys
import time
import urllib.request

from . import bill, identity, leaks, money
from .context import Context, Options, Verdict
from .store import Store, Unreadable

LARGE_BYTES = 256 << 20


def check_file(context, verdict):
    """The database is a whole one, and no row names another that does not exist."""
    # Comparing each index with its table takes a minute a gigabyte: those of a large file are
    # looked at for themselves only.
    large = context.store.database_file.stat().st_size > LARGE_BYTES
    for row in context.store.rows(f"PRAGMA {'quick' if large else 'integrity'}_check(20)"):
        verdict.holds(row[0] == "ok", f"the database file: {row[0]}")
    for row in context.store.rows("PRAGMA foreign_key_check"):
        verdict.breach(f"a row of {row[0]} names one of {row[2]} that does not exist")


CHECKS = {
    "file": check_file,
    "I1": money.check_i1, "I2": money.check_i2, "I3": money.check_i3, "I4": money.check_i4,
    "I5": identity.check_i5, "I6": identity.check_i6, "I8": leaks.check_i8,
    "I9": identity.check_i9, "I11": bill.check_i11, "I12": bill.check_i12,
    "I13": identity.check_i13, "I14": identity.check_i14,
}
FIGURES = ("L", "M-", "M+", "D", "G", "O", "X", "S")


def check(database, journals, options=None):
    """The report as a dict; "ok" says whether nothing is broken."""
    options = options or Options()
    options.now_ns = options.now_ns or time.time_ns()
    try:
        store = Store(database, journals)
    except (Unreadable, sqlite3.Error, OSError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    context, verdicts = Context(store, options), {}
    try:
        for name, function in CHECKS.items():
            verdict = Verdict()
            try:
                function(context, verdict)
            except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
                verdict.breach(f"cannot be checked: {type(error).__name__}: {error}")
            verdicts[name] = verdict.to_json()
        leaks.check_canaries(context)
    finally:
        store.close()
    figures = {name: context.figures.get(name) for name in FIGURES}
    more = {name: value for name, value in context.figures.items() if name not in FIGURES}
    return {"ok": all(one["verdict"] != "breach" for one in verdicts.values()),
            "figures": figures, "more": more, "behind_bytes": store.tail.behind,
            "invariants": verdicts}


def _load(source):
    """JSON from a file or a URL."""
    if source is None:
        return None
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=30) as answer:
            return json.load(answer)
    return json.loads(pathlib.Path(source).read_text())


def _lines(path):
    return pathlib.Path(path).read_text().splitlines() if path else []


def _arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="checker", description="Checks invariants of faults.md over the stores, read-only.")
    parser.add_argument("--data", help="data folder; gives --database and --journals")
    parser.add_argument("--database", help="SQLite file")
    parser.add_argument("--journals", help="folder of journal segments")
    parser.add_argument("--bill", help="the provider's /__bill: file or URL")
    parser.add_argument("--stats", help="the provider's /__stats: file or URL")
    parser.add_argument("--answers", help="what clients saw: a JSON object per line")
    parser.add_argument("--quiet", action="store_true", help="nothing runs any more")
    parser.add_argument("--in-flight", type=int, help="calls under way when the fault struck")
    parser.add_argument("--left-unanswered", type=int, default=0,
                        help="clients that left before a byte of their answer")
    parser.add_argument("--max-age", type=float, default=660.0, help="seconds of a reservation")
    parser.add_argument("--secrets", help="file with a secret per line")
    parser.add_argument("--canaries", help="file with a canary per line")
    parser.add_argument("--scan", action="append", default=[], help="logs and other output")
    parser.add_argument("--price-version", action="append", help="a version that exists")
    parser.add_argument("--pid", type=int, help="the server's process")
    parser.add_argument("--baseline", help="its figures at the start: JSON file")
    parser.add_argument("--allow-over", type=int, default=0, help="nano-USD over a lowered cap")
    parser.add_argument("--lenient", action="store_true", help="reservation: lenient")
    parser.add_argument("--measure", type=int, metavar="PID", help="print figures for --baseline")
    return parser.parse_args(arguments)


def main(arguments=None):
    given = _arguments(arguments)
    if given.measure:
        print(json.dumps(bill.measure(given.measure)))
        return 0
    folder = pathlib.Path(given.data) if given.data else None
    database = given.database or (folder / "gatehouse.db" if folder else None)
    journals = given.journals or (folder / "journal" if folder else None)
    if not database or not journals:
        print(json.dumps({"ok": False, "error": "give --data, or --database and --journals"}))
        return 2
    report = check(database, journals, Options(
        quiet=given.quiet, max_age_s=given.max_age, bill=_load(given.bill),
        stats=_load(given.stats), answers=[json.loads(line) for line in _lines(given.answers)],
        in_flight=given.in_flight, left_unanswered=given.left_unanswered, secrets=_lines(given.secrets), canaries=_lines(given.canaries),
        scanned=given.scan, pid=given.pid, baseline=_load(given.baseline),
        price_versions=given.price_version, allow_over_nano=given.allow_over,
        lenient=given.lenient))
    json.dump(report, sys.stdout, indent=1)
    print()
    if "error" in report:
        return 2
    return 0 if report["ok"] else 1
