"""I11 and I12: the provider's own bill against the ledger; nothing goes on after quiet."""

import itertools
import os
import pathlib
import re
from collections import defaultdict


def _records(store, unbilled):
    """Everything that was posted or will be, as plain dicts, without calls of other upstreams."""
    out = []
    names = ("call_id", "request_id", "status", "cost_nano", "reserved_nano", "usage_source",
             "cost_clamped", "model", "retries", "fallbacks")
    state = {row["call_id"]: row["state"] for row in store.rows("SELECT * FROM reconciliation")} \
        if store.has("reconciliation") else {}
    others = ", ".join("'" + model.replace("'", "''") + "'" for model in unbilled)
    for row in store.rows(f"SELECT {', '.join(names)} FROM call_record WHERE model NOT IN "
                          f"({others})"):
        out.append({name: row[name] for name in names} | {"open": state.get(row["call_id"])})
    for entry in store.tail.settlements:
        outcome = entry.outcome
        out.append({"call_id": entry.call_id, "request_id": outcome["response_id"] or entry.call_id,
                    "status": outcome["status"], "cost_nano": outcome["cost_nano"],
                    "reserved_nano": outcome["reserved_nano"], "model": outcome["model"],
                    "usage_source": outcome["usage_source"],
                    "cost_clamped": outcome["cost_clamped"], "open": None,
                    "retries": outcome["retries"], "fallbacks": outcome["fallbacks"]})
    return out


def _broken_off(record):
    """It ended before the provider told what it used: the ledger holds what was seen of it."""
    return record["usage_source"] == "estimated" and record["status"] in ("interrupted", "failed")


class Match:
    """Pairs of (bill entry, record), and what is left of both."""

    def __init__(self, entries, records):
        self.pairs = []
        self.entries = []
        by_id = defaultdict(list)
        for record in records:
            found = re.search(r"[0-9a-f]{16}$", record["request_id"])
            if found and record["request_id"] != record["call_id"]:
                by_id[found.group(0)].append(record)
        used = set()
        self.doubled = []
        for entry in entries:
            found = by_id.get(entry["id"], [])
            if found:
                self.pairs.append((entry, found[0]))
                used.update(id(record) for record in found)
                self.doubled += found[1:]
            else:
                self.entries.append(entry)
        self.records = [record for record in records if id(record) not in used]
        self._by_cost()
        self.pairs = [pair for pair in self.pairs if not self._attempts(*pair)]
        self.estimated = [pair for pair in self.pairs if _broken_off(pair[1])]
        self.pairs = [pair for pair in self.pairs if not _broken_off(pair[1])]
        self._by_estimate()

    def _by_estimate(self):
        """Calls that broke off and do not know the answer's id: paired by model, in the order of
        their costs."""
        for model in {entry["model"] for entry in self.entries}:
            entries = sorted((one for one in self.entries if one["model"] == model),
                             key=lambda one: one["cost_nano_usd"])
            records = sorted((one for one in self.records if one["model"] == model and
                              _broken_off(one) and one["cost_nano"]),
                             key=lambda one: one["cost_nano"])
            pairs = list(zip(reversed(entries), reversed(records)))
            self.estimated += pairs
            gone = {id(one) for pair in pairs for one in pair}
            self.entries = [one for one in self.entries if id(one) not in gone]
            self.records = [one for one in self.records if id(one) not in gone]

    def _attempts(self, entry, record):
        """A record of several attempts: what it costs beyond its answer was billed for those."""
        more = record["cost_nano"] - entry["cost_nano_usd"]
        tries = record["retries"] + record["fallbacks"]
        if more <= 0 or not tries:
            return False
        for count in range(1, min(tries, 3) + 1):
            for group in itertools.combinations(self.entries[:60], count):
                if sum(one["cost_nano_usd"] for one in group) == more:
                    self.entries = [one for one in self.entries if one not in group]
                    return True
        return False

    def _by_cost(self):
        """Records without the answer's id: any of the same model and cost."""
        by_cost = defaultdict(list)
        for record in self.records:
            if record["status"] != "unknown" and record["cost_nano"]:
                by_cost[record["model"], record["cost_nano"]].append(record)
        rest, taken = [], set()
        for entry in self.entries:
            found = by_cost.get((entry["model"], entry["cost_nano_usd"]))
            if found:
                record = found.pop()
                taken.add(id(record))
                self.pairs.append((entry, record))
            else:
                rest.append(entry)
        self.entries = rest
        self.records = [record for record in self.records if id(record) not in taken]

    def cover(self):
        """Takes the dearest entries with the largest unknown records; what stays is lost."""
        unknown = sorted((record for record in self.records if record["status"] == "unknown"),
                         key=lambda record: record["reserved_nano"])
        lost, covered = [], []
        for entry in sorted(self.entries, key=lambda one: -one["cost_nano_usd"]):
            if unknown and unknown[-1]["reserved_nano"] >= entry["cost_nano_usd"]:
                covered.append((entry, unknown.pop()))
            else:
                lost.append(entry)
        return lost, covered, unknown


def check_i11(context, verdict):
    """Each billed call is in the ledger at its price; each difference is marked unknown."""
    store, options = context.store, context.options
    if options.bill is None:
        return verdict.not_applicable("no bill was given")
    if not store.has("call_record"):
        return verdict.not_applicable("no table call_record")
    entries = [entry for entry in options.bill["entries"] if entry["cost_nano_usd"]]
    records = [record for record in _records(store, options.unbilled_models)
               if record["model"] not in options.unbilled_models]
    match = Match(entries, records)
    missing = doubled = unknown = 0
    for entry, record in match.pairs:
        verdict.checked += 1
        difference = record["cost_nano"] - entry["cost_nano_usd"]
        if difference == 0:
            continue
        if record["open"] == "open":
            unknown += abs(difference)
            continue
        verdict.breach(f"call {record['call_id']} ({record['status']}): the bill says "
                       f"{entry['cost_nano_usd']}, the ledger {record['cost_nano']}")
        missing += max(0, -difference)
        doubled += max(0, difference)
    for record in match.doubled:
        if record["cost_nano"]:
            doubled += record["cost_nano"]
            verdict.breach(f"call {record['call_id']} is charged for {record['request_id']}, which "
                           "another call is charged for")
    lost, covered, unused = match.cover()
    for entry in lost:
        missing += entry["cost_nano_usd"]
        verdict.breach(f"the bill's {entry['id']} ({entry['model']}, {entry['cost_nano_usd']}) is "
                       "not in the ledger")
    unknown += sum(abs(record["cost_nano"] - entry["cost_nano_usd"]) for entry, record in covered)
    unknown += sum(record["cost_nano"] for record in unused)
    unknown += _check_estimates(match, context, verdict)
    unknown += _take_unread(match, context)
    for record in match.records:
        if record["status"] != "unknown" and record["cost_nano"]:
            doubled += record["cost_nano"]
            verdict.breach(f"call {record['call_id']} ({record['status']}) is charged "
                           f"{record['cost_nano']}, and not on the bill")
    context.figures.update({"M-": missing, "M+": doubled, "D": unknown,
                            "billed_nano": sum(entry["cost_nano_usd"] for entry in entries),
                            "ledger_nano": sum(record["cost_nano"] for record in records),
                            "unknown_calls": len(covered) + len(unused)})
    _check_in_flight(context, verdict, covered, unused)


def _check_estimates(match, context, verdict):
    """Σ of differences; none may be larger than what was reserved."""
    off = 0
    for entry, record in match.estimated:
        difference = record["cost_nano"] - entry["cost_nano_usd"]
        off += abs(difference)
        verdict.holds(entry["cost_nano_usd"] <= record["reserved_nano"],
                      f"call {record['call_id']} was reserved at {record['reserved_nano']}, the "
                      f"bill says {entry['cost_nano_usd']}")
    context.figures["estimated_calls"] = len(match.estimated)
    context.figures["estimated_below_nano"] = sum(
        max(0, entry["cost_nano_usd"] - record["cost_nano"]) for entry, record in match.estimated)
    context.figures["estimated_above_nano"] = off - context.figures["estimated_below_nano"]
    return off


def _take_unread(match, context):
    """A client that left at once may have taken its request from the provider before that had read
    it, which the server cannot know: as many may be charged for a prompt that nobody billed."""
    limit = context.options.left_unanswered
    unread = [record for record in match.records if record["status"] == "interrupted" and
              _broken_off(record) and record["request_id"] == record["call_id"]][:limit]
    gone = {id(record) for record in unread}
    match.records = [record for record in match.records if id(record) not in gone]
    total = sum(record["cost_nano"] for record in unread)
    context.figures["unread_calls"] = len(unread)
    context.figures["unread_nano"] = total
    return total


def _check_in_flight(context, verdict, covered, unused):
    """No more is unknown than was under way."""
    limit = context.options.in_flight
    if limit is not None:
        count = len(covered) + len(unused)
        verdict.holds(count <= limit, f"{count} calls are unknown, {limit} were under way")


def check_i12(context, verdict):
    """After quiet: nothing goes on upstream; descriptors and memory are back."""
    options = context.options
    seen = False
    if options.stats is not None:
        seen = True
        verdict.equal("upstream calls in flight", options.stats.get("in_flight", 0), 0)
    if options.pid and options.baseline:
        seen = True
        now = measure(options.pid)
        for name, slack in (("fds", 4), ("rss_kib", 8 * 1024)):
            if name in options.baseline:
                start = options.baseline[name]
                verdict.holds(now[name] <= max(start * 1.05, start + slack),
                              f"{name}: {now[name]}, at the start {start}")
    if not seen:
        verdict.not_applicable("neither the provider's state nor a process was given")


def measure(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {"fds": len(os.listdir(f"/proc/{pid}/fd")),
            "rss_kib": int(re.search(r"VmRSS:\s+(\d+)", status).group(1))}
