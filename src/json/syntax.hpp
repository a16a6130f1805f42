#pragma once
/// The terminal symbols of RFC 8259 as bounded checks over bytes.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Behind the digits at `p`.
inline const char* skip_digits(const char* p, const char* end) noexcept {
  // Eight at a time: a byte is a digit when its high half is 3 and stays 3 after adding 6. A
  // carry reaches later bytes only from one that is no digit.
  while (std::endian::native == std::endian::little && end - p >= 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    constexpr std::uint64_t kHigh = 0xf0f0f0f0f0f0f0f0;
    constexpr std::uint64_t kThree = 0x3030303030303030;
    const std::uint64_t strange =
        ((bytes & kHigh) ^ kThree) | (((bytes + 0x0606060606060606) & kHigh) ^ kThree);
    if (strange != 0) return p + std::countr_zero(strange) / 8;
    p += 8;
  }
  while (p != end && is_digit(*p)) ++p;
  return p;
}

/// Behind the longest number at `p`, nullptr when there is none (section 6).
inline const char* number_end(const char* p, const char* end) noexcept {
  if (p != end && *p == '-') ++p;
  if (p == end || !is_digit(*p)) return nullptr;
  p = *p == '0' ? p + 1 : skip_digits(p, end);
  if (p != end && *p == '.') {
    const char* const fraction = p + 1;
    p = skip_digits(fraction, end);
    if (p == fraction) return nullptr;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    const char* const exponent = p;
    p = skip_digits(exponent, end);
    if (p == exponent) return nullptr;
  }
  return p;
}

/// The first backslash in [p, end) that starts no escape of section 7, nullptr when all do.
const char* bad_escape(const char* p, const char* end) noexcept;

/// The first backslash in [p, end), or `end`.
const char* find_backslash(const char* p, const char* end) noexcept;

/// The first quote, backslash or control character in [p, end), or `end`.
const char* find_special(const char* p, const char* end) noexcept;

}  // namespace gatehouse::json::syntax
