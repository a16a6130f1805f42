/// The schema over restarts, kills (faults.md A10) and foreign versions.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

#include "sqlite/fault_test_support.hpp"

namespace gatehouse::database::sqlite {

namespace {
std::string schema_of(Database& database) {
  auto rows = database.read([](Connection& connection) {
    return rows_of(connection, "SELECT type || ' ' || name FROM sqlite_schema ORDER BY 1");
  });
  std::string all;
  if (rows) {
    for (const std::string& row : *rows) all += row + "; ";
  }
  return all;
}

constexpr std::string_view kWholeSchema =
    "index entry_note; table entry; table schema_migration; table total; view balance; ";

core::Result<std::unique_ptr<Database>> open_with(const std::string& file,
                                                  std::span<const Migration> migrations) {
  return SqliteDatabase::open({.file = file, .readers = 1}, {.migrations = migrations});
}

/// Opens a new book in a child that is killed where `arm` says; true when the kill struck.
template <class Arm>
bool killed_while_opening(const std::string& file, Arm arm) {
  const pid_t child = ::fork();
  if (child == 0) {
    FaultVfs vfs;
    Foundation foundation{.migrations = kBook, .vfs = vfs.name()};
    arm(vfs, foundation);
    auto book = SqliteDatabase::open({.file = file, .readers = 1}, foundation);
    ::_exit(book ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return false;
}

/// After the kill the schema consists of whole migrations, and the next start completes it.
void expect_whole(const std::string& file) {
  {
    sqlite3* raw = nullptr;
    ASSERT_EQ(
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr),
        SQLITE_OK);
    const Handle handle(raw);
    const auto applied = applied_migrations(raw);
    ASSERT_TRUE(applied) << applied.error().internal_detail;
    const auto objects =
        read_text(raw, "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'schema_migration'");
    ASSERT_TRUE(objects);
    constexpr std::array kObjects{"0", "2", "4"};
    ASSERT_LT(applied->size(), kObjects.size());
    EXPECT_EQ(*objects, kObjects[applied->size()]);
  }
  auto book = open_book({.file = file, .readers = 1}, nullptr);
  ASSERT_TRUE(book) << book.error().internal_detail;
  EXPECT_EQ(schema_of(**book), kWholeSchema);
  EXPECT_EQ(soundness(**book), "ok");
  EXPECT_TRUE(add_entry(**book, 1, 10));
  EXPECT_EQ(read_book(**book).value_or(-1), 1);
}
}  // namespace

TEST(Migration, AKillAtAnyStatementLeavesWholeMigrations) {
  int kills = 0;
  for (int nth = 1;; ++nth) {
    TestFolder folder;
    const std::string file = folder.file("book.db");
    const bool killed = killed_while_opening(file, [&](FaultVfs&, Foundation& foundation) {
      foundation.before_migration_statement = [left = nth]() mutable {
        if (--left == 0) ::kill(::getpid(), SIGKILL);
      };
    });
    SCOPED_TRACE(nth);
    expect_whole(file);
    if (!killed) break;
    ++kills;
  }
  EXPECT_GE(kills, 13) << "5 statements, 2 rows and the edges of 3 transactions";
}

TEST(Migration, AKillAtAnyAccessToTheDiskLeavesWholeMigrations) {
  int kills = 0;
  for (int nth = 1;; ++nth) {
    TestFolder folder;
    const std::string file = folder.file("book.db");
    const bool killed =
        killed_while_opening(file, [&](FaultVfs& vfs, Foundation&) { vfs.kill(nth); });
    SCOPED_TRACE(nth);
    expect_whole(file);
    if (!killed) break;
    ++kills;
  }
  EXPECT_GT(kills, 25);
}

TEST(Migration, NothingIsAppliedTwice) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  core::ManualClock clock;
  for (int start = 0; start < 3; ++start) {
    clock.advance(core::Seconds(10));
    auto book = SqliteDatabase::open({.file = file, .clock = &clock}, {.migrations = kBook});
    ASSERT_TRUE(book);
    auto rows = (*book)->read([](Connection& connection) {
      return rows_of(connection,
                     "SELECT version, name, applied_ns, length(checksum) FROM schema_migration", {},
                     4);
    });
    ASSERT_TRUE(rows);
    EXPECT_EQ(*rows, (std::vector<std::string>{"1|entries|1767225610000000000|16",
                                               "2|totals|1767225610000000000|16"}));
  }
}

/// Sums that triggers kept until then are there afterwards, and the totals of what was there
/// before.
TEST(Migration, DailySumsOfAnOlderDatabaseGetTotals) {
  TestFolder folder;
  const std::string file = folder.file("gatehouse.db");
  const auto add = [](Connection& connection, std::string_view date, std::string_view end_user) {
    return connection.execute(
        "INSERT INTO daily_usage VALUES (?, 'k', 'u', 't', 'o', ?, 'm', 'g', 'p', 'c', 5, 4, 3, 2,"
        " 1, 0, 1, 1, 0)",
        {date, end_user});
  };
  {
    auto old = SqliteDatabase::open({.file = file}, {.migrations = sqlite_migrations().first(4)});
    ASSERT_TRUE(old) << old.error().internal_detail;
    ASSERT_TRUE((*old)->write([&](Connection& connection) {
      for (const std::string_view date : {"2026-01-04", "2026-01-05", "2026-01-11"}) {
        if (auto added = add(connection, date, "eve"); !added) return added;
      }
      return add(connection, "2026-01-05", "");
    }));
  }
  auto now = SqliteDatabase::open({.file = file}, {.migrations = sqlite_migrations()});
  ASSERT_TRUE(now) << now.error().internal_detail;
  auto rows = (*now)->read([](Connection& connection) {
    return rows_of(connection,
                   "SELECT 'day', scope, date, id, spend_nano, api_requests FROM daily_scope_total"
                   " UNION ALL SELECT 'week', scope, date, id, spend_nano, api_requests"
                   " FROM weekly_scope_total ORDER BY 1, 2, 3",
                   {}, 6);
  });
  ASSERT_TRUE(rows) << rows.error().internal_detail;
  std::vector<std::string> wanted;
  for (const std::string_view name : {"2|D|t", "4|D|u", "5|D|k"}) {
    for (const std::string_view day : {"2026-01-04|5|1", "2026-01-05|10|2", "2026-01-11|5|1"}) {
      std::string line = "day|" + std::string(name);
      line.replace(line.find('D'), 1, day.substr(0, 10));
      wanted.push_back(line + std::string(day.substr(10)));
    }
  }
  for (const char* line :
       {"day|6|2026-01-04|eve|5|1", "day|6|2026-01-05|eve|5|1", "day|6|2026-01-11|eve|5|1",
        "week|5|2025-12-29|k|5|1", "week|5|2026-01-05|k|15|3", "week|6|2025-12-29|eve|5|1",
        "week|6|2026-01-05|eve|10|2"}) {
    wanted.emplace_back(line);
  }
  EXPECT_EQ(*rows, wanted);
  auto triggers = (*now)->read([](Connection& connection) {
    return rows_of(connection,
                   "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE "
                   "'daily%'",
                   {}, 1);
  });
  ASSERT_TRUE(triggers);
  EXPECT_TRUE(triggers->empty()) << triggers->front();
}

TEST(Migration, ANewerVersionContinuesAnOlderOne) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  ASSERT_TRUE(open_with(file, std::span(kBook).first(1)));
  auto book = open_with(file, kBook);
  ASSERT_TRUE(book);
  EXPECT_EQ(schema_of(**book), kWholeSchema);
}

TEST(Migration, AnEmptySetMakesNothing) {
  TestFolder folder;
  auto book = open_with(folder.file("book.db"), {});
  ASSERT_TRUE(book);
  EXPECT_EQ(schema_of(**book), "");
}

TEST(Migration, ANewerSchemaIsRefusedAndUntouched) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  ASSERT_TRUE(open_with(file, kBook));
  auto older = open_with(file, std::span(kBook).first(1));
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, core::Errc::conflict);
  EXPECT_EQ(
      older.error().public_message,
      "the database has schema version 2, this program knows 1: it was used by a newer program");
  EXPECT_TRUE(open_with(file, kBook));
}

TEST(Migration, AChangedOrMissingMigrationIsRefused) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  ASSERT_TRUE(open_with(file, std::span(kBook).first(1)));

  std::array changed = kBook;
  const std::string text = std::string(kBook[0].sql) + " ";
  changed[0].sql = text;
  auto other = open_with(file, changed);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, core::Errc::conflict);
  EXPECT_EQ(other.error().public_message, "migration 1 (entries) was changed after it was applied");

  auto without = open_with(file, std::span(kBook).last(1));
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, core::Errc::conflict);
}

TEST(Migration, AFailingOneIsUndoneAndTellsItsName) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  for (const std::string_view sql :
       {"CREATE TABLE half(id INTEGER); CREATE TABLE entry(id INTEGER)",
        "CREATE TABLE half(id INTEGER); COMMIT", "CREATE TABLE half(id INTEGER); nonsense"}) {
    const std::array broken{kBook[0], Migration{2, "broken", sql}};
    auto opened = open_with(file, broken);
    ASSERT_FALSE(opened) << sql;
    EXPECT_EQ(opened.error().code, core::Errc::internal);
    EXPECT_NE(opened.error().internal_detail.find("migration 2 (broken)"), std::string::npos);
    auto inspected = inspect_sqlite(file);
    ASSERT_TRUE(inspected);
    EXPECT_EQ(inspected->schema_version, 1);
  }
  auto book = open_with(file, kBook);
  ASSERT_TRUE(book) << book.error().internal_detail;
  EXPECT_EQ(schema_of(**book), kWholeSchema);
}

TEST(Migration, TwoProcessesMayStartAtOnce) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  std::array<pid_t, 4> children{};
  for (pid_t& child : children) {
    child = ::fork();
    if (child == 0) ::_exit(open_with(file, kBook) ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  auto book = open_with(file, kBook);
  ASSERT_TRUE(book);
  EXPECT_EQ(schema_of(**book), kWholeSchema);
}

TEST(Migration, TheEmbeddedOnesAreInOrderAndApply) {
  std::int64_t last = 0;
  for (const Migration& migration : sqlite_migrations()) {
    EXPECT_GT(migration.version, last);
    EXPECT_FALSE(migration.sql.empty()) << migration.name;
    last = migration.version;
  }
  TestFolder folder;
  const std::string file = folder.file("a.db");
  auto opened = open_sqlite({.file = file});
  ASSERT_TRUE(opened) << opened.error().public_message << ": " << opened.error().internal_detail;
  auto report = inspect_sqlite(file);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->schema_version, last);
  EXPECT_EQ(report->newest_known, last);
  EXPECT_TRUE(report->problems.empty());

  // A view is not checked when it is made.
  auto views = (*opened)->read([](Connection& connection) {
    return rows_of(connection, "SELECT name FROM sqlite_schema WHERE type = 'view'");
  });
  ASSERT_TRUE(views);
  for (const std::string& view : *views) {
    auto read = (*opened)->read([&](Connection& connection) {
      return rows_of(connection, "SELECT 1 FROM \"" + view + "\" LIMIT 0");
    });
    EXPECT_TRUE(read) << view << ": " << read.error().internal_detail;
  }
}

TEST(Migration, TheChecksumIsFnv1a) {
  EXPECT_EQ(checksum_of("foobar"), "85944171f73967e8");
}

}  // namespace gatehouse::database::sqlite
