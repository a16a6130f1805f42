#pragma once
/// A ledger in a folder: database, journals and settler, and questions to the tables.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger::testing {

/// Passes everything on, but lets the test stop at a statement of a write as a crash would: what
/// the transaction did is undone.
class StoppingDatabase final : public database::Database {
 public:
  explicit StoppingDatabase(database::Database& inner) : inner_(inner) {}

  /// Fails the statement with that number and everything after it; -1: none.
  void stop_at(int statement, core::Errc code = core::Errc::io, bool retryable = false) {
    left_ = statement;
    code_ = code;
    retryable_ = retryable;
  }
  bool stopped() const { return left_ == 0; }

  core::Result<void> backup(
      const std::string& file,
      const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    return inner_.backup(file, progress);
  }
  std::uint64_t wal_bytes() const override { return inner_.wal_bytes(); }

 private:
  class Counting final : public database::Connection {
   public:
    Counting(database::Connection& inner, StoppingDatabase& owner) : inner_(inner), owner_(owner) {}
    core::Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const database::Value> values) override {
      if (auto allowed = owner_.count(); !allowed) return core::pass(allowed);
      return inner_.execute(sql, values);
    }
    core::Result<void> query(std::string_view sql, std::span<const database::Value> values,
                             const RowFunction& each) override {
      if (auto allowed = owner_.count(); !allowed) return allowed;
      return inner_.query(sql, values, each);
    }

   private:
    database::Connection& inner_;
    StoppingDatabase& owner_;
  };

  core::Result<void> count() {
    if (left_ == 0) {
      core::Error error{code_, "stopped"};
      error.retryable = retryable_;
      return std::unexpected<core::Error>(std::move(error));
    }
    if (left_ > 0) --left_;
    return {};
  }
  core::Result<void> run_write(const Step& step) override {
    return inner_.write([&](database::Connection& connection) -> core::Result<void> {
      Counting counting(connection, *this);
      if (auto done = step(counting); !done) return done;
      return count();  // the commit
    });
  }
  core::Result<void> run_read(const Step& step, const database::ReadOptions& options) override {
    return inner_.read([&](database::Connection& connection) { return step(connection); }, options);
  }

  database::Database& inner_;
  std::atomic<int> left_{-1};
  std::atomic<core::Errc> code_{core::Errc::io};
  std::atomic<bool> retryable_{false};
};

class LedgerFolder {
 public:
  LedgerFolder() {
    database::DatabaseOptions options;
    options.file = folder_ / "gatehouse.db";
    options.busy_timeout = core::Millis(50);
    auto opened = database::open_sqlite(std::move(options));
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().internal_detail);
    database_ = std::move(*opened);
    stopping_ = std::make_unique<StoppingDatabase>(*database_);
    settler_options.interval = core::Millis(1);
    settler_options.on_fatal = [this](const core::Error&) { ++fatal; };
    clock.set_wall(at_seconds(kNewYear + 7200));
  }

  void open_journals(std::size_t writers = 1) {
    JournalOptions options;
    options.folder = folder_ / "journal";
    options.segment_bytes = segment_bytes;
    options.sync_interval = core::Millis(1);
    auto opened = JournalSet::open(std::move(options), writers);
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    journals = std::move(*opened);
  }
  core::Result<void> start_settler() {
    auto started = Settler::start(*stopping_, *journals, clock, settler_options);
    if (!started) return core::pass(started);
    settler = std::move(*started);
    return {};
  }
  void open(std::size_t writers = 1) {
    open_journals(writers);
    auto started = start_settler();
    ASSERT_TRUE(started) << started.error().public_message << started.error().internal_detail;
  }
  /// Ends as a kill would: nothing more is applied.
  void kill() {
    if (settler) stopping_->stop_at(0);
    settler.reset();
    journals.reset();
    stopping_->stop_at(-1);
  }
  void flush() {
    auto done = settler->flush(core::Seconds(20));
    ASSERT_TRUE(done) << done.error().internal_detail;
  }

  Journal& journal(std::size_t index = 0) { return journals->writer(index); }
  database::Database& database() { return *stopping_; }
  StoppingDatabase& stopping() { return *stopping_; }
  std::string path(const std::string& name) const { return folder_ / name; }

  /// Rows joined by '\n', columns by '|'.
  std::string ask(const std::string& sql, int columns = 1) {
    std::string text;
    auto done = database_->read([&](database::Connection& connection) {
      return connection.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
        if (!text.empty()) text += '\n';
        for (int i = 0; i < columns; ++i) {
          if (i > 0) text += '|';
          text += row.is_null(i) ? "NULL" : std::string(row.text(i));
        }
        return {};
      });
    });
    EXPECT_TRUE(done) << sql;
    return text;
  }

 private:
  TempFolder folder_;
  std::unique_ptr<database::Database> database_;
  std::unique_ptr<StoppingDatabase> stopping_;

 public:
  core::ManualClock clock;
  std::uint64_t segment_bytes = 256 * 1024;
  SettlerOptions settler_options;
  std::atomic<int> fatal = 0;
  std::unique_ptr<JournalSet> journals;
  std::unique_ptr<Settler> settler;
};

}  // namespace gatehouse::ledger::testing
