"""Row A10 of faults.md: the process ends at any call of a start that brings the schema up to date.
What it leaves is a whole version, and the next start finishes. (Each statement of a migration:
src/database/sqlite/migration_test.cpp.)"""

import hashlib
import shutil
import sqlite3
import unittest
from collections import Counter

from faulty_libc import LIBRARY, FaultyLibc
from ledger_support import LedgerTest, number_from
from support import harness

MIGRATIONS = sorted((harness.ROOT / "src/database/migrations/sqlite").glob("*.sql"))
# Of each start, evenly spread over its calls; all of them when there are fewer.
KILLS = number_from("GATEHOUSE_MIGRATION_KILLS", 25)
MANY = 1_000_000
# The version before the sums by day and by scope, which later ones compute from what is there.
OLD = 3
CALLS = 12


def checksum(text):
    """FNV-1a, as the server has it."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return f"{value:016x}"


def migrate(database, version):
    """As a server of that version would have left it."""
    database.execute("CREATE TABLE IF NOT EXISTS schema_migration(version INTEGER PRIMARY KEY, "
                     "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ns INTEGER NOT NULL) "
                     "STRICT")
    for file in MIGRATIONS[:version]:
        text = file.read_text()
        database.executescript(text)
        number, _, name = file.stem.partition("_")
        database.execute("INSERT INTO schema_migration VALUES(?, ?, ?, 0)",
                         (int(number), name, checksum(text)))


def schema_of(database):
    return set(database.execute("SELECT type, name, sql FROM sqlite_schema"))


def content_of(database):
    """{table: its rows}, of all that an operator has."""
    tables = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND "
        "name NOT IN ('schema_migration', 'journal_position')")]
    return {table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=str)
            for table in tables}


def copy_rows(source, target):
    """What the older schema has a place for."""
    tables = [row[0] for row in target.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migration'")]
    for table in tables:
        columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        target.executemany(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})",
                           source.execute(f"SELECT {names} FROM {table}"))


@unittest.skipUnless(LIBRARY, "the library that injects faults is not built with sanitizers")
class MigrationTest(LedgerTest):
    settings = {"server": {"threads": 1}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schemas = []
        for version in range(len(MIGRATIONS) + 1):
            database = sqlite3.connect(":memory:", isolation_level=None)
            migrate(database, version)
            cls.schemas.append(schema_of(database))
            database.close()

    def open(self, folder):
        return sqlite3.connect(folder / "gatehouse.db", isolation_level=None)

    def state(self, folder):
        """(the version, the rows); fails when it is half a version."""
        database = self.open(folder)
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
            schema = schema_of(database)
            if not schema:
                return 0, {}
            versions = [row[0] for row in database.execute(
                "SELECT version FROM schema_migration ORDER BY version")]
            self.assertEqual(versions, list(range(1, len(versions) + 1)))
            self.assertEqual(schema, self.schemas[len(versions)], "half a version")
            return len(versions), content_of(database)
        finally:
            database.close()

    def state_of_copy(self):
        """Looking would change what the next start finds."""
        copy = self.folder / "copy"
        shutil.copytree(self.data, copy)
        try:
            return self.state(copy) if (copy / "gatehouse.db").exists() else (0, {})
        finally:
            shutil.rmtree(copy)

    def make_data(self):
        """A folder with keys, a team and calls. Returns (its rows, the key)."""
        self.start()
        team = self.admin("/team/new", {"max_budget": 5})["team_id"]
        key = self.new_key(max_budget=1, team_id=team, budget_duration="30d")
        for number in range(CALLS):
            answer = self.gateway.chat(f"fake/tokens={number + 1}", max_tokens=40, headers={
                "Authorization": f"Bearer {key}"}, user=f"customer-{number % 3}",
                metadata={"tags": ["blue", f"tag-{number % 2}"]})
            self.assertEqual(answer.status, 200, answer)
        self.admin("/key/regenerate", {"key": self.new_key(key_alias="regenerated")})
        self.quiet()
        self.gateway.stop()
        return self.state(self.data)[1], key

    def make_older(self, version):
        newer = self.folder / "newer.db"
        (self.data / "gatehouse.db").rename(newer)
        source, target = sqlite3.connect(newer), self.open(self.data)
        target.execute("PRAGMA journal_mode = WAL")
        migrate(target, version)
        copy_rows(source, target)
        source.close()
        target.close()

    def begin(self, original, libc, kill_at_call):
        """Starts on a copy of a folder; True when it gets ready."""
        shutil.rmtree(self.data, ignore_errors=True)
        if original is not None:
            shutil.copytree(original, self.data)
        libc.set(kill_at_call=kill_at_call)
        self.start(env=libc.environment, wait=False)
        return self.gateway.program.wait_for_end_or_line("gatehouse is ready")

    def killed(self, original, goes_on):
        """Kills at calls of a start; `goes_on` looks at the server after the next start. Returns
        what there was to tell."""
        libc = FaultyLibc(self.folder)
        self.assertTrue(self.begin(original, libc, MANY))
        calls = MANY - libc.get("kill_at_call")
        self.gateway.stop()
        kills = min(KILLS, calls)
        found = Counter()
        for number in range(kills):
            ready = self.begin(original, libc, 1 + number * calls // kills)
            if not ready:
                self.assertEqual(self.gateway.program.wait(10), -9)
            # The last calls are of threads of their own, before or after it is ready.
            self.gateway.stop()
            version, _ = self.state_of_copy()
            found[version] += 1
            self.start()
            goes_on()
            self.gateway.stop()
            self.assertEqual(self.state(self.data)[0], len(MIGRATIONS))
        print(f"A10: {self.id().rpartition('.')[2]}: {calls} calls, {kills} kills, versions left "
              f"{dict(found)}")
        return found

    def test_a10_killed_during_the_first_start(self):
        found = self.killed(
            None, lambda: self.assertEqual(self.gateway.chat("chat").status, 200))
        self.assertGreater(len(found), 3)

    def test_a10_killed_during_a_start_on_an_older_folder(self):
        rows, key = self.make_data()
        self.make_older(OLD)
        original = self.folder / "original"
        shutil.copytree(self.data, original)

        def goes_on():
            database = self.open(self.data)
            try:
                found = content_of(database)
            finally:
                database.close()
            for table, wanted in rows.items():
                self.assertEqual(found[table], wanted, table)
            answer = self.gateway.chat("chat", headers={"Authorization": f"Bearer {key}"})
            self.assertEqual(answer.status, 200, answer)

        found = self.killed(original, goes_on)
        self.assertGreater(len(found), 3)
        self.assertIn(OLD, found)

    def test_a10_a_newer_folder_is_refused_and_left_as_it_is(self):
        self.make_data()
        database = self.open(self.data)
        database.execute("INSERT INTO schema_migration VALUES(99, 'later', 'x', 0)")
        database.close()
        before = hashlib.sha256((self.data / "gatehouse.db").read_bytes()).hexdigest()
        self.start(wait=False)
        self.assertEqual(self.gateway.program.wait(10), 1)
        self.assertIn("used by a newer program", self.gateway.program.output())
        self.assertEqual(hashlib.sha256((self.data / "gatehouse.db").read_bytes()).hexdigest(),
                         before)


if __name__ == "__main__":
    unittest.main()
