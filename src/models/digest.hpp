#pragma once
/// Content identifiers: not for security.

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::models {

/// A 128-bit hash of what was added, independent of the machine. Tells contents apart; it is not
/// meant to withstand somebody who looks for collisions, and no secret may be added.
class Digest {
 public:
  /// Adds a text with its length, so that ("ab", "c") and ("a", "bc") differ.
  Digest& add(std::string_view text) noexcept;
  /// 32 lowercase hexadecimal digits.
  std::string hex() const;

 private:
  void mix(std::uint64_t word) noexcept;
  std::uint64_t a_ = 0x243f6a8885a308d3ULL;  // digits of pi
  std::uint64_t b_ = 0x13198a2e03707344ULL;
};

}  // namespace gatehouse::models
