#pragma once
/// Hashes of keys as text.

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/crypto/digest.hpp"

namespace gatehouse::tenancy {

std::string hex_of(const crypto::Sha256& hash);
/// Nothing unless the text has 64 hexadecimal digits.
std::optional<crypto::Sha256> hash_of(std::string_view hex);

}  // namespace gatehouse::tenancy
