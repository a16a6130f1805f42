#pragma once
/// UTF-8 one code point at a time (RFC 3629): no overlong forms, no surrogates.

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::json {

inline constexpr char32_t kReplacement = 0xfffd;

struct CodePoint {
  char32_t value = kReplacement;
  std::size_t length = 1;  ///< bytes taken, also when not valid
  bool valid = false;
};

/// The sequence at `at`, which is inside the text.
CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept;

/// Appends a scalar value.
void append_utf8(std::string& out, char32_t value);

}  // namespace gatehouse::json
