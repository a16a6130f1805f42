#pragma once
/// Appends JSON to a string; commas are set by looking at what stands before.

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::providers {

/// The string must outlive the writer. What is appended as raw must be valid JSON. Text before the
/// JSON must end with white space or be empty.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();

  /// `name` must need no escapes.
  JsonWriter& key(std::string_view name);
  /// For names from outside.
  JsonWriter& quoted_key(std::string_view name);

  JsonWriter& text(std::string_view value);
  JsonWriter& raw(std::string_view json);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  /// key and value in one.
  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  JsonWriter& member_raw(std::string_view name, std::string_view json) {
    return key(name).raw(json);
  }
  /// Only when `json` is not empty.
  JsonWriter& member_raw_if(std::string_view name, std::string_view json) {
    return json.empty() ? *this : member_raw(name, json);
  }

  std::string& out() noexcept { return out_; }

 private:
  void separate();
  std::string& out_;
};

}  // namespace gatehouse::providers
