#pragma once
/// Reads tables of a PostgreSQL server that is not ours, as CSV.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::database {

/// One connection with one read-only snapshot: all tables are of one moment. Blocking, one thread.
/// Nothing is written to the server. Errors never hold the password.
class PostgresExport {
 public:
  virtual ~PostgresExport() = default;
  /// True when the search path has a table of exactly that name.
  virtual core::Result<bool> has_table(std::string_view table) = 0;
  /// Hands `each` the table as CSV with a line of column names, piece by piece; an error of it ends
  /// the copy and is returned.
  virtual core::Result<void> copy_csv(
      std::string_view table, const std::function<core::Result<void>(std::string_view)>& each) = 0;
};

/// `connection`: a URL or a libpq connection string. Errc::unavailable when there is no server, it
/// refuses, or this program was built without libpq.
core::Result<std::unique_ptr<PostgresExport>> open_postgres_export(const std::string& connection);

}  // namespace gatehouse::database
