#pragma once
/// Request targets and Host values in the one form that routing and authorisation see.

#include <expected>
#include <string_view>

#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {

struct RequestTarget {
  std::string_view path;
  std::string_view query;      ///< without '?'
  std::string_view authority;  ///< of the absolute form, else empty
};

/// Accepts the origin form and the absolute form of http(s) (RFC 9112 section 3.2). The path must
/// be in normal form: pchar and '/', valid triplets that spell UTF-8, no empty or dot
/// segment, no encoded slash, backslash or control character.
std::expected<RequestTarget, HttpViolation> parse_target(std::string_view target);

/// host [":" port]: a registered name of letters, digits, '-', '.', '_', '~', or a bracketed
/// IPv6 literal; the port has at most five digits.
bool is_valid_host(std::string_view host) noexcept;

/// Value of a percent triplet's two digits, or -1.
int decode_triplet(char high, char low) noexcept;

}  // namespace gatehouse::net
