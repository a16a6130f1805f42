#pragma once
/// Where rows of another system's tables come from.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "csv.hpp"
#include "gatehouse/core/error.hpp"

namespace gatehouse::app::import {

/// A row by the names of its columns. Views are valid until the next row.
class SourceRow {
 public:
  /// The names of the first record.
  void set_columns(const CsvRow& names);
  CsvRow& values() noexcept { return values_; }

  /// Nothing for NULL and for a column that the table does not have.
  std::optional<std::string_view> find(std::string_view column) const;
  /// The same, with NULL as an empty text.
  std::string_view text(std::string_view column) const { return find(column).value_or(""); }
  bool has_column(std::string_view column) const { return columns_.find(column) != columns_.end(); }

 private:
  std::map<std::string, std::size_t, std::less<>> columns_;
  CsvRow values_;
};

/// One table, read once. Blocking.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual core::Result<bool> next(SourceRow& row) = 0;
  virtual std::uint64_t line() const = 0;  ///< of the row read last, for messages
  virtual unsigned percent() const = 0;    ///< read so far
};

/// All tables of one dump.
class Dump {
 public:
  virtual ~Dump() = default;
  /// Null when the dump does not have the table.
  virtual core::Result<std::unique_ptr<RowSource>> open(std::string_view table) = 0;
};

/// A folder of TABLE.csv files with a line of names: as psql's
/// \copy "LiteLLM_TeamTable" to 'LiteLLM_TeamTable.csv' csv header. Names count without case and
/// with or without "LiteLLM_".
std::unique_ptr<Dump> open_folder(const std::string& folder);

/// One CSV file with a line of names.
core::Result<std::unique_ptr<RowSource>> open_file(const std::string& file);
/// The same of a text.
std::unique_ptr<RowSource> read_text(std::string text);

}  // namespace gatehouse::app::import
