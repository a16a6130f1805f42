#include "csv.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::import {

CsvReader::CsvReader(std::string_view text, CsvLimits limits) : text_(text), limits_(limits) {
  // A byte order mark is no content.
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

std::unexpected<core::Error> CsvReader::fail(std::string_view why) const {
  return core::fail(core::Errc::invalid_argument,
                    "line " + std::to_string(next_line_) + ": " + std::string(why));
}

core::Result<bool> CsvReader::next(CsvRow& row) {
  row.clear();
  if (failed_ || at_ >= text_.size()) return false;
  failed_ = true;  // until the record turns out to be one
  line_ = next_line_;
  for (;;) {
    if (row.size() == limits_.columns) return fail("too many fields");
    if (auto read = field(row); !read) return core::pass(read);
    auto last = end_of_field();
    if (!last) return last;
    if (*last) break;
  }
  if (!columns_) columns_ = row.size();
  if (row.size() != *columns_) {
    return core::fail(core::Errc::invalid_argument,
                      "line " + std::to_string(line_) + ": " + std::to_string(row.size()) +
                          " fields, the first line has " + std::to_string(*columns_));
  }
  failed_ = false;
  return true;
}

core::Result<void> CsvReader::field(CsvRow& row) {
  std::string value;
  const bool quoted = at_ < text_.size() && text_[at_] == '"';
  auto read = quoted ? quoted_field(value) : plain_field(value);
  if (!read) return read;
  if (!core::is_utf8(value)) return fail("bytes that are no UTF-8");
  if (value.find('\0') != value.npos) return fail("a NUL");
  if (!quoted && value.empty()) {
    row.emplace_back();
  } else {
    row.emplace_back(std::move(value));
  }
  return {};
}

core::Result<void> CsvReader::quoted_field(std::string& out) {
  ++at_;
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == text_.npos) return fail("a quote that is not closed");
    if (quote - at_ > limits_.field_bytes - out.size()) return fail("a field that is too long");
    const std::string_view piece = text_.substr(at_, quote - at_);
    out += piece;
    next_line_ += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    at_ = quote + 1;
    if (at_ >= text_.size() || text_[at_] != '"') return {};
    if (out.size() == limits_.field_bytes) return fail("a field that is too long");
    out += '"';
    ++at_;
  }
}

core::Result<void> CsvReader::plain_field(std::string& out) {
  const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
  if (end < text_.size() && text_[end] == '"') return fail("a quote within a field without quotes");
  if (end - at_ > limits_.field_bytes) return fail("a field that is too long");
  out = text_.substr(at_, end - at_);
  at_ = end;
  return {};
}

/// True when the record ends here.
core::Result<bool> CsvReader::end_of_field() {
  if (at_ >= text_.size()) return true;
  if (text_[at_] == ',') {
    ++at_;
    return false;
  }
  if (text_[at_] == '\r') {
    ++at_;
    if (at_ >= text_.size() || text_[at_] != '\n') return fail("a carriage return on its own");
  }
  if (text_[at_] != '\n') return fail("text behind a closing quote");
  ++at_;
  ++next_line_;
  return true;
}

}  // namespace gatehouse::app::import
