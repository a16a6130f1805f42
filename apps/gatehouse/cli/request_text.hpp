#pragma once
/// Bodies and queries from what the command line gives.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::app::cli {

/// A JSON object; what is absent is left out.
class Body {
 public:
  Body& text(std::string_view name, const std::optional<std::string>& value);
  /// A text that is JSON already: a number, a list, an object.
  Body& raw(std::string_view name, const std::optional<std::string>& value);
  Body& truth(std::string_view name, bool value);  ///< only when true
  Body& texts(std::string_view name, const std::vector<std::string>& values);
  /// "null" clears a field on the server.
  Body& nulls(const std::vector<std::string>& names);
  std::string str() const { return text_ + "}"; }

 private:
  void name(std::string_view name);
  std::string text_ = "{";
};

/// A path with a query, percent-encoded.
class Query {
 public:
  explicit Query(std::string_view path) : text_(path) {}
  Query& add(std::string_view name, const std::optional<std::string>& value);
  Query& add(std::string_view name, std::string_view value);
  Query& add(std::string_view name, const std::string& value) {
    return add(name, std::string_view(value));
  }
  Query& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
  bool first_ = true;
};

std::string percent_encoded(std::string_view text);

}  // namespace gatehouse::app::cli
