#pragma once
/// Small text helpers shared by every floor. ASCII only where case matters.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::core {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? char(c + 32) : c;
}

/// Case-insensitive comparison of ASCII text (header names, schemes).
bool iequals(std::string_view a, std::string_view b) noexcept;
bool istarts_with(std::string_view text, std::string_view prefix) noexcept;
std::string to_lower(std::string_view text);
/// Without leading and trailing spaces and tabs.
std::string_view trim(std::string_view text) noexcept;
std::vector<std::string_view> split(std::string_view text, char separator);

/// The whole of `text` as an unsigned decimal number: digits only, no sign, no overflow.
std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

/// Appends a decimal number without allocating.
void append_number(std::string& out, std::uint64_t value);
void append_number(std::string& out, std::int64_t value);

/// True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

/// Text as it may appear in one log line or error message: control characters, bidirectional
/// controls and invalid bytes become \xNN or \u{…}; at most `limit` bytes, then "…".
std::string printable(std::string_view text, std::size_t limit = 200);

/// Appends `text` as a quoted JSON string (RFC 8259 section 7); each invalid UTF-8 byte becomes
/// U+FFFD. With `JsonText::visible` control, invisible and bidirectional characters are written
/// as \u escapes too, so that the string is one readable line wherever it is shown (faults.md
/// F20) and still decodes to `text`.
enum class JsonText : std::uint8_t { compact, visible };
void append_json_string(std::string& out, std::string_view text,
                        JsonText style = JsonText::compact);

/// Matches `*` against any run of characters (LiteLLM's wildcard model names).
bool wildcard_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace gatehouse::core
