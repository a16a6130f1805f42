"""Decodes the entries of a journal, from the description of the format alone."""

import struct
from dataclasses import dataclass, field

RESERVATION, DISPATCH, SETTLEMENT = 1, 2, 3
STATUS = ("answered", "refused", "failed", "interrupted", "unknown")
USAGE_SOURCES = ("none", "reported", "estimated")
SCOPES = ("global", "organization", "team", "team_member", "user", "key", "end_user", "tag",
          "model", "provider", "deployment", "key_model", "team_model")
SEPARATOR = "\x1f"
FOREVER = 2**63 - 1

FACTS = ("call_type", "api_key", "key_alias", "user_id", "team_id", "organization_id", "end_user",
         "requested_model", "model_group", "session_id", "requester_ip", "price_version")
USAGE = ("prompt", "completion", "cache_read", "cache_write", "cache_write_1h", "reasoning",
         "audio_prompt", "audio_completion")
OUTCOME = ("response_id", "model", "deployment", "provider", "api_base", "error_class",
           "error_message", "client_metadata")


class Malformed(Exception):
    """The bytes are no entry."""


@dataclass
class Entry:
    kind: int
    call_id: str
    facts: dict = field(default_factory=dict)
    amount: int = 0      # R of a reservation
    periods: list = field(default_factory=list)  # (scope, id, duration, start_ns, end_ns)
    outcome: dict = field(default_factory=dict)  # of a settlement


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Malformed("it ends too early")
        piece = self.data[self.at:self.at + count]
        self.at += count
        return piece

    def u8(self):
        return self.take(1)[0]

    def i64(self):
        return struct.unpack("<q", self.take(8))[0]

    def number(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed("a number is too long")

    def text(self):
        return self.take(self.number()).decode("utf-8", "surrogateescape")


def _pair(first, second):
    return first + SEPARATOR + second


def _id(reader, form, facts):
    plain = {1: "", 2: facts["api_key"], 3: facts["user_id"], 4: facts["team_id"],
             5: facts["organization_id"], 6: facts["end_user"], 7: facts["model_group"],
             8: facts.get("provider", ""), 9: facts.get("deployment", ""),
             11: _pair(facts["team_id"], facts["user_id"]),
             12: _pair(facts["api_key"], facts["model_group"]),
             13: _pair(facts["team_id"], facts["model_group"])}
    if form == 0:
        return reader.text()
    if form == 10:
        number = reader.u8()
        if number >= len(facts["tags"]):
            raise Malformed("a tag that is not there")
        return facts["tags"][number]
    if form not in plain:
        raise Malformed(f"id form {form}")
    return plain[form]


def _periods(reader, facts):
    out = []
    for _ in range(reader.number()):
        scope, form = reader.u8(), reader.u8()
        if scope >= len(SCOPES):
            raise Malformed(f"scope {scope}")
        name = _id(reader, form & 0x3F, facts)
        if form & 0x80:
            out.append((scope, name, "", 0, FOREVER))
            continue
        duration, start = reader.text(), reader.i64()
        end = FOREVER if form & 0x40 else reader.i64()
        out.append((scope, name, duration, start, end))
    return out


def _facts(reader):
    facts = {"started_at_ns": reader.i64()}
    for name in FACTS:
        facts[name] = reader.text()
    facts["tags"] = [reader.text() for _ in range(reader.number())]
    return facts


def _settlement(reader):
    status, flags, source = reader.u8(), reader.u8(), reader.u8()
    if status >= len(STATUS) or flags > 15 or source >= len(USAGE_SOURCES):
        raise Malformed("an outcome that does not exist")
    out = {"status": STATUS[status], "stream": flags & 1, "cost_known": flags >> 1 & 1,
           "cost_clamped": flags >> 2 & 1, "usage_source": USAGE_SOURCES[source],
           "http_status": reader.number(), "reserved_nano": reader.i64(),
           "cost_nano": reader.i64(), "usage": {name: reader.number() for name in USAGE}}
    for name in OUTCOME:
        out[name] = reader.text()
    out["retries"], out["fallbacks"] = reader.number(), reader.number()
    out["ended_at_ns"] = reader.i64()
    out["first_token_at_ns"] = reader.i64() if flags & 8 else None
    return out


def decode(payload):
    """The Entry in a frame's payload; raises Malformed."""
    reader = _Reader(payload)
    kind, version, call_id = reader.u8(), reader.u8(), reader.text()
    if version != 1:
        raise Malformed(f"version {version}")
    entry = Entry(kind, call_id)
    if kind == RESERVATION:
        entry.facts = _facts(reader)
        entry.amount = reader.i64()
        entry.periods = _periods(reader, entry.facts)
    elif kind == SETTLEMENT:
        entry.facts = _facts(reader)
        entry.outcome = _settlement(reader)
        entry.periods = _periods(reader, {**entry.facts, "provider": entry.outcome["provider"],
                                          "deployment": entry.outcome["deployment"]})
    elif kind != DISPATCH:
        raise Malformed(f"kind {kind}")
    if reader.at != len(payload):
        raise Malformed("bytes behind the end")
    return entry
