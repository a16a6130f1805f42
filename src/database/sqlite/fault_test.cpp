/// Failing disks: EIO at every operation in turn (faults.md B3, B4), full disks (B1), a log that
/// was cut (B6).

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "sqlite/fault_test_support.hpp"

namespace gatehouse::database::sqlite {

namespace {
constexpr int kEntries = 12;

struct Outcome {
  bool struck = false;
  bool opened = false;
  int fatal = 0;
  std::int64_t acknowledged = 0;
  std::int64_t acknowledged_after = 0;  ///< after the first failure of a write
  core::Errc first_failure = core::Errc::internal;
};

/// A life in which the nth operation of a kind fails, counted from the opening on.
Outcome live_with_fault(FaultVfs& vfs, const std::string& file, FaultVfs::Kind kind, int nth) {
  Outcome outcome;
  vfs.start_log();
  vfs.fail(kind, nth);
  auto opened = open_book({.file = file,
                           .readers = 1,
                           .sync_commits = true,
                           .checkpoint_pages = 4,
                           .on_fatal = [&](const core::Error&) { ++outcome.fatal; }},
                          vfs.name());
  outcome.opened = opened.has_value();
  bool failed = false;
  for (int id = 1; opened && id <= kEntries; ++id) {
    auto added = add_entry(**opened, outcome.acknowledged + 1, 3'000);
    if (added) ++(failed ? outcome.acknowledged_after : outcome.acknowledged);
    if (!added && !failed) outcome.first_failure = added.error().code;
    failed = failed || !added;
  }
  outcome.struck = vfs.struck();
  return outcome;
}

/// What a loss of power right after the failure leaves has every acknowledged entry.
void expect_acknowledged(const FaultVfs& vfs, std::int64_t acknowledged, std::uint64_t seed) {
  TestFolder after;
  vfs.crash(vfs.moment(), seed, 0.3, after.path());
  FaultVfs plain;
  auto opened = open_book({.file = after.file("book.db"), .readers = 1}, plain.name());
  ASSERT_TRUE(opened) << opened.error().internal_detail;
  const auto entries = read_book(**opened);
  ASSERT_TRUE(entries) << entries.error().internal_detail;
  EXPECT_GE(*entries, acknowledged);
  EXPECT_LE(*entries, acknowledged + 1);
}

/// Fails every operation of `kind` in turn; returns how many there were after the opening.
int fail_each(FaultVfs::Kind kind) {
  int in_service = 0;
  for (int nth = 1;; ++nth) {
    TestFolder folder;
    FaultVfs vfs;
    const Outcome outcome = live_with_fault(vfs, folder.file("book.db"), kind, nth);
    if (!outcome.struck) return in_service;
    SCOPED_TRACE(nth);
    if (outcome.opened) {
      ++in_service;
      EXPECT_EQ(outcome.fatal, 1);
      EXPECT_EQ(outcome.acknowledged_after, 0) << "acknowledged after the failure";
      if (outcome.acknowledged < kEntries) {
        EXPECT_EQ(outcome.first_failure, core::Errc::io);
      }
    } else {
      EXPECT_EQ(outcome.acknowledged, 0);
    }
    expect_acknowledged(vfs, outcome.acknowledged, static_cast<std::uint64_t>(nth));
    if (testing::Test::HasFailure()) return in_service;
  }
}
}  // namespace

TEST(Fault, AFailedSyncIsFatalAndNothingIsAcknowledgedAfterIt) {
  EXPECT_GT(fail_each(FaultVfs::Kind::sync), kEntries);
}

TEST(Fault, AFailedWriteIsFatalAndNothingIsAcknowledgedAfterIt) {
  EXPECT_GT(fail_each(FaultVfs::Kind::write), kEntries);
}

TEST(Fault, AfterAFatalFailureReadsAreRefusedToo) {
  TestFolder folder;
  FaultVfs vfs;
  auto opened = open_book({.file = folder.file("book.db"), .sync_commits = true}, vfs.name());
  ASSERT_TRUE(opened);
  vfs.fail(FaultVfs::Kind::sync, 1);
  EXPECT_FALSE(add_entry(**opened, 1, 10));
  const auto entries = read_book(**opened);
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, core::Errc::io);
  EXPECT_EQ(entries.error().public_message, "the disk of the database failed");
}

TEST(Fault, AFailedReadIsAnErrorAndNeverAWrongFigure) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  FaultVfs vfs;
  {
    auto book = open_book({.file = file}, vfs.name());
    ASSERT_TRUE(book);
    for (int id = 1; id <= 40; ++id) ASSERT_TRUE(add_entry(**book, id, 3'000));
  }
  int errors = 0;
  for (int nth = 1;; ++nth) {
    int fatal = 0;
    int told = 0;
    auto book = open_book({.file = file,
                           .readers = 1,
                           .on_fatal = [&](const auto&) { ++fatal; },
                           .on_failure = [&](const auto&) { ++told; }},
                          vfs.name());
    ASSERT_TRUE(book);
    vfs.fail(FaultVfs::Kind::read, nth);
    const auto entries = read_book(**book);
    if (!vfs.struck()) break;
    if (entries) {
      EXPECT_EQ(*entries, 40);
    } else {
      EXPECT_EQ(entries.error().code, core::Errc::io);
      EXPECT_TRUE(entries.error().retryable);
      EXPECT_GE(told, 1);
      ++errors;
    }
    EXPECT_EQ(fatal, 0);
    EXPECT_EQ(read_book(**book).value_or(-1), 40) << "the next read is well";
  }
  EXPECT_GT(errors, 20);
}

TEST(Fault, AFullDiskIsUnavailableAndHealsByItself) {
  TestFolder folder;
  FaultVfs vfs;
  int fatal = 0;
  auto book = open_book({.file = folder.file("book.db"),
                         .sync_commits = true,
                         .checkpoint_pages = 8,
                         .on_fatal = [&](const auto&) { ++fatal; }},
                        vfs.name());
  ASSERT_TRUE(book);
  std::int64_t id = 0;
  for (std::uint64_t space = 0; space < 60'000; space += 1'500) {
    vfs.set_space(space);
    for (;;) {
      auto added = add_entry(**book, id + 1, 3'000);
      if (!added) {
        ASSERT_EQ(added.error().code, core::Errc::unavailable) << added.error().internal_detail;
        EXPECT_TRUE(added.error().retryable);
        break;
      }
      ++id;
    }
    ASSERT_EQ(read_book(**book).value_or(-1), id) << "reads go on, and see whole transactions";
    vfs.set_space(std::nullopt);
    ASSERT_TRUE(add_entry(**book, ++id, 3'000)) << "there is room again";
  }
  EXPECT_EQ(fatal, 0);
  EXPECT_EQ(soundness(**book), "ok");
}

TEST(Fault, ARealFullDiskIsUnavailableAndHealsByItself) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TestFolder folder;
  const std::string disk = folder.file("disk");
  std::filesystem::create_directory(disk);
  // In a child with mounts of its own: nothing is left behind, whatever happens.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) ||
        ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
      ::_exit(77);
    }
    bool fatal = false;
    auto book = open_book(
        {.file = disk + "/book.db", .on_fatal = [&](const auto&) { fatal = true; }}, nullptr);
    if (!book) ::_exit(1);
    const std::string ballast = disk + "/ballast";
    std::ofstream(ballast) << std::string(500'000, 'x');
    std::int64_t id = 0;
    core::Result<std::int64_t> added = 0;
    while ((added = add_entry(**book, id + 1, 3'000))) ++id;
    if (added.error().code != core::Errc::unavailable || id == 0) ::_exit(2);
    if (read_book(**book).value_or(-1) != id) ::_exit(3);
    std::filesystem::remove(ballast);
    if (!add_entry(**book, ++id, 3'000)) ::_exit(4);
    ::_exit(fatal || read_book(**book).value_or(-1) != id ? 5 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting is not allowed";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Fault, ALogCutAtAnyByteLosesWholeTransactionsOnly) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  TestFolder after;
  const std::string copy = after.file("book.db");
  FaultVfs vfs;
  {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
    const Handle handle(raw);
    // Small pages make short frames, so that every byte of them can be tried.
    ASSERT_TRUE(run_script(raw, "PRAGMA page_size = 512; CREATE TABLE page(size INTEGER)"));
  }
  std::uintmax_t first_end = 0;
  {
    auto book = open_book({.file = file, .readers = 1}, vfs.name());
    ASSERT_TRUE(book);
    for (int id = 1; id <= 5; ++id) ASSERT_TRUE(add_entry(**book, id, 100));
    first_end = std::filesystem::file_size(file + "-wal");
    ASSERT_TRUE(add_entry(**book, 6, 100));
    std::filesystem::copy_file(file, copy);
    std::filesystem::copy_file(file + "-wal", copy + "-wal");
  }
  const auto end = std::filesystem::file_size(copy + "-wal");
  ASSERT_GT(end, first_end + 1'000);
  for (std::uintmax_t size = end; size >= first_end; --size) {
    std::filesystem::resize_file(copy + "-wal", size);
    std::filesystem::remove(copy + "-shm");
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open_v2(copy.c_str(), &raw, SQLITE_OPEN_READWRITE, vfs.name()), SQLITE_OK);
    const Handle handle(raw);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    const auto figures =
        read_text(raw, "SELECT (SELECT count(*) FROM entry) || ' ' || amount FROM total");
    ASSERT_TRUE(figures) << size;
    ASSERT_EQ(*figures, size == end ? "6 21" : "5 15") << size;
  }
}

TEST(Fault, DamageIsFatal) {
  TestFolder folder;
  const std::string file = folder.file("book.db");
  {
    auto book = open_book({.file = file}, nullptr);
    ASSERT_TRUE(book);
    for (int id = 1; id <= 200; ++id) ASSERT_TRUE(add_entry(**book, id, 3'000));
  }
  {
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(5 * 4096);
    damaged << std::string(300 * 4096, '\x55');
  }
  int fatal = 0;
  auto book = open_book({.file = file, .on_fatal = [&](const auto&) { ++fatal; }}, nullptr);
  ASSERT_TRUE(book);
  const auto entries = read_book(**book);
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, core::Errc::io);
  EXPECT_EQ(entries.error().public_message, "the database is damaged");
  EXPECT_FALSE(add_entry(**book, 201, 10));
  EXPECT_EQ(fatal, 1);
  const auto report = inspect_sqlite(file);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->problems.empty());
}

}  // namespace gatehouse::database::sqlite
