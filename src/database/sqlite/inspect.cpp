#include <sqlite3.h>

#include <utility>

#include "gatehouse/database/database.hpp"
#include "migration.hpp"
#include "sqlite/error.hpp"
#include "sqlite/handle.hpp"
#include "sqlite/migrator.hpp"
#include "sqlite/statement_cache.hpp"

namespace gatehouse::database {

namespace {
constexpr std::size_t kMostLines = 100;

/// The rows of a check, one text each.
core::Result<std::vector<std::string>> lines_of(sqlite3* db, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
  const sqlite::Statement statement(raw);
  std::vector<std::string> lines;
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(raw);
    if (code != SQLITE_ROW || lines.size() >= kMostLines) break;
    std::string line;
    for (int column = 0; column < sqlite3_column_count(raw); ++column) {
      const auto* text = sqlite3_column_text(raw, column);
      if (column > 0) line += ' ';
      if (text != nullptr) line += reinterpret_cast<const char*>(text);
    }
    lines.push_back(std::move(line));
  }
  if (code == SQLITE_DONE || code == SQLITE_ROW) return lines;
  return std::unexpected<core::Error>(sqlite::error_of(code, db, sql));
}

core::Result<Inspection> examine(sqlite3* db) {
  Inspection report;
  if (const auto known = sqlite_migrations(); !known.empty()) {
    report.newest_known = known.back().version;
  }
  auto problems = lines_of(db, "PRAGMA quick_check(100)");
  if (!problems) return core::pass(problems);
  if (*problems != std::vector<std::string>{"ok"}) report.problems = std::move(*problems);
  auto applied = sqlite::applied_migrations(db);
  if (!applied) return core::pass(applied);
  if (!applied->empty()) report.schema_version = applied->back().version;
  auto broken = lines_of(db, "PRAGMA foreign_key_check");
  if (!broken) return core::pass(broken);
  report.broken_links = std::move(*broken);
  return report;
}
}  // namespace

core::Result<Inspection> inspect_sqlite(const std::string& file) {
  auto handle = sqlite::open_handle({.file = file, .role = sqlite::Role::inspector});
  if (!handle) return core::pass(handle);
  auto report = examine(handle->get());
  const int code = sqlite3_extended_errcode(handle->get());
  if (!report && ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)) {
    // Too damaged to be examined is an answer, not a failure to answer.
    Inspection damaged;
    damaged.problems.push_back(sqlite3_errstr(code));
    return damaged;
  }
  return report;
}

}  // namespace gatehouse::database
