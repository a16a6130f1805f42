#pragma once
/// Reads and writes records through the lists of columns.hpp.

#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "columns.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/database/connection.hpp"
#include "json_columns.hpp"

namespace gatehouse::tenancy {

// --- one value ----------------------------------------------------------------------------------

inline void read_value(const database::Row& row, int column, std::string& value) {
  value = row.text(column);
}
inline void read_value(const database::Row& row, int column, bool& value) {
  value = row.integer(column) != 0;
}
inline void read_value(const database::Row& row, int column, std::uint32_t& value) {
  value = static_cast<std::uint32_t>(row.integer(column));
}
inline void read_value(const database::Row& row, int column, std::uint64_t& value) {
  value = static_cast<std::uint64_t>(row.integer(column));
}
inline void read_value(const database::Row& row, int column, core::Money& value) {
  value = core::Money::nano_usd(row.integer(column));
}
inline void read_value(const database::Row& row, int column, core::WallTime& value) {
  value = core::WallTime(core::Nanos(row.integer(column)));
}
inline void read_value(const database::Row& row, int column, KeyType& value) {
  value = key_type_named(row.text(column)).value_or(KeyType::read_only);
}
inline void read_value(const database::Row& row, int column, UserRole& value) {
  value = user_role_named(row.text(column)).value_or(UserRole::internal_user_viewer);
}
inline void read_value(const database::Row& row, int column, MemberRole& value) {
  value = member_role_named(row.text(column)).value_or(MemberRole::user);
}
template <class T>
  requires requires(std::string_view text, T& value) { from_json(text, value); }
void read_value(const database::Row& row, int column, T& value) {
  from_json(row.text(column), value);
}
template <class T>
void read_value(const database::Row& row, int column, std::optional<T>& value) {
  if (row.is_null(column)) return;
  read_value(row, column, value.emplace());
}

/// Fills a record from the columns of a row, one after the other.
class RowReader {
 public:
  explicit RowReader(const database::Row& row, int first = 0) : row_(row), column_(first) {}
  template <class T>
  void field(std::string_view, T& value) {
    read_value(row_, column_++, value);
  }
  void json(std::string_view, std::string& text) { text = row_.text(column_++); }
  int column() const noexcept { return column_; }

 private:
  const database::Row& row_;
  int column_;
};

/// The values of a record as parameters. Owns the texts made from lists and maps.
class RowWriter {
 public:
  void field(std::string_view, const std::string& value) { values_.emplace_back(value); }
  void field(std::string_view, bool value) { values_.emplace_back(value); }
  void field(std::string_view, std::uint32_t value) { values_.emplace_back(std::int64_t{value}); }
  void field(std::string_view, std::uint64_t value) {
    values_.emplace_back(static_cast<std::int64_t>(value));
  }
  void field(std::string_view, core::Money value) { values_.emplace_back(value.nano_usd()); }
  void field(std::string_view, core::WallTime value) {
    values_.emplace_back(std::int64_t{value.time_since_epoch().count()});
  }
  template <class T>
    requires std::is_enum_v<T>
  void field(std::string_view, T value) {
    values_.emplace_back(name_of(value));
  }
  template <class T>
    requires requires(const T& value) { to_json(value); }
  void field(std::string_view, const T& value) {
    values_.emplace_back(texts_.emplace_back(to_json(value)));
  }
  template <class T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) {
      field(name, *value);
    } else {
      values_.emplace_back();
    }
  }
  void json(std::string_view, const std::string& text) { values_.emplace_back(text); }
  void add(const database::Value& value) { values_.push_back(value); }
  std::span<const database::Value> values() const noexcept { return values_; }

 private:
  std::vector<database::Value> values_;
  std::deque<std::string> texts_;
};

/// The names of all columns.
class ColumnNames {
 public:
  template <class T>
  void field(std::string_view name, const T&) {
    names_.emplace_back(name);
  }
  void json(std::string_view name, const std::string&) { names_.emplace_back(name); }
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
};

// --- statements, one text per table
// ---------------------------------------------------------------

/// "a, b, c"
std::string joined(const std::vector<std::string>& names, std::string_view suffix = "");
/// "?, ?, ?"
std::string placeholders(std::size_t count);

template <class Record>
std::vector<std::string> columns_of() {
  ColumnNames names;
  const Record record{};
  Table<Record>::visit(names, record);
  return names.names();
}

template <class Record>
core::Result<void> insert_row(database::Connection& connection, const Record& record) {
  static const std::string kSql = "INSERT INTO " + std::string(Table<Record>::kName) + " (" +
                                  joined(columns_of<Record>()) + ") VALUES (" +
                                  placeholders(columns_of<Record>().size()) + ")";
  RowWriter writer;
  Table<Record>::visit(writer, record);
  auto done = connection.execute(kSql, writer.values());
  if (!done) return core::pass(done);
  return {};
}

/// Writes all columns of the row that has had `id`.
template <class Record>
core::Result<void> update_row(database::Connection& connection, const Record& record,
                              std::string_view id) {
  static const std::string kSql = "UPDATE " + std::string(Table<Record>::kName) + " SET " +
                                  joined(columns_of<Record>(), " = ?") + " WHERE " +
                                  std::string(Table<Record>::kId) + " = ?";
  RowWriter writer;
  Table<Record>::visit(writer, record);
  writer.add(id);
  auto done = connection.execute(kSql, writer.values());
  if (!done) return core::pass(done);
  return {};
}

template <class Record>
core::Result<void> delete_row(database::Connection& connection, std::string_view id) {
  static const std::string kSql = "DELETE FROM " + std::string(Table<Record>::kName) + " WHERE " +
                                  std::string(Table<Record>::kId) + " = ?";
  auto done = connection.execute(kSql, {id});
  if (!done) return core::pass(done);
  return {};
}

template <class Record>
Record read_row(const database::Row& row) {
  Record record{};
  RowReader reader(row);
  Table<Record>::visit(reader, record);
  return record;
}

/// The row, or nothing.
template <class Record>
core::Result<std::optional<Record>> maybe_row(database::Connection& connection,
                                              std::string_view id) {
  static const std::string kSql = "SELECT * FROM " + std::string(Table<Record>::kName) + " WHERE " +
                                  std::string(Table<Record>::kId) + " = ?";
  std::optional<Record> found;
  auto done = connection.query(kSql, {id}, [&](const database::Row& row) -> core::Result<void> {
    found = read_row<Record>(row);
    return {};
  });
  if (!done) return core::pass(done);
  return found;
}

/// Errc::not_found in words for the client.
std::unexpected<core::Error> missing(std::string_view what, std::string_view id);

template <class Record>
core::Result<Record> find_row(database::Connection& connection, std::string_view id) {
  auto found = maybe_row<Record>(connection, id);
  if (!found) return core::pass(found);
  std::optional<Record> present = std::move(*found);
  if (!present) return missing(Table<Record>::kWhat, id);
  return std::move(*present);
}

/// Those of the ids that have a row, in their order.
template <class Record>
core::Result<std::vector<Record>> rows_of(database::Connection& connection,
                                          const std::vector<std::string>& ids) {
  std::vector<Record> rows;
  for (const std::string& id : ids) {
    auto row = maybe_row<Record>(connection, id);
    if (!row) return core::pass(row);
    std::optional<Record> present = std::move(*row);
    if (present) rows.push_back(std::move(*present));
  }
  return rows;
}

// --- for the audit log
// ----------------------------------------------------------------------------

/// A record as a JSON object; what is null is left out.
class AuditText {
 public:
  template <class T>
  void field(std::string_view name, const T& value) {
    if constexpr (requires { value.has_value(); }) {
      if (value) field(name, *value);
    } else {
      begin(name);
      append(value);
    }
  }
  void json(std::string_view name, const std::string& text) {
    begin(name);
    out_ += name == "litellm_params" ? without_values(text) : text;
  }
  std::string text() && { return std::move(out_) + "}"; }

 private:
  void begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    core::append_json_string(out_, name);
    out_ += ':';
  }
  void append(const std::string& value) { core::append_json_string(out_, value); }
  void append(bool value) { out_ += value ? "true" : "false"; }
  void append(std::uint32_t value) { core::append_number(out_, std::uint64_t{value}); }
  void append(std::uint64_t value) { core::append_number(out_, value); }
  void append(core::Money value) { core::append_number(out_, value.nano_usd()); }
  void append(core::WallTime value) {
    core::append_number(out_, std::int64_t{value.time_since_epoch().count()});
  }
  template <class T>
    requires std::is_enum_v<T>
  void append(T value) {
    core::append_json_string(out_, name_of(value));
  }
  template <class T>
    requires requires(const T& value) { to_json(value); }
  void append(const T& value) {
    out_ += to_json(value);
  }
  std::string out_ = "{";
};

template <class Record>
std::string audit_text(const Record& record) {
  AuditText text;
  Table<Record>::visit(text, record);
  return std::move(text).text();
}

}  // namespace gatehouse::tenancy
