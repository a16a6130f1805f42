"""I5, I6, I9, I13, I14: each call has one record, and the record names what it was judged by."""

from collections import Counter

# What a record says when the fault was ours or the upstream's.
INFRASTRUCTURE = {"unavailable", "io", "internal", "upstream_failed", "upstream_timeout"}
JUDGEMENTS = {401, 402, 403, 429}


def check_i5(context, verdict):
    """Accepted ids and terminal records match one to one; ids are never empty."""
    store = context.store
    if not store.has("call_record", "open_reservation"):
        return verdict.not_applicable("no ledger tables")
    for problem in store.tail.problems:
        verdict.breach(problem)
    ids = Counter(row[0] for row in store.rows("SELECT call_id FROM call_record"))
    verdict.checked += len(ids)
    for call_id, times in ids.items():
        if not call_id:
            verdict.breach("a record without a call id")
        if times > 1:
            verdict.breach(f"call {call_id} has {times} records")
    open_rows = {row[0] for row in store.rows("SELECT call_id FROM open_reservation")}
    for call_id in open_rows & ids.keys():
        verdict.breach(f"call {call_id} has a record and is still open")
    _check_applied(store, verdict, ids)
    _check_pending(store, verdict, ids, open_rows)
    _check_sequence(store, verdict)
    _check_unknown(store, verdict)
    lost = _check_answers(context, verdict, ids)
    if context.options.quiet:
        lost += len((open_rows | store.tail.reservations.keys()) -
                    {entry.call_id for entry in store.tail.settlements})
    context.figures["L"] = lost


def _check_applied(store, verdict, ids):
    """What lies before the database's position in a journal is in the database."""
    first = store.one("SELECT min(ended_at_ns) FROM call_record") or 0
    archived = (store.one("SELECT min(seq) FROM call_record") or 1) > 1
    for writer, position, entry in store.tail.applied:
        verdict.checked += 1
        if entry.call_id not in ids and not (archived and entry.outcome["ended_at_ns"] <= first):
            verdict.breach(f"call {entry.call_id} stands in journal {writer} before the applied "
                           "position, and has no record")


def _check_pending(store, verdict, ids, open_rows):
    """What lies behind the position is not in the database yet, and is a settlement of something
    that was reserved, unless it cost nothing."""
    reserved = set(open_rows)
    for segments in store.writers.values():
        for segment in segments:
            reserved |= {entry.call_id for _, entry in segment.frames if entry.kind == 1}
    for entry in store.tail.settlements:
        verdict.checked += 1
        if entry.call_id in ids:
            verdict.breach(f"call {entry.call_id} has a record and is to be applied again")
        if entry.outcome["cost_nano"] and entry.call_id not in reserved:
            verdict.breach(f"call {entry.call_id} costs {entry.outcome['cost_nano']} and was never "
                           "reserved")


def _check_sequence(store, verdict):
    """Records are numbered without a hole: one that went away shows."""
    row = store.database.execute("SELECT min(seq), max(seq), count(*) FROM call_record").fetchone()
    if row[2]:
        verdict.equal("records from the first to the last number", row[2], row[1] - row[0] + 1)


def _check_unknown(store, verdict):
    """A call whose cost nobody knows is on the list of those to find out about."""
    if not store.has("reconciliation"):
        return
    rows = {row["call_id"]: row for row in store.rows("SELECT * FROM reconciliation")}
    for record in store.rows("SELECT call_id, cost_nano, reserved_nano FROM call_record WHERE "
                             "status = 'unknown'"):
        verdict.checked += 1
        row = rows.get(record["call_id"])
        if row is None:
            verdict.breach(f"call {record['call_id']} is unknown and not listed for "
                           "reconciliation")
        elif row["state"] == "open" and record["cost_nano"] != row["reserved_nano"]:
            verdict.breach(f"call {record['call_id']} is open at {row['reserved_nano']} and "
                           f"charged {record['cost_nano']}")
        elif row["state"] == "resolved" and record["cost_nano"] != row["actual_nano"]:
            verdict.breach(f"call {record['call_id']} was found to cost {row['actual_nano']} and "
                           f"is charged {record['cost_nano']}")


def _check_answers(context, verdict, ids):
    """Every answer that a client got has its record."""
    known = ids.keys() | {entry.call_id for entry in context.store.tail.settlements}
    lost = 0
    for answer in context.options.answers:
        verdict.checked += 1
        if answer.get("call_id") and answer.get("delivered", True) and \
                answer["call_id"] not in known:
            lost += 1
            verdict.breach(f"call {answer['call_id']} was answered and has no record")
    return lost


def check_i6(context, verdict):
    """The audit trail has no hole. Until there is a chain: its rows are whole and unique."""
    store = context.store
    if not store.has("audit_log"):
        return verdict.not_applicable("no table audit_log")
    columns = store.columns("audit_log")
    gaps = 0
    for row in store.rows("SELECT id, count(*) FROM audit_log GROUP BY id HAVING count(*) > 1 OR "
                          "id = ''"):
        verdict.breach(f"audit row {row[0]!r} occurs {row[1]} times")
    for row in store.rows("SELECT id FROM audit_log WHERE action = '' OR table_name = '' OR "
                          "updated_at_ns <= 0"):
        gaps += 1
        verdict.breach(f"audit row {row[0]!r} does not say what happened")
    sequence = next((name for name in ("seq", "sequence") if name in columns), None)
    if sequence:
        low, high, count = store.database.execute(
            f"SELECT min({sequence}), max({sequence}), count(*) FROM audit_log").fetchone()
        if count and high - low + 1 != count:
            gaps += high - low + 1 - count
            verdict.breach(f"{high - low + 1 - count} holes in the audit sequence")
        context.figures["G"] = gaps
    elif not verdict.count:
        return verdict.not_applicable("the audit log has no sequence and no chain yet")
    verdict.checked += 1


def check_i9(context, verdict):
    """Per (whose, idempotency key) at most one call, with at most one posting."""
    store = context.store
    if not store.has("idempotency_key", "call_record"):
        return verdict.not_applicable("no table idempotency_key")
    for row in store.rows("SELECT scope, key, count(*) FROM idempotency_key GROUP BY scope, key "
                          "HAVING count(*) > 1"):
        verdict.breach(f"key {row[1]!r} has {row[2]} calls")
    for row in store.rows("SELECT call_id, count(*) FROM idempotency_key GROUP BY call_id HAVING "
                          "count(*) > 1"):
        verdict.breach(f"call {row[0]} belongs to {row[1]} keys")
    settled = {entry.call_id for entry in store.tail.settlements}
    for row in store.rows("SELECT i.key, i.state, i.call_id, r.call_id IS NOT NULL AS recorded "
                          "FROM idempotency_key i LEFT JOIN call_record r USING (call_id)"):
        verdict.checked += 1
        if row["state"] == "completed" and not row["recorded"] and row["call_id"] not in settled:
            verdict.breach(f"key {row['key']!r} is completed, its call {row['call_id']} has no "
                           "record")
        if row["state"] == "started" and context.options.quiet:
            verdict.breach(f"key {row['key']!r} is still started, and nothing runs any more")
    for row in store.rows("SELECT request_id, count(*) AS n, sum(cost_nano) AS s FROM call_record "
                          "WHERE cost_nano > 0 AND request_id <> '' GROUP BY request_id "
                          "HAVING count(*) > 1"):
        verdict.breach(f"the upstream's answer {row[0]} was posted {row['n']} times")


def check_i13(context, verdict):
    """Infrastructure trouble is 5xx, never a judgement on the caller."""
    store = context.store
    if not store.has("call_record"):
        return verdict.not_applicable("no table call_record")
    marks = ", ".join(f"'{name}'" for name in sorted(INFRASTRUCTURE))
    for row in store.rows("SELECT call_id, error_class, http_status FROM call_record WHERE "
                          f"error_class IN ({marks}) AND http_status IN (401, 402, 403)"):
        verdict.breach(f"call {row[0]}: {row[1]} was answered with {row[2]}")
    for answer in context.options.answers:
        if answer.get("infrastructure"):
            verdict.holds(answer["status"] not in JUDGEMENTS,
                          f"{answer.get('call_id') or 'a call'} got {answer['status']} while the "
                          "infrastructure was in trouble")
    verdict.checked += 1


def check_i14(context, verdict):
    """Whatever cost something names the prices it was computed with, and they exist."""
    store, known = context.store, context.options.price_versions
    if not store.has("call_record"):
        return verdict.not_applicable("no table call_record")
    for row in store.rows("SELECT price_version, count(*), sum(cost_nano), min(call_id) FROM "
                          "call_record WHERE cost_nano > 0 GROUP BY price_version"):
        verdict.holds(row[0] != "", f"{row[1]} charged calls name no price version: {row[3]}, ...")
        if known is not None and row[0]:
            verdict.holds(row[0] in known, f"{row[1]} calls name the price version {row[0]!r}, "
                                           f"which is not known: {row[3]}, ...")
    for row in store.rows("SELECT call_id, tags, windows, client_metadata FROM call_record WHERE "
                          "NOT json_valid(tags) OR NOT json_valid(windows)"):
        verdict.breach(f"call {row[0]} has lists that are no JSON")
