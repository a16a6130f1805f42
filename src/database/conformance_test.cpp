#include "conformance_test_support.hpp"

#include <atomic>
#include <latch>
#include <limits>
#include <thread>

namespace gatehouse::database {

using namespace std::string_view_literals;
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DatabaseConformance);

namespace {
constexpr std::string_view kInsert = "INSERT INTO item(id, name) VALUES(?, ?)";
}

TEST_P(DatabaseConformance, IntegersKeepTheirFullRange) {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t id : {kLow, std::int64_t{-1}, std::int64_t{0}, kHigh}) {
    ASSERT_TRUE(execute("INSERT INTO item(id) VALUES(?)", {id}));
  }
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(database_->read([&](Connection& connection) {
    return connection.query("SELECT id FROM item ORDER BY id", {},
                            [&](const Row& row) -> core::Result<void> {
                              seen.push_back(row.integer(0));
                              return {};
                            });
  }));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{kLow, -1, 0, kHigh}));
}

TEST_P(DatabaseConformance, TextsAndBlobsKeepEveryByte) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  const std::string_view nul = "a\0b\0"sv;
  ASSERT_TRUE(execute("INSERT INTO item(id, name, note, bytes) VALUES(?, ?, ?, ?)",
                      {1, "ключ 🔑", nul, Value::blob(every)}));
  ASSERT_TRUE(database_->read([&](Connection& connection) {
    return connection.query("SELECT name, note, bytes FROM item", {},
                            [&](const Row& row) -> core::Result<void> {
                              EXPECT_EQ(row.text(0), "ключ 🔑");
                              EXPECT_EQ(row.text(1), nul);
                              EXPECT_EQ(row.text(2), every);
                              return {};
                            });
  }));
  auto found = database_->read([&](Connection& connection) {
    return number_of(connection, "SELECT id FROM item WHERE note = ?", {nul});
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, 1);
}

TEST_P(DatabaseConformance, AnEmptyTextIsNotNull) {
  ASSERT_TRUE(execute("INSERT INTO item(id, name, note) VALUES(?, ?, ?)",
                      {1, std::string_view{}, std::optional<std::string>{}}));
  ASSERT_TRUE(database_->read([&](Connection& connection) {
    return connection.query("SELECT name, note, parent FROM item", {},
                            [&](const Row& row) -> core::Result<void> {
                              EXPECT_FALSE(row.is_null(0));
                              EXPECT_EQ(row.maybe_text(0), "");
                              EXPECT_TRUE(row.is_null(1));
                              EXPECT_EQ(row.maybe_text(1), std::nullopt);
                              EXPECT_EQ(row.text(1), "");
                              EXPECT_EQ(row.maybe_integer(2), std::nullopt);
                              EXPECT_EQ(row.integer(2), 0);
                              return {};
                            });
  }));
}

TEST_P(DatabaseConformance, ATextIsNeverPartOfTheStatement) {
  for (const std::string_view text :
       {"'; DROP TABLE item; --", "\" OR 1=1 --", "%", "\\", "?", "$1"}) {
    ASSERT_TRUE(
        execute("INSERT INTO item(id, name) VALUES((SELECT count(*) FROM item), ?)", {text}));
    auto found = database_->read([&](Connection& connection) {
      return number_of(connection, "SELECT count(*) FROM item WHERE name = ?", {text});
    });
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, 1) << text;
  }
}

TEST_P(DatabaseConformance, ExecuteCountsTheRowsItChanged) {
  ASSERT_EQ(execute(kInsert, {1, "a"}).value_or(-1), 1);
  ASSERT_EQ(execute(kInsert, {2, "b"}).value_or(-1), 1);
  EXPECT_EQ(execute("UPDATE item SET note = ?", {"x"}).value_or(-1), 2);
  EXPECT_EQ(execute("UPDATE item SET note = ? WHERE id = 99", {"y"}).value_or(-1), 0);
  EXPECT_EQ(execute("CREATE TABLE other(id INTEGER PRIMARY KEY)").value_or(-1), 0);
  EXPECT_EQ(
      execute("INSERT INTO item(id, name) VALUES(1, 'a') ON CONFLICT DO NOTHING").value_or(-1), 0);
  EXPECT_EQ(execute("DELETE FROM item").value_or(-1), 2);
}

TEST_P(DatabaseConformance, ViolatedConstraintsAreConflicts) {
  ASSERT_TRUE(execute(kInsert, {1, "secret-name"}));
  const auto expect_conflict = [](const core::Result<std::int64_t>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, core::Errc::conflict);
    EXPECT_FALSE(result.error().retryable);
    EXPECT_EQ(result.error().public_message.find("item"), std::string::npos);
    EXPECT_EQ(result.error().public_message.find("secret-name"), std::string::npos);
  };
  expect_conflict(execute(kInsert, {1, "b"}));
  expect_conflict(execute(kInsert, {2, "secret-name"}));
  expect_conflict(execute("INSERT INTO item(id, name, parent) VALUES(3, 'c', 77)"));
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseConformance, MistakesAreInternalAndShowNoSql) {
  for (const std::string_view sql : {"SELEC nonsense", "SELECT missing FROM item", "", " ; ",
                                     "SELECT 1; SELECT 2", "INSERT INTO item(id) VALUES(?)"}) {
    auto result = execute(sql);
    ASSERT_FALSE(result) << sql;
    EXPECT_EQ(result.error().code, core::Errc::internal) << sql;
    EXPECT_EQ(result.error().public_message, "the database refused a statement");
  }
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseConformance, AFailedWorkIsUndone) {
  auto result = database_->write([&](Connection& connection) -> core::Result<int> {
    auto inserted = connection.execute(kInsert, {1, "a"});
    if (!inserted) return core::pass(inserted);
    return core::fail(core::Errc::rate_limited, "no more");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::rate_limited);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(execute(kInsert, {1, "a"}));
}

TEST_P(DatabaseConformance, AnExceptionUndoesTheWork) {
  const auto work = [&](Connection& connection) -> core::Result<int> {
    EXPECT_TRUE(connection.execute(kInsert, {1, "a"}));
    throw std::runtime_error("a bug");
  };
  EXPECT_THROW(static_cast<void>(database_->write(work)), std::runtime_error);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(execute(kInsert, {1, "a"}));
}

TEST_P(DatabaseConformance, AFailedStatementEndsItsTransaction) {
  auto result = database_->write([&](Connection& connection) -> core::Result<int> {
    EXPECT_TRUE(connection.execute(kInsert, {1, "a"}));
    EXPECT_FALSE(connection.execute(kInsert, {1, "again"}));
    auto after = connection.execute(kInsert, {2, "b"});
    EXPECT_FALSE(after);
    EXPECT_EQ(after.error().code, core::Errc::conflict);
    return 7;  // the work did not look
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::conflict);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseConformance, AnErrorOfTheRowFunctionEndsTheQueryAlone) {
  ASSERT_TRUE(execute(kInsert, {1, "a"}));
  ASSERT_TRUE(execute(kInsert, {2, "b"}));
  auto result = database_->write([&](Connection& connection) -> core::Result<int> {
    int rows = 0;
    auto done = connection.query("SELECT id FROM item", {}, [&](const Row&) -> core::Result<void> {
      ++rows;
      return core::fail(core::Errc::cancelled, "enough");
    });
    EXPECT_FALSE(done);
    EXPECT_EQ(done.error().code, core::Errc::cancelled);
    EXPECT_TRUE(connection.execute(kInsert, {3, "c"}));
    return rows;
  });
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 1);
  EXPECT_EQ(count(), 3);
}

TEST_P(DatabaseConformance, AQueryMayRunInsideItsOwnRows) {
  for (int id = 1; id <= 3; ++id) ASSERT_TRUE(execute(kInsert, {id, std::to_string(id)}));
  constexpr std::string_view kAbove = "SELECT id FROM item WHERE id > ? ORDER BY id";
  std::string pairs;
  ASSERT_TRUE(database_->read([&](Connection& connection) {
    return connection.query(kAbove, {0}, [&](const Row& outer) -> core::Result<void> {
      const std::int64_t from = outer.integer(0);
      return connection.query(kAbove, {from}, [&](const Row& inner) -> core::Result<void> {
        pairs += std::to_string(from) + std::to_string(inner.integer(0)) + " ";
        return {};
      });
    });
  }));
  EXPECT_EQ(pairs, "12 13 23 ");
}

TEST_P(DatabaseConformance, AReadMustNotWrite) {
  auto result = database_->read(
      [&](Connection& connection) { return connection.execute(kInsert, {1, "a"}); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::internal);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseConformance, AReaderKeepsItsSnapshot) {
  ASSERT_TRUE(execute(kInsert, {1, "a"}));
  ASSERT_TRUE(database_->read([&](Connection& connection) -> core::Result<void> {
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM item").value_or(-1), 1);
    EXPECT_TRUE(execute(kInsert, {2, "b"}));  // a write inside a read is another transaction
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM item").value_or(-1), 1);
    EXPECT_EQ(count(), 1) << "a read inside a read sees the same";
    return {};
  }));
  EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseConformance, TheSnapshotBeginsWithTheFirstStatement) {
  ASSERT_TRUE(database_->read([&](Connection& connection) -> core::Result<void> {
    EXPECT_TRUE(execute(kInsert, {1, "a"}));
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM item").value_or(-1), 1);
    EXPECT_TRUE(execute(kInsert, {2, "b"}));
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM item").value_or(-1), 1);
    return {};
  }));
}

TEST_P(DatabaseConformance, OthersSeeNothingBeforeTheCommit) {
  ASSERT_TRUE(database_->write([&](Connection& connection) -> core::Result<void> {
    EXPECT_TRUE(connection.execute(kInsert, {1, "a"}));
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM item").value_or(-1), 1);
    EXPECT_EQ(count(), 0);
    return {};
  }));
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseConformance, AWriteInsideAWriteIsRefused) {
  ASSERT_TRUE(database_->write([&](Connection& connection) -> core::Result<void> {
    EXPECT_TRUE(connection.execute(kInsert, {1, "a"}));
    auto inner = execute(kInsert, {2, "b"});
    EXPECT_FALSE(inner);
    EXPECT_EQ(inner.error().code, core::Errc::internal);
    return {};
  }));
  EXPECT_EQ(count(), 1) << "the outer one goes on";
}

TEST_P(DatabaseConformance, ConcurrentWritersLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  ASSERT_TRUE(execute("INSERT INTO item(id, name, parent) VALUES(1, 'sum', NULL)"));
  ASSERT_TRUE(execute("UPDATE item SET note = '0'"));
  std::atomic<int> failures = 0;
  std::atomic<bool> torn = false;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        // Read, then write what was read: without the lock of the writer updates would be lost.
        auto done = database_->write([&](Connection& connection) -> core::Result<std::int64_t> {
          auto now = number_of(connection, "SELECT CAST(note AS INTEGER) FROM item WHERE id = 1");
          if (!now) return now;
          const std::string next = std::to_string(*now + 1);
          auto added = connection.execute(kInsert, {10 + thread * kEach + i, next});
          if (!added) return added;
          return connection.execute("UPDATE item SET note = ? WHERE id = 1", {next});
        });
        if (!done) ++failures;
        auto same = database_->read([&](Connection& connection) {
          return number_of(connection,
                           "SELECT CAST(note AS INTEGER) = (SELECT count(*) - 1 FROM item) "
                           "FROM item WHERE id = 1");
        });
        if (!same || *same != 1) torn = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_FALSE(torn) << "a reader saw half a transaction";
  EXPECT_EQ(count(), kThreads * kEach + 1);
}

TEST_P(DatabaseConformance, TheWaitForTheWriterIsBounded) {
  open({.busy_timeout = core::Millis(30)});
  std::latch inside(1);
  std::latch done(1);
  std::thread holder([&] {
    EXPECT_TRUE(database_->write([&](Connection&) -> core::Result<void> {
      inside.count_down();
      done.wait();
      return {};
    }));
  });
  inside.wait();
  auto result = execute(kInsert, {1, "a"});
  done.count_down();
  holder.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::unavailable);
  EXPECT_TRUE(result.error().retryable);
  EXPECT_TRUE(execute(kInsert, {1, "a"}));
}

TEST_P(DatabaseConformance, TheWaitForAReaderIsBounded) {
  open({.readers = 1, .busy_timeout = core::Millis(30)});
  ASSERT_TRUE(database_->read([&](Connection&) -> core::Result<void> {
    std::thread other([&] {
      auto result =
          database_->read([](Connection& connection) { return number_of(connection, "SELECT 1"); });
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, core::Errc::unavailable);
    });
    other.join();
    return {};
  }));
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseConformance, AReadOverItsLimitIsEnded) {
  const auto endless = [](Connection& connection) {
    return number_of(connection, GetParam().endless_query);
  };
  auto result = database_->read(endless, {.statement_limit = core::Millis(20)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::deadline_exceeded);
  EXPECT_EQ(count(), 0) << "the connection is as good as before";
}

TEST_P(DatabaseConformance, TheLimitIsOfEachStatement) {
  core::ManualClock clock;
  open({.statement_limit = core::Millis(1'000), .clock = &clock});
  ASSERT_TRUE(execute(kInsert, {1, "a"}));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(database_->read([&](Connection& connection) -> core::Result<void> {
      for (int statement = 0; statement < 3; ++statement) {
        clock.advance(core::Millis(600));
        auto counted = number_of(connection, "SELECT count(*) FROM item");
        if (!counted) return core::pass(counted);
      }
      return {};
    }));
  }
}

TEST_P(DatabaseConformance, CommittedDataIsThereAfterAReopening) {
  ASSERT_TRUE(execute(kInsert, {1, "a"}));
  database_.reset();
  auto again = GetParam().open(folder_.path(), {});
  ASSERT_TRUE(again);
  database_ = std::move(*again);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseConformance, ABackupHoldsOneMomentWhileWritersGoOn) {
  for (int id = 0; id < 600; ++id) {
    ASSERT_TRUE(execute("INSERT INTO item(id, name, note) VALUES(?, ?, ?)",
                        {id, std::to_string(id), std::string(8'000, 'x')}));
  }
  int calls = 0;
  std::uint64_t last = 0;
  const std::string target = folder_.file("copy/copy.db");
  std::filesystem::create_directory(folder_.file("copy"));
  auto made = database_->backup(target, [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
    ++calls;
    // A commit between two steps must neither fail nor get into the copy.
    EXPECT_TRUE(execute(kInsert, {1'000'000 + calls, "late" + std::to_string(calls)}));
  });
  ASSERT_TRUE(made) << made.error().internal_detail;
  EXPECT_GT(calls, 2);
  EXPECT_EQ(count(), 600 + calls);
  EXPECT_FALSE(std::filesystem::exists(target + ".partial"));

  auto again = database_->backup(target, {});
  ASSERT_FALSE(again) << "a backup is never overwritten";
  EXPECT_EQ(again.error().code, core::Errc::conflict);

  database_.reset();
  auto copy = GetParam().open(folder_.file("copy"), {.file = target});
  ASSERT_TRUE(copy);
  database_ = std::move(*copy);
  EXPECT_EQ(count(), 600);
}

}  // namespace gatehouse::database
