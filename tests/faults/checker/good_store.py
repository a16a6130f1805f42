"""Makes a small store as the server would leave it, for the checker's own test.

Written against the description of the format and the tables; what the checker reads is encoded
here a second time, so that a misreading of one shows against the other.
"""

import json
import pathlib
import random
import sqlite3
import struct
from collections import defaultdict

from checker.journal import crc32c

MIGRATIONS = pathlib.Path(__file__).resolve().parents[3] / "src/database/migrations/sqlite"
HOUR, DAY = 3600 * 10**9, 86400 * 10**9
NOW = 1_767_225_600 * 10**9 + 40 * DAY + 11 * HOUR  # within 2026-02-10
PRICES = "catalog-1"
SECRET = "sk-SwordfishCanary0123456789abcdefGHIJ"
SALT = 0x1122334455667788
PER_SEGMENT = 90  # frames
SEGMENT = 1 << 16

USAGE = ("prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens",
         "cache_write_1h_tokens", "reasoning_tokens", "audio_prompt_tokens",
         "audio_completion_tokens")
RECORD = ("seq", "call_id", "request_id", "call_type", "status", "http_status", "stream",
          "api_key", "key_alias", "user_id", "team_id", "organization_id", "end_user",
          "requested_model", "model_group", "model", "deployment", "provider", "api_base",
          "session_id", "requester_ip", "tags", "client_metadata", "price_version",
          "usage_source", "reserved_nano", "cost_nano", "cost_known", "cost_clamped", *USAGE,
          "retries", "fallbacks", "error_class", "error_message", "windows", "started_at_ns",
          "ended_at_ns", "first_token_at_ns")
DIMENSIONS = ("api_key", "user_id", "team_id", "organization_id", "end_user", "model",
              "model_group", "provider", "call_type")


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    raw = value.encode()
    return number(len(raw)) + raw


def i64(value):
    return struct.pack("<q", value)


def midnight(at):
    return at // DAY * DAY


class Call:
    """One call with everything that is recorded of it."""

    def __init__(self, chance, index):
        self.id = f"call-{index:05d}"
        self.started = NOW - 36 * HOUR + index * 12 * 60 * 10**9
        self.ended = self.started + 10**9
        key = chance.randrange(3)
        self.key = f"{key:x}" * 64
        self.user = f"user-{key}" if key else ""
        self.team = "team-a" if key < 2 else ""
        self.end_user = chance.choice(("", "customer-1"))
        self.tags = chance.choice(([], ["blue"], ["blue", "red"]))
        self.status = "refused" if index % 10 == 3 else "failed" if index % 10 == 6 else "answered"
        if index % 17 == 16:
            self.status = "unknown"
        prompt, completion = chance.randrange(5, 500), chance.randrange(1, 300)
        self.usage = [prompt, completion, prompt // 3, 0, 0, completion // 4, 0, 0]
        cost = prompt * 1000 + completion * 2000 - prompt // 3 * 500
        self.bill_id = f"{index + 1:016x}"
        self.reserved = 0 if self.status == "refused" else 2_000_000
        self.billed = 0 if self.status in ("refused", "failed") else cost
        self.cost = self.reserved if self.status == "unknown" else self.billed
        if not self.billed:
            self.usage = [0] * 8
        self.response = f"chatcmpl-{self.bill_id}" if self.status == "answered" else ""

    def periods(self):
        """(scope, id, duration, start, end, form byte, literal?)"""
        out = [(0, "", "", 0x81), (1, "default", "", 0x85), (5, self.key, "", 0x82),
               (8, "chat", "", 0x87)]
        if self.team:
            out.append((2, self.team, "", 0x84))
        if self.team and self.user:
            out.append((3, self.team + "\x1f" + self.user, "", 0x8B))
        if self.user:
            out.append((4, self.user, "", 0x83))
        if self.end_user:
            out.append((6, self.end_user, "", 0x86))
        out += [(7, tag, "", 0x8A) for tag in self.tags]
        out += [(5, self.key, "1d", 2), (11, self.key + "\x1fchat", "1h", 12)]
        return out

    def period_bytes(self):
        out = number(len(self.periods()))
        for scope, name, duration, form in self.periods():
            out += bytes((scope, form))
            if form & 0x3F == 10:
                out += bytes((self.tags.index(name),))
            if not form & 0x80:
                start, end = self.bounds(duration)
                out += text(duration) + i64(start) + i64(end)
        return out

    def bounds(self, duration):
        size = DAY if duration == "1d" else HOUR
        return self.started // size * size, self.started // size * size + size

    def facts(self):
        out = i64(self.started)
        for value in ("acompletion", self.key, "", self.user, self.team, "default", self.end_user,
                      "chat", "chat", "", "127.0.0.1", PRICES):
            out += text(value)
        return out + number(len(self.tags)) + b"".join(text(tag) for tag in self.tags)

    def entries(self):
        """Payloads in the order in which they are appended."""
        head = lambda kind: bytes((kind, 1)) + text(self.id)  # noqa: E731
        out = []
        if self.reserved:
            out.append(head(1) + self.facts() + i64(self.reserved) + self.period_bytes())
            out.append(head(2))
        status = ("answered", "refused", "failed", "interrupted", "unknown").index(self.status)
        body = bytes((status, 2, 1 if self.billed else 0))
        body += number(200 if self.status == "answered" else 500)
        body += i64(self.reserved) + i64(self.cost)
        body += b"".join(number(value) for value in self.usage)
        for value in (self.response, "upstream", "d1", "openai", "http://127.0.0.1/v1", "", "", ""):
            body += text(value)
        body += number(0) + number(0) + i64(self.ended) + self.period_bytes()
        out.append(head(3) + self.facts() + body)
        return out

    def row(self, sequence):
        windows = [[5, "1d", self.bounds("1d")[0]], [11, "1h", self.bounds("1h")[0]]]
        values = [sequence, self.id, self.response or self.id, "acompletion", self.status,
                  200 if self.status == "answered" else 500, 0, self.key, "", self.user, self.team,
                  "default", self.end_user, "chat", "chat", "upstream", "d1", "openai",
                  "http://127.0.0.1/v1", "", "127.0.0.1", json.dumps(self.tags), "", PRICES,
                  "reported" if self.billed else "none", self.reserved, self.cost, 1, 0,
                  *self.usage, 0, 0, "", "", json.dumps(windows), self.started, self.ended, None]
        return dict(zip(RECORD, values))


class Sums:
    """What applying calls makes of the tables."""

    def __init__(self):
        self.records = []
        self.counters = {}
        self.daily = defaultdict(lambda: [0] * 9)
        self.tags = defaultdict(lambda: [0] * 9)

    def apply(self, call):
        row = call.row(len(self.records) + 1)
        self.records.append(row)
        for scope, name, duration, _ in call.periods():
            start, end = call.bounds(duration) if duration else (0, None)
            self._charge((scope, name, duration), start, end, call.cost)
        day = [_date(call.started)] + [row[name] for name in DIMENSIONS]
        good = call.status == "answered"
        sums = [call.cost, *call.usage[:4], call.usage[5], 1, int(good), int(not good)]
        for table, keys in ((self.daily, [tuple(day)]),
                            (self.tags, [(day[0], tag, *day[1:]) for tag in call.tags])):
            for key in keys:
                table[key] = [a + b for a, b in zip(table[key], sums)]

    def _charge(self, key, start, end, cost):
        now = self.counters.get(key)
        if now is None or now[0] < start:
            self.counters[key] = [start, end, cost]
        elif now[0] == start:
            now[2] += cost


def _date(at):
    days = at // DAY
    # 2026-01-01 is day 20454.
    january = days - 20454 + 1
    return f"2026-01-{january:02d}" if january <= 31 else f"2026-02-{january - 31:02d}"


def insert(database, table, row):
    names = ", ".join(row)
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})",
                     list(row.values()))


class GoodStore:
    """A folder with database, journal, bill and log, all in order."""

    def __init__(self, folder, calls=70):
        self.folder = pathlib.Path(folder)
        self.database_file = self.folder / "gatehouse.db"
        self.journals = self.folder / "journal"
        self.log = self.folder / "gatehouse.log"
        self.journals.mkdir()
        chance = random.Random(7)
        self.calls = [Call(chance, index) for index in range(calls)]
        self.open_calls = [Call(chance, calls), Call(chance, calls + 1)]
        for call, ago in zip(self.open_calls, (20, 5)):
            call.status, call.reserved, call.billed = "answered", 2_000_000, 0
            call.started = NOW - ago * 10**9
        self.frames = []  # (call, kind, payload)
        self._write_journal(calls * 2 // 3)
        self._write_database()
        self.log.write_text('{"event":"ready","key":"sk-...GHIJ"}\n')

    def _write_journal(self, applied):
        self.applied = self.calls[:applied]
        # The first open call is older than the position, the second one younger.
        plan = [(call, payload) for call in self.applied for payload in call.entries()]
        plan += [(self.open_calls[0], payload) for payload in self.open_calls[0].entries()[:2]]
        behind = len(plan)
        plan += [(call, payload) for call in self.calls[applied:] for payload in call.entries()]
        plan += [(self.open_calls[1], payload) for payload in self.open_calls[1].entries()[:2]]
        self.where = []  # (file, offset, call, payload)
        for first in range(0, len(plan), PER_SEGMENT):
            self._write_segment(first // PER_SEGMENT + 1, plan[first:first + PER_SEGMENT])
        sequence, offset = self._place(behind)
        self.position = sequence << 32 | offset

    def _write_segment(self, sequence, plan):
        path = self.journals / f"w0000-{sequence:010d}.journal"
        data = bytearray(SEGMENT)
        head = struct.pack("<8sIIIIQQQI", b"GHJRNL\r\n", 1, 0, sequence, 0, sequence << 32 | 512,
                           SEGMENT, SALT + sequence, 0)
        data[:len(head) + 4] = head + struct.pack("<I", crc32c(head))
        offset = 512
        for call, payload in plan:
            data[offset:offset + 8 + len(payload)] = frame(sequence, offset, payload)
            self.where.append((path, offset, call, payload))
            offset += (8 + len(payload) + 7) & ~7
        path.write_bytes(data)

    def _place(self, index):
        path, offset, _, _ = self.where[index]
        return int(path.name[6:16]), offset

    def _write_database(self):
        self.database = sqlite3.connect(self.database_file, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        for name in ("0001_tenancy.sql", "0002_ledger.sql"):
            self.database.executescript((MIGRATIONS / name).read_text())
        self.database.execute("BEGIN")
        sums = Sums()
        for call in self.applied:
            sums.apply(call)
        self._write_sums(sums)
        self._write_lists()
        self._write_identities()
        self.database.execute("COMMIT")

    def _write_sums(self, sums):
        for row in sums.records:
            insert(self.database, "call_record", row)
        # A key was given back something.
        sums.counters[5, "2" * 64, ""][2] -= 1000
        sums.counters[0, "", ""][2] -= 1000
        for (scope, name, duration), values in sums.counters.items():
            self.database.execute("INSERT INTO budget_counter VALUES (?, ?, ?, ?, ?, ?)",
                                  [scope, name, duration, *values])
        for table, rows in (("daily_usage", sums.daily), ("daily_tag_usage", sums.tags)):
            for key, values in rows.items():
                marks = ", ".join("?" * (len(key) + len(values)))
                self.database.execute(f"INSERT INTO {table} VALUES ({marks})", [*key, *values])
        insert(self.database, "adjustment", {
            "id": "refund-1", "kind": "refund", "amount_nano": 1000, "actor": "admin",
            "reason": "", "created_at_ns": NOW})
        for scope, name in ((5, "2" * 64), (0, "")):
            insert(self.database, "adjustment_line", {
                "adjustment_id": "refund-1", "scope": scope, "id": name, "duration": "",
                "period_start_ns": 0, "delta_nano": -1000})

    def _write_lists(self):
        call = self.open_calls[0]
        insert(self.database, "journal_position", {"writer": 0, "position": self.position})
        insert(self.database, "open_reservation", {
            "call_id": call.id, "dispatched": 1, "amount_nano": call.reserved, "api_key": call.key,
            "team_id": call.team, "started_at_ns": call.started, "entry": call.entries()[0]})
        for call in self.applied:
            if call.status == "unknown":
                insert(self.database, "reconciliation", {
                    "call_id": call.id, "state": "open", "reserved_nano": call.reserved,
                    "created_at_ns": NOW, "entry": b"x"})
        insert(self.database, "idempotency_key", {
            "scope": "0" * 64, "key": "once", "fingerprint": "f", "state": "completed",
            "call_id": self.applied[0].id, "http_status": 200, "started_at_ns": NOW - HOUR,
            "expires_at_ns": NOW + DAY})

    def _write_identities(self):
        stamps = {"created_at_ns": NOW, "updated_at_ns": NOW, "created_by": "", "updated_by": ""}
        for number_ in range(3):
            insert(self.database, "virtual_key", {
                "token": f"{number_:x}" * 64, "account": f"{number_:x}" * 64,
                "key_name": "sk-...abcd", "key_type": "default", "models": "[]", "aliases": "{}",
                "max_budget_nano": 10**12, "budget_duration": "1d", "blocked": 0, "tags": "[]",
                "allowed_routes": "[]", "metadata": "{}", "extra": "{}", "service_account": 0,
                "rotation_count": 0, "auto_rotate": 0, **stamps})

    def bill(self):
        entries = [{"id": call.bill_id, "model": "upstream", "cost_nano_usd": call.billed}
                   for call in self.calls]
        # What the open calls are doing is billed when they end.
        return {"entries": entries, "totals": {}}


def frame(sequence, offset, payload):
    seed = struct.pack("<QQ", SALT + sequence, sequence << 32 | offset)
    return struct.pack("<II", len(payload), crc32c(payload, crc32c(seed))) + payload
