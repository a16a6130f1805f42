#pragma once
/// Finds the place of an error that the SIMD stage reports without one. Off the hot path.

#include <cstddef>
#include <string_view>

namespace gatehouse::json {

/// Offset of the first byte that belongs to no well-formed UTF-8 sequence (RFC 3629), or the
/// size of the text.
std::size_t locate_bad_utf8(std::string_view text) noexcept;

/// Offset of the first control character inside a string, else of the opening quote of the
/// string that is not closed.
std::size_t locate_bad_string(std::string_view text) noexcept;

}  // namespace gatehouse::json
