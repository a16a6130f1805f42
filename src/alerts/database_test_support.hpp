#pragma once
/// For tests: a database in a folder of its own.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/database/database.hpp"

namespace gatehouse::alerts::test {

class TemporaryDatabase {
 public:
  TemporaryDatabase() {
    std::string pattern = (std::filesystem::temp_directory_path() / "alerts-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    auto opened = database::open_sqlite({.file = (folder_ / "gatehouse.db").string()});
    if (!opened) ADD_FAILURE() << opened.error().internal_detail;
    database_ = std::move(opened.value());
  }
  ~TemporaryDatabase() {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  database::Database& operator*() { return *database_; }
  /// The first column of all rows.
  std::vector<std::string> texts(std::string_view sql) {
    return database_
        ->read([&](database::Connection& connection) -> core::Result<std::vector<std::string>> {
          std::vector<std::string> out;
          auto done =
              connection.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
                out.emplace_back(row.text(0));
                return {};
              });
          if (!done) return core::pass(done);
          return out;
        })
        .value();
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<database::Database> database_;
};

}  // namespace gatehouse::alerts::test
