#pragma once
/// The suite that every engine behind the port has to pass. An engine's own test file names it:
/// INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseConformance, testing::Values(kSqlite)).

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/database/database.hpp"

namespace gatehouse::database {

/// What differs between engines.
struct Engine {
  const char* name;
  core::Result<std::unique_ptr<Database>> (*open)(const std::string& folder,
                                                  DatabaseOptions options);
  /// A statement for ever more steps, with one row or none at the end.
  const char* endless_query;
  const char* create_item;  ///< item(id, name UNIQUE, note, bytes, parent -> item.id)
};

/// A folder of its own that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    // In memory where that is offered: thousands of small files take no time there.
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    const auto parent = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
    std::string name = parent + "/gatehouse-db-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The rows of a query, each as its texts joined by '|'; NULL as "-".
inline core::Result<std::vector<std::string>> rows_of(Connection& connection, std::string_view sql,
                                                      std::initializer_list<Value> values = {},
                                                      int columns = 1) {
  std::vector<std::string> rows;
  auto done = connection.query(sql, values, [&](const Row& row) -> core::Result<void> {
    std::string line;
    for (int column = 0; column < columns; ++column) {
      if (column > 0) line += '|';
      line += row.maybe_text(column).value_or("-");
    }
    rows.push_back(std::move(line));
    return {};
  });
  if (!done) return core::pass(done);
  return rows;
}

inline core::Result<std::int64_t> number_of(Connection& connection, std::string_view sql,
                                            std::initializer_list<Value> values = {}) {
  std::int64_t number = -1;
  auto done = connection.query(sql, values, [&](const Row& row) -> core::Result<void> {
    number = row.integer(0);
    return {};
  });
  if (!done) return core::pass(done);
  return number;
}

class DatabaseConformance : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { open({}); }
  void open(DatabaseOptions options) {
    database_.reset();
    auto opened = GetParam().open(folder_.path(), std::move(options));
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    database_ = std::move(*opened);
    auto made = execute("DROP TABLE IF EXISTS item");
    if (made) made = execute(GetParam().create_item);
    ASSERT_TRUE(made) << made.error().internal_detail;
  }
  core::Result<std::int64_t> execute(std::string_view sql,
                                     std::initializer_list<Value> values = {}) {
    return database_->write(
        [&](Connection& connection) { return connection.execute(sql, values); });
  }
  std::int64_t count() {
    auto number = database_->read(
        [](Connection& connection) { return number_of(connection, "SELECT count(*) FROM item"); });
    return number ? *number : -1;
  }

  TestFolder folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace gatehouse::database
