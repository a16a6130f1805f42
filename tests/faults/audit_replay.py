"""Replays the log of administrative changes and compares the outcome with the tables.

A change and its row in audit_log are one transaction, so what the log says last of an object is
how the object is: a change without its row, or a row without its change, shows as a difference.
"""

import json

# Each table that is administered, and the column by which its log names an object.
TABLES = {"budget": "budget_id", "end_user": "user_id", "organization": "organization_id",
          "stored_model": "model_id", "tag": "name", "team": "team_id",
          "user_account": "user_id", "virtual_key": "token"}
# Rows that the schema begins with: nobody made them.
GIVEN = {("organization", "default")}
# The log has the names of these parameters alone: they may be secret.
WITHHELD = {"litellm_params"}


def _plain(value):
    """As the log has it: booleans are numbers in a table, lists and objects are texts."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value


def _wanted(database, table):
    """What the log says: {id: the object, or None when it was removed}."""
    key, state = TABLES[table], {}
    for object_id, before, after in database.execute(
            "SELECT object_id, before_value, after_value FROM audit_log WHERE table_name = ? "
            "ORDER BY rowid", (table,)):
        after = json.loads(after)
        if after is None:
            state[json.loads(before)[key]] = None
            continue
        # A key that was regenerated has another id than before.
        state[object_id] = None
        state[after[key]] = after
    return state


def _rows(database, table):
    """What is there: {id: {column: value}}. Old texts of keys that are still good are copies."""
    only = " WHERE replaced_by IS NULL" if table == "virtual_key" else ""
    cursor = database.execute(f"SELECT * FROM {table}{only}")
    names = [column[0] for column in cursor.description]
    return {row[names.index(TABLES[table])]: dict(zip(names, row)) for row in cursor}


def _members(database):
    """Lists of members whose last logged state differs from the table."""
    last = dict(database.execute("SELECT object_id, after_value FROM audit_log WHERE table_name = "
                                 "'team_member' ORDER BY rowid"))
    for team, wanted in last.items():
        found = dict(database.execute("SELECT user_id, role FROM team_member WHERE team_id = ?",
                                      (team,)))
        if found and found != json.loads(wanted):
            yield f"team {team} has the members {found}, the log says {wanted}"


def differences(database):
    """Each object that is not as the log says, as a text."""
    found = list(_members(database))
    for table in TABLES:
        wanted, rows = _wanted(database, table), _rows(database, table)
        for name in wanted.keys() | rows.keys():
            logged, row = wanted.get(name), rows.get(name)
            if name not in wanted and (table, name) in GIVEN:
                continue
            if logged is None or row is None:
                if logged is not None or row is not None:
                    found.append(f"{table} {name} is {'there' if row else 'not there'}, the log "
                                 f"says otherwise")
                continue
            for column, value in row.items():
                if column not in WITHHELD and _plain(value) != _plain(logged.get(column)):
                    found.append(f"{table} {name}: {column} is {value!r}, the log says "
                                 f"{logged.get(column)!r}")
    return found
