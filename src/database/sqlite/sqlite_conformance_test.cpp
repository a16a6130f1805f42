#include <utility>

#include "conformance_test_support.hpp"

namespace gatehouse::database {

namespace {
core::Result<std::unique_ptr<Database>> open_in(const std::string& folder,
                                                DatabaseOptions options) {
  if (options.file.empty()) options.file = folder + "/gatehouse.db";
  return open_sqlite(std::move(options));
}

constexpr Engine kSqlite{
    .name = "sqlite",
    .open = open_in,
    .endless_query =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT count(*) FROM n",
    .create_item =
        "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, note TEXT, "
        "bytes BLOB, parent INTEGER REFERENCES item(id)) STRICT",
};
}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseConformance, testing::Values(kSqlite),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace gatehouse::database
