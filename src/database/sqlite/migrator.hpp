#pragma once
/// Brings the schema of a file up to date.

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "migration.hpp"

namespace gatehouse::database::sqlite {

struct AppliedMigration {
  std::int64_t version = 0;
  std::string name;
  std::string checksum;
};

/// In order of versions; empty for a file without a schema.
core::Result<std::vector<AppliedMigration>> applied_migrations(sqlite3* db);

/// Called before each statement, for tests that end the process there.
using StatementHook = std::function<void()>;

/// Applies what is missing, each migration in one transaction with its row in `schema_migration`,
/// so that an interrupted start goes on where it was. Errc::conflict when the file's schema is
/// newer than `known`, or is not a beginning of it.
core::Result<void> migrate(sqlite3* db, std::span<const Migration> known, const core::Clock& clock,
                           const StatementHook& before_statement = {});

}  // namespace gatehouse::database::sqlite
