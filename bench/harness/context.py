"""What every scenario needs."""

import dataclasses
import pathlib
import sys
import time

from .machine import Layout


@dataclasses.dataclass
class Context:
    folder: pathlib.Path  # of this run, removed at its end
    layout: Layout
    quick: bool
    gatehouse: pathlib.Path
    fake_provider: pathlib.Path
    load_generator: pathlib.Path
    file_limit: int
    started: float = dataclasses.field(default_factory=time.monotonic)
    upstream: "UpstreamHandle" = None  # set when it runs

    def pick(self, quick, full):
        return quick if self.quick else full

    def progress(self, text):
        print(f"{time.monotonic() - self.started:7.1f} s  {text}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class UpstreamHandle:
    """The running fake_provider, as far as others must know it."""

    port: int
    processes: callable

    def pids(self):
        return self.processes()


def scenario(identity, title, how, rows, goals=(), notes=()):
    return {"id": identity, "title": title, "how": how, "rows": rows, "goals": list(goals),
            "notes": list(notes)}


def goal(text, measured, limit, at_most=True):
    """One line of the table of goals; `measured` may be None when the run was void."""
    met = measured is not None and (measured <= limit if at_most else measured >= limit)
    return {"text": text, "measured": measured, "limit": limit, "at_most": at_most, "met": met}
