#pragma once
/// Prepared statements of one connection, by their text.

#include <sqlite3.h>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/core/error.hpp"

namespace gatehouse::database::sqlite {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// The connection must outlive it.
class StatementCache {
 public:
  static constexpr std::size_t kCapacity = 128;  ///< the least recently used one gives way

  explicit StatementCache(sqlite3* db) : db_(db) {}

  /// A statement that runs; destroying it makes it ready for the next.
  class Lease {
   public:
    Lease(bool* busy, Statement own, sqlite3_stmt* statement)
        : busy_(busy), own_(std::move(own)), statement_(statement) {}
    ~Lease();
    Lease(Lease&& other) noexcept
        : busy_(std::exchange(other.busy_, nullptr)),
          own_(std::move(other.own_)),
          statement_(std::exchange(other.statement_, nullptr)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    sqlite3_stmt* get() const noexcept { return statement_; }

   private:
    bool* busy_;
    Statement own_;  // of one that is not kept
    sqlite3_stmt* statement_;
  };

  /// The kept statement, or a second one when that runs already (a query inside its own rows).
  core::Result<Lease> lease(std::string_view sql);
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string sql;
    Statement statement;
    bool busy = false;
  };
  core::Result<Statement> prepare(std::string_view sql, unsigned flags);
  void make_room();

  sqlite3* db_;
  std::list<Entry> entries_;  // latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;
};

}  // namespace gatehouse::database::sqlite
