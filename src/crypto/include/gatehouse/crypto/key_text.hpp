#pragma once
/// The text of virtual keys and of the master key.

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/crypto/random_bytes.hpp"

namespace gatehouse::crypto {

/// "sk-" and base64url of 32 random bytes: 46 characters, 256 bits. Fails only when `random` does.
core::Result<core::Secret> new_key(RandomBytes& random);

}  // namespace gatehouse::crypto
