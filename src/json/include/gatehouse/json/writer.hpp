#pragma once
/// Appends JSON to a string, compact, and sets the commas.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::json {

/// The string must outlive the writer. It may hold the beginning of a document, which this goes on
/// with; other text before the JSON must end with white space. What is appended as raw must be one
/// valid value. Nothing is checked: a value without its key, or an end without its begin, is a bug
/// of the caller. One thread.
class Writer {
 public:
  explicit Writer(std::string& out);

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();

  /// `name` must need no escapes.
  Writer& key(std::string_view name);
  /// For names from outside.
  Writer& quoted_key(std::string_view name);

  Writer& text(std::string_view value);
  Writer& raw(std::string_view json);
  Writer& number(std::uint64_t value);
  Writer& number(std::int64_t value);
  Writer& number(double value);
  Writer& boolean(bool value);
  Writer& null();

  /// key and value in one.
  Writer& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  /// Only when `json` is not empty.
  Writer& member_raw_if(std::string_view name, std::string_view json) {
    return json.empty() ? *this : member_raw(name, json);
  }

 private:
  void separate();
  std::string& out_;
  std::size_t begin_;  ///< where no comma goes; npos when a document goes on
};

}  // namespace gatehouse::json
