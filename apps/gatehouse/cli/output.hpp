#pragma once
/// Answers as text for people.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_value.hpp"

namespace gatehouse::app::cli {

/// A column: its title, and where its value stands in a row ("metadata.team").
struct Column {
  std::string_view title;
  std::string_view path;
  bool right = false;  ///< numbers
};

/// Rows of texts below titles, as wide as the widest; columns without any value are left out.
std::string table(const JsonValue& rows, std::span<const Column> columns);
/// "name  value" lines of an object's members; those that are null are left out.
std::string fields(const JsonValue& object);
/// What an error body says: LiteLLM's envelopes, or the text itself.
std::string error_text(std::string_view body);

}  // namespace gatehouse::app::cli
