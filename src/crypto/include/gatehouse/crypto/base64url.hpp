#pragma once
/// Base64 for URLs and tokens, and the standard form.

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);

/// The inverse. Nothing for padding, foreign characters, impossible lengths and left-over bits
/// that are not zero: one byte string has one text.
std::optional<std::string> from_base64url(std::string_view text);

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view bytes);
/// The inverse, as strict as from_base64url(): the padding must be there.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace gatehouse::crypto
