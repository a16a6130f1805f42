#include "sqlite/migrator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sqlite/error.hpp"
#include "sqlite/handle.hpp"
#include "sqlite/statement_cache.hpp"

namespace gatehouse::database::sqlite {

namespace {
constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migration("
    "version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
    "applied_ns INTEGER NOT NULL) STRICT";

/// Rolls back what was not committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* db) : db_(db) {}
  ~Transaction() {
    if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  core::Result<void> begin() { return run_script(db_, "BEGIN IMMEDIATE"); }
  core::Result<void> commit() { return run_script(db_, "COMMIT"); }

 private:
  sqlite3* db_;
};

std::unexpected<core::Error> unfit(std::string text) {
  return core::fail(core::Errc::conflict, std::move(text));
}

core::Result<void> check_history(const std::vector<AppliedMigration>& applied,
                                 std::span<const Migration> known) {
  const std::int64_t newest = known.empty() ? 0 : known.back().version;
  if (!applied.empty() && applied.back().version > newest) {
    return unfit(
        fmt::format("the database has schema version {}, this program knows {}: it was used "
                    "by a newer program",
                    applied.back().version, newest));
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size() || known[i].version != applied[i].version) {
      return unfit(
          fmt::format("the database has migration {} ({}) at a place where this program has "
                      "another",
                      applied[i].version, applied[i].name));
    }
    if (checksum_of(known[i].sql) != applied[i].checksum) {
      return unfit(fmt::format("migration {} ({}) was changed after it was applied",
                               applied[i].version, applied[i].name));
    }
  }
  return {};
}

/// A migration that ends its transaction would leave half of itself behind.
int keep_transaction(void*, int action, const char*, const char*, const char*, const char*) {
  const bool refused =
      action == SQLITE_TRANSACTION || action == SQLITE_ATTACH || action == SQLITE_DETACH;
  return refused ? SQLITE_DENY : SQLITE_OK;
}

core::Result<void> run_statements(sqlite3* db, std::string_view sql, const StatementHook& hook) {
  while (!sql.empty()) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, &rest);
    const Statement statement(raw);
    if (code != SQLITE_OK) return std::unexpected<core::Error>(error_of(code, db, sql));
    if (raw != nullptr) {  // null for a comment
      if (hook) hook();
      do code = sqlite3_step(raw);
      while (code == SQLITE_ROW);
      if (code != SQLITE_DONE) return std::unexpected<core::Error>(error_of(code, db, sql));
    }
    sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
  }
  return {};
}

core::Result<void> record(sqlite3* db, const Migration& migration, const core::Clock& clock) {
  sqlite3_stmt* raw = nullptr;
  int code =
      sqlite3_prepare_v2(db, "INSERT INTO schema_migration VALUES(?, ?, ?, ?)", -1, &raw, nullptr);
  const Statement statement(raw);
  if (code == SQLITE_OK) {
    const std::string checksum = checksum_of(migration.sql);
    sqlite3_bind_int64(raw, 1, migration.version);
    sqlite3_bind_text(raw, 2, migration.name.data(), static_cast<int>(migration.name.size()),
                      SQLITE_STATIC);
    sqlite3_bind_text(raw, 3, checksum.data(), static_cast<int>(checksum.size()), SQLITE_STATIC);
    sqlite3_bind_int64(raw, 4, clock.wall().time_since_epoch().count());
    code = sqlite3_step(raw);
    if (code == SQLITE_DONE) return {};
  }
  return std::unexpected<core::Error>(error_of(code, db, "record a migration"));
}

core::Result<void> apply(sqlite3* db, const Migration& migration, const core::Clock& clock,
                         const StatementHook& hook) {
  sqlite3_set_authorizer(db, keep_transaction, nullptr);
  auto done = run_statements(db, migration.sql, hook);
  sqlite3_set_authorizer(db, nullptr, nullptr);
  if (!done) {
    core::Error error = std::move(done.error());
    error.internal_detail = fmt::format("migration {} ({}): {}", migration.version, migration.name,
                                        error.internal_detail);
    return std::unexpected<core::Error>(std::move(error));
  }
  if (hook) hook();
  return record(db, migration, clock);
}

/// One step: looks again under the lock, because another process may have been faster.
core::Result<bool> apply_next(sqlite3* db, std::span<const Migration> known,
                              const core::Clock& clock, const StatementHook& hook) {
  Transaction transaction(db);
  if (hook) hook();
  if (auto begun = transaction.begin(); !begun) return core::pass(begun);
  auto applied = applied_migrations(db);
  if (!applied) return core::pass(applied);
  if (auto fits = check_history(*applied, known); !fits) return core::pass(fits);
  if (applied->size() == known.size()) return false;
  if (hook) hook();
  if (auto made = run_script(db, kCreateTable); !made) return core::pass(made);
  if (auto done = apply(db, known[applied->size()], clock, hook); !done) return core::pass(done);
  if (hook) hook();
  if (auto committed = transaction.commit(); !committed) return core::pass(committed);
  return true;
}
}  // namespace

core::Result<std::vector<AppliedMigration>> applied_migrations(sqlite3* db) {
  std::vector<AppliedMigration> applied;
  auto table = read_text(db, "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'");
  if (!table) return core::pass(table);
  if (table->empty()) return applied;
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(
      db, "SELECT version, name, checksum FROM schema_migration ORDER BY version", -1, &raw,
      nullptr);
  const Statement statement(raw);
  if (code == SQLITE_OK) {
    const auto text = [raw](int column) {
      const auto* bytes = sqlite3_column_text(raw, column);
      return std::string(bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes));
    };
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      applied.push_back({sqlite3_column_int64(raw, 0), text(1), text(2)});
    }
    if (code == SQLITE_DONE) return applied;
  }
  return std::unexpected<core::Error>(error_of(code, db, "read the applied migrations"));
}

core::Result<void> migrate(sqlite3* db, std::span<const Migration> known, const core::Clock& clock,
                           const StatementHook& before_statement) {
  for (;;) {
    auto more = apply_next(db, known, clock, before_statement);
    if (!more) return core::pass(more);
    if (!*more) return {};
  }
}

}  // namespace gatehouse::database::sqlite
