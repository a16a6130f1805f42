#pragma once
/// CSV as PostgreSQL writes it (RFC 4180, NULL as an empty field without quotes): strict, bounded.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::app::import {

struct CsvLimits {
  std::size_t columns = 512;
  std::size_t field_bytes = std::size_t{16} << 20;
};

/// A record; an absent field is NULL.
using CsvRow = std::vector<std::optional<std::string>>;

/// Reads records from a text that stays where it is.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text, CsvLimits limits = {});

  /// The next record, or false at the end. Errc::invalid_argument with the line when the text is no
  /// CSV: a quote within a plain field, text behind a closing quote, a lone CR, a NUL, bytes that
  /// are no UTF-8, an open quote at the end, a record with another number of fields than the first,
  /// a field or a record beyond the limits. Nothing is read behind an error.
  core::Result<bool> next(CsvRow& row);

  std::uint64_t line() const noexcept { return line_; }  ///< from 1, of the record read last
  std::size_t consumed() const noexcept { return at_; }  ///< bytes

 private:
  core::Result<void> field(CsvRow& row);
  core::Result<void> quoted_field(std::string& out);
  core::Result<void> plain_field(std::string& out);
  core::Result<bool> end_of_field();
  std::unexpected<core::Error> fail(std::string_view why) const;

  std::string_view text_;
  CsvLimits limits_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  std::optional<std::size_t> columns_;
  bool failed_ = false;
};

}  // namespace gatehouse::app::import
