#pragma once
/// Queries with optional filters, put together from constant texts and bound values.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"

namespace gatehouse::database {

/// A piece of SQL that stands in the source: the compiler refuses any other text.
class Fragment {
 public:
  consteval Fragment(const char* text) : text_(text) {}  // NOLINT: a literal
  constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

/// A word of a user (a column to sort by) and the SQL it stands for.
struct Choice {
  std::string_view word;
  Fragment sql;
};
/// The SQL for `word`, or nothing.
std::optional<Fragment> choose(std::span<const Choice> choices, std::string_view word);

/// `text` with the wildcards of LIKE escaped by a backslash: `column LIKE ? ESCAPE '\'`.
std::string escape_like(std::string_view text);

/// One SELECT. Conditions are joined by AND. Copies its values.
class Select {
 public:
  Select(Fragment columns, Fragment from) : columns_(columns), from_(from) {}

  Select& where(Fragment condition) { return where(condition, std::span<const Value>()); }
  /// `condition` has one `?`.
  Select& where(Fragment condition, const Value& value) {
    return where(condition, std::span<const Value>(&value, 1));
  }
  /// `condition` has as many `?` as there are values.
  Select& where(Fragment condition, std::span<const Value> values);
  /// Only when there is a value.
  template <class T>
  Select& where_if(Fragment condition, const std::optional<T>& value) {
    return value ? where(condition, Value(*value)) : *this;
  }
  /// `column` is one of `values`; nothing matches an empty list.
  Select& where_in(Fragment column, std::span<const std::string> values);
  /// `column` contains `text`, taken literally. Whether case counts is the engine's choice.
  Select& where_contains(Fragment column, std::string_view text);
  Select& group_by(Fragment terms);
  /// Several calls sort by the first, then by the next.
  Select& order_by(Fragment term);
  Select& order_by(Fragment column, bool descending);
  Select& limit(std::int64_t count, std::int64_t offset = 0);

  std::string sql() const;
  /// The number of rows without `limit`, as a query of one integer.
  std::string count_sql() const;

  core::Result<void> each(Connection& connection, const Connection::RowFunction& row) const;
  core::Result<std::int64_t> count(Connection& connection) const;

 private:
  struct Kept {
    Value::Kind kind = Value::Kind::null;
    std::int64_t integer = 0;
    std::string text;
  };
  void open_condition(std::string_view text);
  void keep(const Value& value);
  std::vector<Value> values() const;
  std::string filtered(std::string_view columns) const;

  Fragment columns_;
  Fragment from_;
  std::string conditions_;
  std::string group_;
  std::string order_;
  std::vector<Kept> values_;
  std::optional<std::pair<std::int64_t, std::int64_t>> limit_;
};

}  // namespace gatehouse::database
