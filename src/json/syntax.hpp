#pragma once
/// The terminal symbols of RFC 8259 as bounded checks over bytes.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::json::syntax {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// May follow a number or literal.
constexpr bool is_delimiter(char c) noexcept {
  return is_space(c) || c == ',' || c == '}' || c == ']' || c == ':' || c == '{' || c == '[';
}

/// The value of a hexadecimal digit, -1 for any other byte.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The UTF-16 unit of the four digits at `p`, -1 when one is not hexadecimal or `end` is near.
constexpr std::int32_t hex_unit(const char* p, const char* end) noexcept {
  if (end - p < 4) return -1;
  std::int32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(p[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Behind the longest number at `p`, nullptr when there is none (section 6).
const char* number_end(const char* p, const char* end) noexcept;

/// The first backslash in [p, end) that starts no escape of section 7, nullptr when all do.
const char* bad_escape(const char* p, const char* end) noexcept;

/// The first backslash in [p, end), or `end`.
const char* find_backslash(const char* p, const char* end) noexcept;

}  // namespace gatehouse::json::syntax
