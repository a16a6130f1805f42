"""One consistent view of the database and the journals, also while the server runs."""

import pathlib
import sqlite3
from dataclasses import dataclass

from . import journal
from .entries import DISPATCH, RESERVATION, SETTLEMENT

TRIES = 20


class Unreadable(Exception):
    """The stores cannot be read at all."""


def open_database(path):
    """Read-only, with a private view of this moment."""
    if not pathlib.Path(path).exists():
        raise Unreadable(f"no database {path}")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA cache_size = -262144")  # KiB: each check reads everything
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


@dataclass
class Tail:
    """What the journals hold beyond the database."""
    reservations: dict   # call id -> Entry, open at the end
    dispatched: set      # call ids
    settlements: list    # Entry
    applied: list        # (writer, position, Entry) of settlements before the position
    behind: dict         # writer -> bytes not yet applied
    problems: list       # texts


class Store:
    """The data folder at one moment."""

    def __init__(self, database_file, journal_folder):
        self.database_file = pathlib.Path(database_file)
        self.journal_folder = pathlib.Path(journal_folder)
        for _ in range(TRIES):
            self.database = open_database(self.database_file)
            self.tables = {row[0] for row in self.database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'")}
            self.positions = self._positions()
            self.writers = journal.read_folder(self.journal_folder)
            # A segment that was applied meanwhile may be gone, and what came before this view of
            # the database with it: look again.
            if self.writers is not None and not self._gap():
                break
            self.database.close()
        if self.writers is None:
            raise Unreadable("the journals change too fast to be read")
        self.tail = self._tail()

    def close(self):
        self.database.close()

    def has(self, *names):
        return all(name in self.tables for name in names)

    def columns(self, table):
        return {row[1] for row in self.database.execute(f'PRAGMA table_info("{table}")')}

    def rows(self, sql, *values):
        return self.database.execute(sql, values)

    def one(self, sql, *values):
        row = self.database.execute(sql, values).fetchone()
        return row[0] if row else None

    def _positions(self):
        if "journal_position" not in self.tables:
            return {}
        return {row["writer"]: row["position"]
                for row in self.database.execute("SELECT writer, position FROM journal_position")}

    def _gap(self):
        """A writer's first segment begins behind what the database has applied."""
        return any(segments[0].whole_header and
                   segments[0].sequence > (self.positions.get(writer, 0) >> 32) + 1
                   for writer, segments in self.writers.items())

    def _tail(self):
        tail = Tail({}, set(), [], [], {}, [])
        for writer, segments in sorted(self.writers.items()):
            self._read_writer(writer, segments, tail)
        return tail

    def _read_writer(self, writer, segments, tail):
        position = self.positions.get(writer, 0)
        self._check_shape(writer, segments, position, tail)
        settled = set()
        for segment in segments:
            behind = segment.end_position - max(position, segment.begin_position)
            if segment.end_position > position and behind > 0:
                tail.behind[writer] = tail.behind.get(writer, 0) + behind
            for at, entry in segment.frames:
                if not entry.call_id:
                    tail.problems.append(f"{segment.path.name}: an entry without a call id")
                if entry.kind == SETTLEMENT and entry.call_id in settled:
                    tail.problems.append(f"{segment.path.name}: call {entry.call_id} is settled "
                                         "twice")
                if entry.kind == SETTLEMENT:
                    settled.add(entry.call_id)
                if at < position:
                    if entry.kind == SETTLEMENT:
                        tail.applied.append((writer, at, entry))
                    continue
                if entry.kind == RESERVATION:
                    tail.reservations[entry.call_id] = entry
                elif entry.kind == DISPATCH:
                    tail.dispatched.add(entry.call_id)
                else:
                    tail.reservations.pop(entry.call_id, None)
                    tail.settlements.append(entry)

    def _check_shape(self, writer, segments, position, tail):
        previous = None
        for segment in segments:
            name = segment.path.name
            tail.problems += [f"{name}: {problem}" for problem in segment.problems]
            if not segment.whole_header and segment is not segments[-1]:
                tail.problems.append(f"{name}: no valid header, and it is not the last one")
            # Of removals the power may have left some alone: a gap in what was applied is none.
            applied = position >> 32 >= segment.sequence
            if previous is not None and segment.sequence != previous + 1 and not applied:
                tail.problems.append(f"{name}: segment {previous + 1} of writer {writer} is missing")
            previous = segment.sequence
        last = segments[-1]
        if last.whole_header and position > last.end_position:
            tail.problems.append(f"writer {writer}: the database has applied up to "
                                 f"{journal.show(position)}, the journal ends at "
                                 f"{journal.show(last.end_position)}")
