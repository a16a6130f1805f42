#pragma once
/// What request and response heads have in common: character classes, field lines and the fields
/// that decide about framing.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gatehouse/net/headers.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {

/// tchar of RFC 9110 section 5.6.2.
bool is_token_char(unsigned char c) noexcept;
/// True for a non-empty token.
bool is_token(std::string_view text) noexcept;

/// First control character other than the tab (0x00-0x1f without 0x09, 0x7f), or `end`.
const char* find_control(const char* at, const char* end) noexcept;

/// True for a field that frames or routes a message, also when written with '_' for '-', which
/// some servers treat as the same name.
bool is_framing_name(std::string_view name) noexcept;

/// The fields that the codec itself acts on.
struct FramingFields {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool expect_other = false;
  bool content_coded = false;  ///< a Content-Encoding other than identity
  std::size_t host_count = 0;
  std::string_view host;
};

/// Parses field lines into `fields` (cleared first) and `framing`; refuses what RFC 9112 calls
/// invalid and every ambiguity of framing.
std::expected<void, HttpViolation> parse_fields(std::string_view buffer,
                                                std::span<const detail::HeadScanner::Line> lines,
                                                std::vector<HeaderField>& fields,
                                                FramingFields& framing);

}  // namespace gatehouse::net
