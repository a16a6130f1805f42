#include "insertion.hpp"

namespace gatehouse::app::import {

Insertion& Insertion::text(std::string_view column, std::optional<std::string> value) {
  cells_.push_back({std::string(column), std::move(value), {}});
  return *this;
}

Insertion& Insertion::number(std::string_view column, std::optional<std::int64_t> value) {
  cells_.push_back({std::string(column), {}, value});
  return *this;
}

Insertion& Insertion::money(std::string_view column, std::optional<core::Money> value) {
  return number(column, value ? std::optional(value->nano_usd()) : std::nullopt);
}

Insertion& Insertion::time(std::string_view column, std::optional<core::WallTime> value) {
  return number(column, value ? std::optional<std::int64_t>(value->time_since_epoch().count())
                              : std::nullopt);
}

core::Result<bool> Insertion::run(database::Connection& connection) const {
  std::string sql = "INSERT INTO " + table_ + " (";
  std::string marks;
  std::vector<database::Value> values;
  for (const Cell& cell : cells_) {
    if (!values.empty()) sql += ", ";
    sql += cell.column;
    marks += values.empty() ? "?" : ", ?";
    values.push_back(cell.text ? database::Value(*cell.text) : database::Value(cell.number));
  }
  sql += ") VALUES (" + marks + ") ON CONFLICT DO NOTHING";
  auto changed = connection.execute(sql, values);
  if (!changed) return core::pass(changed);
  return *changed != 0;
}

}  // namespace gatehouse::app::import
