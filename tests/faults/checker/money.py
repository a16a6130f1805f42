"""I1 to I4: amounts add up, and stay below what was allowed."""

import json
from collections import defaultdict

from .entries import SCOPES, SEPARATOR

USAGE_SUMS = ("spend_nano", "prompt_tokens", "completion_tokens", "cache_read_tokens",
              "cache_write_tokens", "reasoning_tokens", "api_requests", "successful_requests",
              "failed_requests")
DIMENSIONS = ("api_key", "user_id", "team_id", "organization_id", "end_user", "model",
              "model_group", "provider", "call_type")
# What says which counters a call is charged to.
OWN = ("api_key", "user_id", "team_id", "organization_id", "end_user", "model_group", "provider",
       "deployment", "tags", "windows")
# Scopes whose lifetime is counted from the moment on when somebody bounded them.
OPTIONAL = {8, 9, 10, 11, 12}
# Calls with the master key name a user who has no account.
MASTER = (4, "default_user_id")
ARCHIVED = "records were moved to an archive: sums over them are gone"


def own_id(record, scope, account):
    """The record's own id in that scope, None where it has none of its own. `account` is where
    its key's spend is counted: the hash of the key's first text."""
    def pair(first, second):
        first = account if first == "api_key" else record[first]
        return first + SEPARATOR + record[second] if first and record[second] else None
    plain = {0: lambda: "", 1: lambda: record["organization_id"] or None,
             2: lambda: record["team_id"] or None, 3: lambda: pair("team_id", "user_id"),
             4: lambda: record["user_id"] or None, 5: lambda: account or None,
             6: lambda: record["end_user"] or None, 8: lambda: record["model_group"] or None,
             9: lambda: record["provider"] or None, 10: lambda: record["deployment"] or None,
             11: lambda: pair("api_key", "model_group"), 12: lambda: pair("team_id", "model_group")}
    return plain[scope]() if scope in plain else None


def name_of(scope, name, duration):
    shown = name.replace(SEPARATOR, "/")
    return f"{SCOPES[scope]} {shown[:40]!r} {duration or 'lifetime'}"


def archived(store):
    first = store.one("SELECT min(seq) FROM call_record")
    return first is not None and first > 1


class Posted:
    """Sums over the records, by counter."""

    def __init__(self, store):
        self.lifetime = defaultdict(int)   # (scope, id) -> nano
        self.windows = defaultdict(int)    # (scope, id, duration, start) -> nano
        self.excess = defaultdict(int)     # the same key -> Σ max(0, cost - reserved)
        self.total = 0
        self.count = 0
        self.bad = []
        self.accounts = {}
        for table in ("deleted_virtual_key", "virtual_key"):
            if store.has(table):
                self.accounts.update(store.rows(f"SELECT token, account FROM {table}"))
        # Calls that are alike in all that is looked at count together: there may be millions.
        alike = ", ".join(OWN)
        for record in store.rows(
                f"SELECT {alike}, min(call_id) AS call_id, count(*) AS calls, sum(cost_nano) AS "
                "cost, sum(max(0, cost_nano - reserved_nano)) AS excess FROM call_record "
                f"GROUP BY {alike}"):
            self._add(record)

    def _add(self, record):
        cost, over = record["cost"], record["excess"]
        self.count += record["calls"]
        self.total += cost
        account = self.accounts.get(record["api_key"], record["api_key"])
        names = [(scope, own_id(record, scope, account)) for scope in range(len(SCOPES)) if scope != 7]
        names += [(7, tag) for tag in dict.fromkeys(json.loads(record["tags"]))]
        for scope, name in names:
            if name is not None:
                self.lifetime[scope, name] += cost
                self.excess[scope, name, "", 0] += over
        for window in json.loads(record["windows"]):
            scope, duration, start = window[:3]
            name = window[3] if len(window) > 3 else own_id(record, scope, account)
            if name is None:
                self.bad.append(f"call {record['call_id']}: a window of scope {scope} without id")
                continue
            self.windows[scope, name, duration, start] += cost
            self.excess[scope, name, duration, start] += over


def posted_in(context):
    """Made once: it reads every record."""
    if context.posted is None:
        context.posted = Posted(context.store)
    return context.posted


def adjustments(store):
    """Σ of adjustment lines by counter: lifetime under start 0."""
    sums = defaultdict(int)
    if store.has("adjustment_line"):
        for line in store.rows("SELECT * FROM adjustment_line"):
            key = line["scope"], line["id"], line["duration"], line["period_start_ns"]
            sums[key] += line["delta_nano"]
    return sums


def check_i1(context, verdict):
    """What left one side arrived on the other: records, daily sums, the counter of everything."""
    store = context.store
    if not store.has("call_record", "budget_counter", "daily_usage"):
        return verdict.not_applicable("no ledger tables")
    adjusted = adjustments(store)
    spent = store.one("SELECT spent_nano FROM budget_counter WHERE scope = 0 AND id = '' AND "
                      "duration = ''") or 0
    if not archived(store):
        records = store.one("SELECT coalesce(sum(cost_nano), 0) FROM call_record")
        verdict.equal("counter of everything", spent, records + adjusted[0, "", "", 0])
        daily = store.one("SELECT coalesce(sum(spend_nano), 0) FROM daily_usage")
        verdict.equal("daily sums", daily, records)
    for row in store.rows("SELECT call_id, cost_nano, reserved_nano FROM call_record WHERE "
                          "cost_nano < 0 OR reserved_nano < 0"):
        verdict.breach(f"call {row['call_id']} has a negative amount")
    _check_adjustments(store, verdict)


def _check_adjustments(store, verdict):
    if not store.has("adjustment", "adjustment_line"):
        return
    for row in store.rows("SELECT l.adjustment_id FROM adjustment_line l LEFT JOIN adjustment a "
                          "ON a.id = l.adjustment_id WHERE a.id IS NULL"):
        verdict.breach(f"a line of the adjustment {row[0]!r}, which does not exist")
    for row in store.rows("SELECT a.id, a.kind, a.amount_nano, l.* FROM adjustment a JOIN "
                          "adjustment_line l ON l.adjustment_id = a.id WHERE a.kind IN "
                          "('refund', 'import')"):
        wanted = -row["amount_nano"] if row["kind"] == "refund" else row["amount_nano"]
        verdict.equal(f"adjustment {row['adjustment_id']!r} of scope {row['scope']}",
                      row["delta_nano"], wanted)


def check_i2(context, verdict):
    """Counters and daily sums equal the records, for every scope, id and period."""
    store = context.store
    if not store.has("call_record", "budget_counter", "daily_usage"):
        return verdict.not_applicable("no ledger tables")
    if archived(store):
        return verdict.not_applicable(ARCHIVED)
    posted, adjusted = posted_in(context), adjustments(store)
    for text in posted.bad:
        verdict.breach(text)
    _check_counters(store, verdict, posted, adjusted)
    _check_daily(store, verdict)
    if store.has("daily_tag_usage"):
        _check_daily_tags(store, verdict)
    _check_coarse(store, verdict)


def _check_counters(store, verdict, posted, adjusted):
    seen = set()
    for row in store.rows("SELECT * FROM budget_counter"):
        scope, name, duration, start = (row["scope"], row["id"], row["duration"],
                                        row["period_start_ns"])
        what = f"counter of {name_of(scope, name, duration)}"
        seen.add((scope, name, duration))
        end = row["period_end_ns"]
        if duration == "":
            verdict.holds(start == 0 and end is None, f"{what}: a lifetime with bounds")
            wanted = posted.lifetime[scope, name]
        else:
            verdict.holds(end is None or end > start, f"{what}: its period ends before it begins")
            wanted = posted.windows[scope, name, duration, start]
            later = [key[3] for key in posted.windows
                     if key[:3] == (scope, name, duration) and key[3] > start]
            verdict.holds(not later, f"{what}: it stands in the period of {start}, calls were "
                                     f"charged to {max(later, default=0)}")
        wanted += adjusted[scope, name, duration, start]
        if duration == "" and (scope in OPTIONAL or (scope, name) == MASTER):
            verdict.holds(row["spent_nano"] <= wanted, f"{what}: {row['spent_nano']}, calls cost "
                                                       f"{wanted}")
        else:
            verdict.equal(what, row["spent_nano"], wanted)
    for (scope, name), amount in posted.lifetime.items():
        if amount and scope not in OPTIONAL and (scope, name) != MASTER and \
                (scope, name, "") not in seen:
            verdict.breach(f"no counter of {name_of(scope, name, '')}, {amount} were posted")
    for (scope, name, duration, _), amount in posted.windows.items():
        if amount and (scope, name, duration) not in seen:
            verdict.breach(f"no counter of {name_of(scope, name, duration)}, {amount} were posted")


_SUMS = """sum(cost_nano), sum(prompt_tokens), sum(completion_tokens), sum(cache_read_tokens),
  sum(cache_write_tokens + cache_write_1h_tokens), sum(reasoning_tokens), count(*),
  sum(status = 'answered'), sum(status <> 'answered')"""
_DATE = "date(started_at_ns / 1000000000, 'unixepoch')"


def _compare_daily(verdict, what, found, wanted):
    for key in found.keys() | wanted.keys():
        have, want = found.get(key), wanted.get(key)
        verdict.checked += 1
        if have is None or want is None or have[:7] != want[:7]:
            verdict.breach(f"{what} {[part for part in key if part]}: {have}, should be {want}")
        elif have[7] + have[8] != have[6]:
            verdict.breach(f"{what} {key}: {have[7]} and {have[8]} are not {have[6]} requests")


def _daily_rows(store, table, key):
    sql = f"SELECT {', '.join(key)}, {', '.join(USAGE_SUMS)} FROM {table}"
    return {tuple(row)[:len(key)]: tuple(row)[len(key):] for row in store.rows(sql)}


def _all_equal(store, table, key, wanted):
    """Whether the table holds exactly the rows of the query `wanted`, whose first columns are the
    key: asked of the engine, because there may be a million. The number of rows, else None."""
    names = [*key, *USAGE_SUMS]
    same = " AND ".join(f"d.{name} = w.{name}" for name in names)
    sql = (f"WITH w ({', '.join(names)}) AS ({wanted}) SELECT count(*), count(d.date) FROM w LEFT "
           f"JOIN {table} d ON {same}")
    groups, found = next(iter(store.rows(sql)))
    return groups if groups == found == store.one(f"SELECT count(*) FROM {table}") else None


def _check_rows(store, verdict, table, key, sql):
    equal = _all_equal(store, table, key, sql)
    if equal is not None:
        verdict.checked += equal
        return
    wanted = {tuple(row)[:len(key)]: tuple(row)[len(key):] for row in store.rows(sql)}
    _compare_daily(verdict, table.replace("_", " "), _daily_rows(store, table, key), wanted)


_MONDAY = "date(date, 'weekday 0', '-6 days')"

# Coarse tables: what they are the sums of.
COARSE = (
    ("daily_key_usage", "daily_usage", ("date",) + tuple(name for name in DIMENSIONS
                                                         if name != "end_user")),
    ("daily_model_usage", "daily_usage", ("date", "model", "model_group", "provider",
                                          "call_type")),
    ("daily_tag_total", "daily_tag_usage", ("date", "tag")),
)
# Totals: the smallest table that is held against the finest one already.
TOTALS = (
    ("daily_scope_total", 2, "date", "team_id", "daily_key_usage"),
    ("daily_scope_total", 4, "date", "user_id", "daily_key_usage"),
    ("daily_scope_total", 5, "date", "api_key", "daily_key_usage"),
    ("daily_scope_total", 6, "date", "end_user", "daily_usage WHERE end_user <> ''"),
    ("weekly_scope_total", 5, _MONDAY, "id", "daily_scope_total WHERE scope = 5"),
    ("weekly_scope_total", 6, _MONDAY, "id", "daily_scope_total WHERE scope = 6"),
)


def _check_coarse(store, verdict):
    sums = ", ".join(f"sum({name})" for name in USAGE_SUMS)
    for table, fine, key in COARSE:
        if store.has(table, fine):
            names = ", ".join(key)
            _check_rows(store, verdict, table, key,
                        f"SELECT {names}, {sums} FROM {fine} GROUP BY {names}")
    if not store.has("daily_scope_total", "weekly_scope_total"):
        return
    for table, scope, day, column, fine in TOTALS:
        _check_rows(store, verdict, f"(SELECT * FROM {table} WHERE scope = {scope})",
                    ("date", "id"),
                    f"SELECT {day}, {column}, {sums} FROM {fine} GROUP BY {day}, {column}")


def _check_daily(store, verdict):
    key = ("date",) + DIMENSIONS
    sql = (f"SELECT {_DATE}, {', '.join(DIMENSIONS)}, {_SUMS} FROM call_record GROUP BY "
           + ", ".join(str(number + 1) for number in range(len(key))))
    _check_rows(store, verdict, "daily_usage", key, sql)


def _check_daily_tags(store, verdict):
    key = ("date", "tag") + DIMENSIONS
    own = ", ".join(f"r.{name}" for name in DIMENSIONS)
    sql = (f"SELECT {_DATE}, t.value, {own}, {_SUMS} FROM call_record r JOIN "
           "(SELECT DISTINCT c.seq AS seq, j.value AS value FROM call_record c, "
           "json_each(c.tags) j) t ON t.seq = r.seq GROUP BY "
           + ", ".join(str(number + 1) for number in range(len(key))))
    _check_rows(store, verdict, "daily_tag_usage", key, sql)


def check_i3(context, verdict):
    """Open reservations: none negative, none forgotten."""
    store, options = context.store, context.options
    if not store.has("open_reservation"):
        return verdict.not_applicable("no table open_reservation")
    settled = {entry.call_id for entry in store.tail.settlements}
    open_now = {}
    for row in store.rows("SELECT call_id, amount_nano, started_at_ns FROM open_reservation"):
        open_now[row["call_id"]] = (row["amount_nano"], row["started_at_ns"])
    for call_id, entry in store.tail.reservations.items():
        open_now[call_id] = (entry.amount, entry.facts["started_at_ns"])
    pending = 0
    for call_id, (amount, started) in open_now.items():
        verdict.holds(amount >= 0, f"call {call_id} reserves {amount}")
        if call_id in settled:
            continue
        pending += amount
        age = (options.now_ns - started) / 1e9
        verdict.holds(age <= options.max_age_s, f"call {call_id} is reserved for {age:.0f} s")
        if options.quiet:
            verdict.breach(f"call {call_id} is still reserved, and nothing runs any more")
    verdict.checked += 1
    context.figures["pending_nano"] = pending
    context.figures["open_reservations"] = len(open_now.keys() - settled)


def caps(store):
    """Hard caps by counter: (scope, id, duration) -> nano, from the tables of identities."""
    out = {}
    for scope, table, column in ((1, "organization", "organization_id"), (2, "team", "team_id"),
                                 (4, "user_account", "user_id"), (6, "end_user", "user_id"),
                                 (7, "tag", "name")):
        if store.has(table):
            _own_caps(store, table, lambda row, s=scope, c=column: (s, row[c]), out)
    if store.has("virtual_key"):
        _own_caps(store, "virtual_key", lambda row: (5, row["account"]), out,
                  "WHERE replaced_by IS NULL")
        _model_caps(store, "virtual_key", "account", 11, out)
    if store.has("team"):
        _model_caps(store, "team", "team_id", 12, out)
    if store.has("team_member"):
        _own_caps(store, "team_member",
                  lambda row: (3, row["team_id"] + SEPARATOR + row["user_id"]), out)
        _member_caps(store, out)
    return out


def _own_caps(store, table, key, out, where=""):
    budgets = {row["budget_id"]: row for row in store.rows("SELECT * FROM budget")} \
        if store.has("budget") else {}
    for row in store.rows(f"SELECT * FROM {table} {where}"):
        shared = budgets.get(row["budget_id"])
        cap, duration = row["max_budget_nano"], row["budget_duration"]
        anchored = row["budget_anchor_ns"]
        if shared is not None:
            cap = shared["max_budget_nano"] if cap is None else cap
            duration = duration or shared["budget_duration"]
            anchored = anchored or shared["budget_anchor_ns"]
        raised = row["temp_budget_increase_nano"] if "temp_budget_increase_nano" in row.keys() \
            else None
        if cap is not None:
            _add_cap(out, key(row) + (duration or "",), cap + (raised or 0))
        for limit in json.loads(row["budget_limits"]):
            _add_cap(out, key(row) + (limit.get("duration") or "",), limit["max_nano"])


def _add_cap(out, key, cap):
    """Several bounds of one period hold at once."""
    out[key] = min(cap, out.get(key, cap))


def _member_caps(store, out):
    """What a team gives to members without a budget of their own."""
    for row in store.rows("SELECT m.team_id, m.user_id, t.member_max_budget_nano AS cap, "
                          "t.member_budget_duration AS duration FROM team_member m JOIN team t "
                          "USING (team_id) WHERE m.max_budget_nano IS NULL AND m.budget_id IS NULL "
                          "AND t.member_max_budget_nano IS NOT NULL"):
        _add_cap(out, (3, row["team_id"] + SEPARATOR + row["user_id"], row["duration"] or ""),
                 row["cap"])


def _model_caps(store, table, column, scope, out):
    for row in store.rows(f"SELECT {column}, model_max_budget FROM {table} WHERE "
                          "model_max_budget <> '{}'"):
        for model, limit in json.loads(row["model_max_budget"]).items():
            cap = limit.get("max_nano") if isinstance(limit, dict) else None
            if cap is not None:
                out[scope, row[column] + SEPARATOR + model, limit.get("duration") or ""] = cap


def check_i4(context, verdict):
    """Nothing was posted beyond a hard cap, in any period; posted and pending fit in the present
    one. The order of reservations over several journals is not known: this looks at the end."""
    store, options = context.store, context.options
    if not store.has("call_record", "budget_counter") or not store.has("virtual_key"):
        return verdict.not_applicable("no tables of budgets")
    limits, posted, over = caps(store), posted_in(context), 0
    if not limits:
        context.figures["O"] = 0
        return verdict.not_applicable("no hard budget is set")
    adjusted = adjustments(store)
    sums = {(scope, name, "", 0): amount for (scope, name), amount in posted.lifetime.items()}
    sums.update(posted.windows)
    for (scope, name, duration, start), amount in sums.items():
        cap = limits.get((scope, name, duration))
        if cap is None:
            continue
        given = adjusted[scope, name, duration, start]
        # What an import brought cannot be held against the calls behind it.
        beyond = min(amount + given - cap, amount) if given > 0 else amount + given - cap
        excess = posted.excess[scope, name, duration, start]
        over += max(0, beyond)
        allowed = options.allow_over_nano + excess
        verdict.holds(options.lenient or beyond <= allowed,
                      f"{name_of(scope, name, duration)} from {start}: {amount + given} posted, "
                      f"the cap is {cap}")
    context.figures["O"] = over
