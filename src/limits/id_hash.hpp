#pragma once
/// A hash that clients cannot aim at: SipHash.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::limits {

/// SipHash (Aumasson, Bernstein 2012) with `C` rounds for each 8 bytes and `D` at the end.
template <int C, int D>
std::uint64_t sip_hash(std::uint64_t key0, std::uint64_t key1, std::string_view text) noexcept {
  std::uint64_t v0 = key0 ^ 0x736f6d6570736575U, v1 = key1 ^ 0x646f72616e646f6dU;
  std::uint64_t v2 = key0 ^ 0x6c7967656e657261U, v3 = key1 ^ 0x7465646279746573U;
  const auto mix = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t last = std::uint64_t{text.size()} << 56;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    v3 ^= word, mix(C), v0 ^= word;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    last |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  v3 ^= last, mix(C), v0 ^= last;
  v2 ^= 0xff, mix(D);
  return v0 ^ v1 ^ v2 ^ v3;
}

inline std::uint64_t hash_id(std::uint64_t key, std::uint64_t scope, std::string_view id) noexcept {
  return sip_hash<1, 3>(key, scope, id);
}

}  // namespace gatehouse::limits
