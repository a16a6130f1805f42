#pragma once
/// A little book with an invariant, for tests of faults.

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "conformance_test_support.hpp"
#include "sqlite/fault_vfs_test_support.hpp"
#include "sqlite/sqlite_database.hpp"

namespace gatehouse::database::sqlite {

inline constexpr std::array kBook{
    Migration{
        1, "entries",
        "CREATE TABLE entry(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, note TEXT) STRICT;\n"
        "CREATE INDEX entry_note ON entry(note);\n"},
    Migration{2, "totals",
              "-- a comment\n"
              "CREATE TABLE total(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT;\n"
              "INSERT INTO total VALUES(1, 0);\n"
              "CREATE VIEW balance AS SELECT sum(amount) AS amount FROM entry;\n"},
};

inline core::Result<std::unique_ptr<Database>> open_book(DatabaseOptions options, const char* vfs) {
  return SqliteDatabase::open(std::move(options), {.migrations = kBook, .vfs = vfs});
}

/// Adds entry `id` and its amount to the total, in one transaction.
inline core::Result<std::int64_t> add_entry(Database& database, std::int64_t id, std::size_t size) {
  return database.write([&](Connection& connection) -> core::Result<std::int64_t> {
    auto added = connection.execute("INSERT INTO entry VALUES(?, ?, ?)",
                                    {id, id, std::string(size, static_cast<char>('a' + id % 26))});
    if (!added) return added;
    return connection.execute("UPDATE total SET amount = amount + ?", {id});
  });
}

/// The number of entries, when they are 1..n and the total is theirs; -1 when a transaction was
/// torn; the error of a failed read.
inline core::Result<std::int64_t> read_book(Database& database) {
  return database.read([](Connection& connection) {
    return number_of(connection,
                     "SELECT CASE WHEN count(*) = ifnull(max(id), 0) AND ifnull(sum(amount), 0) = "
                     "(SELECT amount FROM total) AND count(*) = (SELECT count(*) FROM entry NOT "
                     "INDEXED WHERE substr(note, 1, 1) = char(97 + id % 26) "
                     "AND substr(note, -1, 1) = char(97 + id % 26)) THEN count(*) ELSE -1 END "
                     "FROM entry");
  });
}

inline std::string soundness(Database& database) {
  auto lines = database.read(
      [](Connection& connection) { return rows_of(connection, "PRAGMA quick_check"); });
  if (!lines) return lines.error().internal_detail;
  return lines->empty() ? "nothing" : lines->front();
}

}  // namespace gatehouse::database::sqlite
