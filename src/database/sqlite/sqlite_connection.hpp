#pragma once
/// database::Connection over one SQLite handle.

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "sqlite/error.hpp"
#include "sqlite/handle.hpp"
#include "sqlite/statement_cache.hpp"

namespace gatehouse::database::sqlite {

/// Neither movable nor copyable: SQLite holds its address. Clock and latch outlive it.
class SqliteConnection final : public Connection {
 public:
  SqliteConnection(Handle handle, const core::Clock& clock, FatalLatch& fatal);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  using Connection::execute;
  using Connection::query;
  core::Result<std::int64_t> execute(std::string_view sql, std::span<const Value> values) override;
  core::Result<void> query(std::string_view sql, std::span<const Value> values,
                           const RowFunction& each) override;

  /// A transaction that writes takes the writer's lock at once.
  core::Result<void> begin_write() { return begin("BEGIN IMMEDIATE", false); }
  core::Result<void> begin_read() { return begin("BEGIN DEFERRED", true); }
  /// Refused when a statement failed since begin.
  core::Result<void> commit();
  /// Ends the transaction if one is open. A failure leaves nothing to be done.
  void rollback() noexcept;
  /// For every statement from now on; 0 = none.
  void limit_statements(core::Millis limit) noexcept { limit_ = limit; }

  sqlite3* raw() const noexcept { return handle_.get(); }
  /// The error of `code`; tells the latch when it is fatal.
  core::Error judge(int code, std::string_view step);

 private:
  class Deadline;
  core::Result<void> begin(std::string_view sql, bool reads_only);
  core::Result<StatementCache::Lease> prepared(std::string_view sql);
  core::Result<void> run(std::string_view sql);
  core::Result<void> check_open() const;
  core::Result<StatementCache::Lease> start(std::string_view sql, std::span<const Value> values);
  core::Result<void> step_all(sqlite3_stmt* statement, std::string_view sql,
                              const RowFunction& each);
  std::unexpected<core::Error> refuse(core::Error error);
  static int tick(void* self) noexcept;

  Handle handle_;
  const core::Clock& clock_;
  FatalLatch& fatal_;
  StatementCache statements_;
  bool in_transaction_ = false;
  bool reads_only_ = false;
  std::optional<core::Error> failed_;  // the first failure of this transaction
  core::Millis limit_{0};
  std::optional<core::MonotonicTime> deadline_;  // of the statement that runs
};

}  // namespace gatehouse::database::sqlite
