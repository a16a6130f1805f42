#pragma once
/// Secrets at rest: authenticated encryption with a place that they belong to.

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/crypto/random_bytes.hpp"

namespace gatehouse::crypto {

/// AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce each time. Immutable and thread-safe.
class SealingKey {
 public:
  static constexpr std::size_t kIdLength = 8;

  /// Any text of at least 16 bytes; 64 hexadecimal digits are taken as the key itself, everything
  /// else is hashed to one. Errc::invalid_argument for shorter ones.
  static core::Result<SealingKey> from_text(const core::Secret& text);

  /// "<nonce>:<ciphertext and tag>" in hexadecimal. `place` (table, row, field) is authenticated:
  /// what was sealed for one place does not open in another. Errc::unavailable without randomness.
  core::Result<std::string> seal(const core::Secret& secret, std::string_view place,
                                 RandomBytes& random) const;
  /// Errc::invalid_argument when the text, the place or the key is not the one it was sealed with.
  core::Result<core::Secret> open(std::string_view sealed, std::string_view place) const;

  /// Which key this is, in kIdLength hexadecimal digits: a hash that tells nothing of a random key.
  std::string id() const;

 private:
  explicit SealingKey(core::Secret key) : key_(std::move(key)) {}
  core::Secret key_;  // 32 bytes
};

}  // namespace gatehouse::crypto
