#include "token_text.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/key_store.hpp"

namespace gatehouse::tenancy {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = core::ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string hex_of(const crypto::Sha256& hash) {
  return crypto::to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::optional<crypto::Sha256> hash_of(std::string_view hex) {
  crypto::Sha256 hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(16 * high + low);
  }
  return hash;
}

std::string token_of(std::string_view key_or_hash) {
  return key_or_hash.starts_with("sk-") ? crypto::sha256_hex(key_or_hash)
                                        : core::to_lower(key_or_hash);
}

}  // namespace gatehouse::tenancy
