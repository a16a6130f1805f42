#pragma once
/// database::Database over SQLite.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/database/database.hpp"
#include "migration.hpp"
#include "sqlite/checkpointer.hpp"
#include "sqlite/migrator.hpp"
#include "sqlite/places.hpp"
#include "sqlite/sqlite_connection.hpp"

namespace gatehouse::database::sqlite {

/// What tests replace.
struct Foundation {
  std::span<const Migration> migrations = sqlite_migrations();
  const char* vfs = nullptr;
  StatementHook before_migration_statement = {};
};

class SqliteDatabase final : public Database {
 public:
  static core::Result<std::unique_ptr<Database>> open(DatabaseOptions options,
                                                      const Foundation& foundation);
  ~SqliteDatabase() override;
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  core::Result<void> backup(
      const std::string& file,
      const std::function<void(std::uint64_t, std::uint64_t)>& progress) override;
  std::uint64_t wal_bytes() const override;

 private:
  SqliteDatabase(DatabaseOptions options, const Foundation& foundation);
  core::Result<void> open_writer(const Foundation& foundation);
  core::Result<void> open_readers();
  core::Result<std::unique_ptr<SqliteConnection>> connect(Role role);
  core::Result<void> run_write(const Step& step) override;
  core::Result<void> run_read(const Step& step, const ReadOptions& options) override;

  DatabaseOptions options_;
  const char* vfs_;
  core::SystemClock system_clock_;
  const core::Clock& clock_;
  FatalLatch fatal_;
  Places writer_place_{1};
  std::unique_ptr<SqliteConnection> writer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  Places reader_places_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_;
};

}  // namespace gatehouse::database::sqlite
