#pragma once
/// Base64 for URLs and tokens.

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);

/// The inverse. Nothing for padding, foreign characters, impossible lengths and left-over bits
/// that are not zero: one byte string has one text.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace gatehouse::crypto
