/// What is SQLite's own: settings, locks of other processes, the log's growth, copies.

#include "sqlite/sqlite_database.hpp"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "sqlite/fault_test_support.hpp"

namespace gatehouse::database::sqlite {

namespace {
/// A connection of another program.
class Stranger {
 public:
  explicit Stranger(const std::string& file) {
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
    handle_.reset(raw);
  }
  void run(const char* sql) {
    auto done = run_script(handle_.get(), sql);
    EXPECT_TRUE(done) << sql;
  }

 private:
  Handle handle_;
};

class SqliteTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open(DatabaseOptions options = {}) {
    options.file = file_;
    auto opened = open_book(std::move(options), nullptr);
    EXPECT_TRUE(opened) << opened.error().internal_detail;
    return opened ? std::move(*opened) : nullptr;
  }
  TestFolder folder_;
  std::string file_ = folder_.file("book.db");
};
}  // namespace

TEST_F(SqliteTest, SettingsHoldOnEveryConnection) {
  for (const bool sync : {false, true}) {
    for (const Role role : {Role::writer, Role::reader}) {
      auto handle = open_handle({.file = file_, .role = role, .sync_commits = sync});
      ASSERT_TRUE(handle) << handle.error().internal_detail;
      const auto setting = [&](const std::string& name) {
        return read_text(handle->get(), "PRAGMA " + name).value_or("?");
      };
      EXPECT_EQ(setting("journal_mode"), "wal");
      EXPECT_EQ(setting("synchronous"), sync ? "2" : "1");
      EXPECT_EQ(setting("foreign_keys"), "1");
      EXPECT_EQ(setting("mmap_size"), "0");
      EXPECT_EQ(setting("temp_store"), "2");
      EXPECT_EQ(setting("wal_autocheckpoint"), "0");
      EXPECT_EQ(setting("query_only"), role == Role::reader ? "1" : "0");
      EXPECT_EQ(setting("trusted_schema"), "0");
      EXPECT_EQ(setting("busy_timeout"), "5000");
    }
  }
}

TEST_F(SqliteTest, ASettingThatDoesNotHoldIsAnError) {
  // A temporary file has no such setting.
  auto handle = open_handle({.file = "", .vfs = "unix"});
  ASSERT_FALSE(handle);
  EXPECT_EQ(handle.error().code, core::Errc::internal);
  EXPECT_NE(handle.error().internal_detail.find("PRAGMA mmap_size=0 reads"), std::string::npos)
      << handle.error().internal_detail;
}

TEST_F(SqliteTest, TheFilesBelongToTheirOwnerAlone) {
  auto book = open();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((file_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SqliteTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(file_) << std::string(5'000, 'x');
  auto opened = open_book({.file = file_}, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, core::Errc::io);
  EXPECT_EQ(opened.error().public_message, "the database is damaged");
  auto missing = open_book({.file = folder_.file("no/such/folder.db")}, nullptr);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, core::Errc::io);
  EXPECT_EQ(missing.error().public_message.find("folder"), std::string::npos);
}

/// faults.md B9.
TEST_F(SqliteTest, TheLockOfAnotherProcessIsWaitedForWithinBounds) {
  auto book = open({.busy_timeout = core::Millis(50)});
  Stranger stranger(file_);
  stranger.run("BEGIN IMMEDIATE");
  const core::SystemClock clock;
  const auto before = clock.monotonic();
  auto added = add_entry(*book, 1, 10);
  const auto waited = clock.monotonic() - before;
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, core::Errc::unavailable);
  EXPECT_TRUE(added.error().retryable);
  EXPECT_GE(waited, core::Millis(40));
  EXPECT_LT(waited, core::Seconds(5));
  EXPECT_EQ(read_book(*book).value_or(-1), 0) << "reads go on";
  stranger.run("COMMIT");
  EXPECT_TRUE(add_entry(*book, 1, 10));
}

TEST_F(SqliteTest, TheLogIsCheckpointedByTheWriter) {
  auto book = open({.checkpoint_pages = 20});
  for (int id = 1; id <= 300; ++id) ASSERT_TRUE(add_entry(*book, id, 3'000));
  EXPECT_LT(book->wal_bytes(), 60 * 4'120U);
  EXPECT_GT(std::filesystem::file_size(file_), 200 * 4'096U);
}

TEST_F(SqliteTest, ACleanEndLeavesNoLog) {
  auto book = open();
  ASSERT_TRUE(add_entry(*book, 1, 10));
  EXPECT_GT(book->wal_bytes(), 0U);
  book.reset();
  EXPECT_FALSE(std::filesystem::exists(file_ + "-wal"));
}

/// faults.md B10.
TEST_F(SqliteTest, ALongReaderRaisesTheAlarmAndServiceGoesOn) {
  std::vector<std::uint64_t> alarms;
  auto book = open({.checkpoint_pages = 20,
                    .wal_alarm_bytes = 1'000'000,
                    .on_wal_alarm = [&](std::uint64_t bytes) { alarms.push_back(bytes); }});
  int id = 0;
  const auto add = [&](int entries) {
    for (int i = 0; i < entries; ++i) ASSERT_TRUE(add_entry(*book, ++id, 3'000));
  };
  ASSERT_TRUE(book->read([&](Connection& connection) -> core::Result<void> {
    auto counted = number_of(connection, "SELECT count(*) FROM entry");
    add(300);
    return {};
  }));
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_GT(alarms.front(), 1'000'000U);
  EXPECT_GE(book->wal_bytes(), alarms.front());
  EXPECT_EQ(read_book(*book).value_or(-1), 300);
  // The reader has gone: the log is used again from its beginning instead of growing.
  const auto grown = book->wal_bytes();
  add(300);
  EXPECT_LE(book->wal_bytes(), grown + 100'000);
  EXPECT_EQ(alarms.size(), 1U);
}

TEST_F(SqliteTest, ReadersThatFollowEachOtherDoNotKeepTheLog) {
  auto book = open({.checkpoint_pages = 10});
  int id = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        EXPECT_TRUE(book->read([&](Connection& connection) -> core::Result<void> {
          for (int look = 0; look < 20; ++look) {
            EXPECT_TRUE(number_of(connection, "SELECT sum(amount) FROM entry"));
          }
          return {};
        }));
      }
    });
  }
  // The log is used again from its beginning once it does not grow over many commits.
  bool used_again = false;
  while (!used_again && id < 5'000) {
    const std::uint64_t before = book->wal_bytes();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(add_entry(*book, ++id, 3'000));
    used_again = book->wal_bytes() == before;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(used_again);
  EXPECT_EQ(read_book(*book).value_or(-1), id);
}

TEST_F(SqliteTest, StatementsAreKeptWithinBounds) {
  auto handle = open_handle({.file = file_});
  ASSERT_TRUE(handle);
  StatementCache cache(handle->get());
  sqlite3_stmt* first = nullptr;
  {
    auto one = cache.lease("SELECT 1");
    ASSERT_TRUE(one);
    first = one->get();
    auto two = cache.lease("SELECT 1");
    ASSERT_TRUE(two);
    EXPECT_NE(two->get(), first) << "one that runs is not given out again";
  }
  EXPECT_EQ(cache.lease("SELECT 1")->get(), first);
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(cache.lease("SELECT " + std::to_string(i)));
    ASSERT_TRUE(cache.lease("SELECT 'often used'"));
  }
  EXPECT_LE(cache.size(), StatementCache::kCapacity);
  auto again = cache.lease("SELECT 'often used'");
  ASSERT_TRUE(again);
}

TEST_F(SqliteTest, ABackupThatFailsLeavesNothing) {
  auto book = open();
  ASSERT_TRUE(add_entry(*book, 1, 10));
  const std::string target = folder_.file("no/such/copy.db");
  auto made = book->backup(target, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, core::Errc::io);
  EXPECT_EQ(made.error().public_message.find("such"), std::string::npos);

  // What a crash left is no obstacle.
  const std::string second = folder_.file("copy.db");
  std::ofstream(second + ".partial") << "half a copy";
  ASSERT_TRUE(book->backup(second, {}));
  EXPECT_FALSE(std::filesystem::exists(second + ".partial"));
  struct stat status{};
  ASSERT_EQ(::stat(second.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(add_entry(*book, 2, 10)) << "a failed backup is no failure of the database";
}

TEST_F(SqliteTest, InspectionWorksBesideTheServer) {
  auto book = open();
  ASSERT_TRUE(add_entry(*book, 1, 10));
  const auto report = inspect_sqlite(file_);
  ASSERT_TRUE(report) << report.error().internal_detail;
  EXPECT_EQ(report->schema_version, 2);
  EXPECT_TRUE(report->problems.empty());
  EXPECT_TRUE(report->broken_links.empty());
  EXPECT_TRUE(add_entry(*book, 2, 10));

  auto missing = inspect_sqlite(folder_.file("none.db"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, core::Errc::io);
}

TEST_F(SqliteTest, InspectionFindsBrokenLinks) {
  auto book = open();
  book.reset();
  Stranger stranger(file_);
  stranger.run("CREATE TABLE child(id INTEGER PRIMARY KEY, entry INTEGER REFERENCES entry(id))");
  stranger.run("INSERT INTO child VALUES(1, 99)");
  const auto report = inspect_sqlite(file_);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->broken_links.size(), 1U);
  EXPECT_NE(report->broken_links.front().find("child"), std::string::npos);
}

}  // namespace gatehouse::database::sqlite
