#pragma once
/// A JSON text as a tree that keeps numbers as they were written, so that amounts are shown
/// exactly.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::app::cli {

class JsonValue {
 public:
  /// Errc::invalid_argument for anything but one JSON text of at most 64 levels.
  static core::Result<JsonValue> parse(std::string_view text);

  json::Kind kind() const noexcept { return kind_; }
  /// A string's content, a number's or literal's own text; empty for the others.
  const std::string& text() const noexcept { return text_; }
  /// Elements of a list (their names are empty) or members of an object, in order.
  const std::vector<std::pair<std::string, JsonValue>>& items() const noexcept { return items_; }
  /// The member of that name, nullptr when absent.
  const JsonValue* find(std::string_view name) const noexcept;
  /// The member at "a.b.c", nullptr when one of them is absent.
  const JsonValue* at(std::string_view path) const noexcept;

  /// As a cell of a table: "-" for null, lists joined by commas, objects as "name=value".
  std::string shown() const;

 private:
  static core::Result<JsonValue> parse(std::string_view text, int depth);
  json::Kind kind_ = json::Kind::null;
  std::string text_;
  std::vector<std::pair<std::string, JsonValue>> items_;
};

}  // namespace gatehouse::app::cli
