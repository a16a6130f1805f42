#pragma once
/// One row to insert, column by column.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/database/connection.hpp"

namespace gatehouse::app::import {

/// Owns its values. Rows of one table set the same columns in the same order, so that the
/// statement is prepared once.
class Insertion {
 public:
  explicit Insertion(std::string_view table) : table_(table) {}

  Insertion& text(std::string_view column, std::optional<std::string> value);
  Insertion& number(std::string_view column, std::optional<std::int64_t> value);
  Insertion& money(std::string_view column, std::optional<core::Money> value);
  Insertion& time(std::string_view column, std::optional<core::WallTime> value);

  /// True when the row is new, false when there is one with its key.
  core::Result<bool> run(database::Connection& connection) const;

 private:
  struct Cell {
    std::string column;
    std::optional<std::string> text;
    std::optional<std::int64_t> number;
  };
  std::string table_;
  std::vector<Cell> cells_;
};

}  // namespace gatehouse::app::import
