#include "gatehouse/database/postgres_export.hpp"

#ifdef GATEHOUSE_LIBPQ
#include <libpq-fe.h>
#endif

namespace gatehouse::database {

#ifdef GATEHOUSE_LIBPQ
namespace {

struct CloseConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
struct FreeMemory {
  void operator()(char* memory) const noexcept { PQfreemem(memory); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;
using Memory = std::unique_ptr<char, FreeMemory>;

class Exporter final : public PostgresExport {
 public:
  explicit Exporter(ConnectionHandle connection) : connection_(std::move(connection)) {}

  core::Result<void> begin() {
    for (const char* sql : {"SET client_encoding = 'UTF8'", "SET datestyle = 'ISO'",
                            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}) {
      const ResultHandle done(PQexec(connection_.get(), sql));
      if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) return failure("the transaction");
    }
    return {};
  }

  core::Result<bool> has_table(std::string_view table) override {
    const std::string name(table);
    const char* const values[] = {name.c_str()};
    const ResultHandle rows(
        PQexecParams(connection_.get(),
                     "SELECT 1 FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v') AND "
                     "pg_table_is_visible(oid)",
                     1, nullptr, values, nullptr, nullptr, 0));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure("the list of tables");
    return PQntuples(rows.get()) != 0;
  }

  core::Result<void> copy_csv(
      std::string_view table,
      const std::function<core::Result<void>(std::string_view)>& each) override {
    const Memory name(PQescapeIdentifier(connection_.get(), table.data(), table.size()));
    if (!name) return failure("a table's name");
    const std::string sql =
        "COPY (SELECT * FROM " + std::string(name.get()) + ") TO STDOUT (FORMAT csv, HEADER)";
    const ResultHandle started(PQexec(connection_.get(), sql.c_str()));
    if (PQresultStatus(started.get()) != PGRES_COPY_OUT) return failure("a copy");
    for (;;) {
      char* piece = nullptr;
      const int size = PQgetCopyData(connection_.get(), &piece, 0);
      const Memory kept(piece);
      if (size == -1) break;
      if (size < 0) return failure("a copy");
      auto taken = each({piece, static_cast<std::size_t>(size)});
      // The rest stays unread: the connection is of no use any more.
      if (!taken) return taken;
    }
    const ResultHandle ended(PQgetResult(connection_.get()));
    if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) return failure("a copy");
    while (const ResultHandle rest{PQgetResult(connection_.get())}) {
    }
    return {};
  }

 private:
  std::unexpected<core::Error> failure(const char* what) const {
    return core::fail(core::Errc::unavailable, "PostgreSQL failed",
                      std::string(what) + ": " + PQerrorMessage(connection_.get()));
  }
  ConnectionHandle connection_;
};

}  // namespace

core::Result<std::unique_ptr<PostgresExport>> open_postgres_export(const std::string& connection) {
  ConnectionHandle handle(PQconnectdb(connection.c_str()));
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return core::fail(core::Errc::unavailable, "cannot connect to PostgreSQL",
                      PQerrorMessage(handle.get()));
  }
  auto exporter = std::make_unique<Exporter>(std::move(handle));
  if (auto begun = exporter->begin(); !begun) return core::pass(begun);
  return std::unique_ptr<PostgresExport>(std::move(exporter));
}
#else
core::Result<std::unique_ptr<PostgresExport>> open_postgres_export(const std::string&) {
  return core::fail(core::Errc::unavailable, "this program was built without libpq");
}
#endif

}  // namespace gatehouse::database
