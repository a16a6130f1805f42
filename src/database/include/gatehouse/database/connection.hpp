#pragma once
/// SQL statements with bound parameters over one connection.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::database {

/// A parameter. Texts and blobs are views, valid until the statement has run.
class Value {
 public:
  enum class Kind : std::uint8_t { null, integer, text, blob };
  Value() = default;
  Value(std::nullptr_t) {}                                              // NOLINT: a literal
  Value(std::int64_t value) : kind_(Kind::integer), integer_(value) {}  // NOLINT: a literal
  Value(int value) : Value(std::int64_t{value}) {}                      // NOLINT: a literal
  Value(bool value) : Value(std::int64_t{value}) {}                     // NOLINT: a literal
  Value(std::string_view text) : kind_(Kind::text), text_(text) {}      // NOLINT: a literal
  Value(const std::string& text) : Value(std::string_view(text)) {}     // NOLINT: a literal
  Value(const char* text) : Value(std::string_view(text)) {}            // NOLINT: a literal
  template <class T>
  Value(const std::optional<T>& value) {  // NOLINT: a literal
    if (value) *this = Value(*value);
  }
  static Value blob(std::string_view bytes) {
    Value value(bytes);
    value.kind_ = Kind::blob;
    return value;
  }
  Kind kind() const noexcept { return kind_; }
  std::int64_t integer() const noexcept { return integer_; }
  std::string_view text() const noexcept { return text_; }

 private:
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  std::string_view text_;
};

/// The present row of a query. Views are valid until the next row.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;   ///< 0 for NULL
  virtual std::string_view text(int column) const = 0;  ///< empty for NULL; blobs as bytes
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<std::string> maybe_text(int column) const;
};

/// One connection, used by one thread at a time. Statements are prepared once per text.
/// Failures: Errc::conflict for a violated constraint, Errc::unavailable (retryable) for a busy or
/// full database, Errc::deadline_exceeded for a read over its limit, Errc::io for the disk
/// (retryable when it could not be read), Errc::internal for anything else. Public texts hold no
/// SQL. A failed statement ends its transaction: what follows fails alike and nothing is committed
/// (ON CONFLICT avoids it).
class Connection {
 public:
  virtual ~Connection() = default;
  using RowFunction = std::function<core::Result<void>(const Row&)>;

  /// Runs one statement, whose parameters are `?`; returns the number of rows it changed itself.
  virtual core::Result<std::int64_t> execute(std::string_view sql,
                                             std::span<const Value> values) = 0;
  /// Calls `each` for every row, which may use the connection; an error of it ends the query and
  /// is returned.
  virtual core::Result<void> query(std::string_view sql, std::span<const Value> values,
                                   const RowFunction& each) = 0;

  core::Result<std::int64_t> execute(std::string_view sql,
                                     std::initializer_list<Value> values = {}) {
    return execute(sql, std::span<const Value>(values.begin(), values.size()));
  }
  core::Result<void> query(std::string_view sql, std::initializer_list<Value> values,
                           const RowFunction& each) {
    return query(sql, std::span<const Value>(values.begin(), values.size()), each);
  }
};

}  // namespace gatehouse::database
