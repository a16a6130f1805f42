#include "digest.hpp"

namespace gatehouse::models {

namespace {

constexpr std::uint64_t kOdd1 = 0xa4093822299f31d1ULL;
constexpr std::uint64_t kOdd2 = 0x082efa98ec4e6c89ULL;

/// Both halves of a 128-bit product, folded: every bit of the operands reaches every output bit.
std::uint64_t fold(std::uint64_t x, std::uint64_t y) noexcept {
  const unsigned __int128 product = static_cast<unsigned __int128>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t little_endian(const char* bytes, std::size_t count) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

void append_hex(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15];
}

}  // namespace

void Digest::mix(std::uint64_t word) noexcept {
  a_ = fold(a_ ^ word, kOdd1) + word;
  b_ = fold(b_ + word, kOdd2) ^ (word << 1);
}

Digest& Digest::add(std::string_view text) noexcept {
  mix(text.size());
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) mix(little_endian(text.data() + at, 8));
  if (at < text.size()) mix(little_endian(text.data() + at, text.size() - at));
  return *this;
}

std::string Digest::hex() const {
  std::string out;
  out.reserve(32);
  append_hex(out, fold(a_ ^ kOdd2, kOdd1) + b_);
  append_hex(out, fold(b_ ^ kOdd1, kOdd2) ^ a_);
  return out;
}

}  // namespace gatehouse::models
