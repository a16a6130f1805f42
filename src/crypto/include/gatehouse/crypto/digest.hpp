#pragma once
/// Cryptographic hashing. Thread-safe.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4).
Sha256 sha256(std::string_view bytes);

/// The same in lowercase hexadecimal: how virtual keys are stored.
std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA-256 (RFC 2104). `key` may have any length.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

/// Lowercase hexadecimal.
std::string to_hex(std::string_view bytes);

}  // namespace gatehouse::crypto
