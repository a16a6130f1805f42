#pragma once
/// The keys that credentials in the database are sealed with.
///
/// Without an operator's key they are files of the data folder: `encryption_key` is the first
/// version, `encryption_key.2`, `encryption_key.3`, … are later ones; the last one seals. With one
/// in the environment (LLM_GATEWAY_ENCRYPTION_KEY, or PLATFORM_ENCRYPTION_KEY) that one seals. All
/// others, and LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY, open what they have sealed. Blocking.

#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/config/environment.hpp"
#include "gatehouse/crypto/key_ring.hpp"
#include "gatehouse/crypto/random_bytes.hpp"

namespace gatehouse::app {

struct SealingKeyFile {
  std::uint32_t version = 0;
  std::string path;
  crypto::SealingKey key;
};

/// Oldest first. Errc::forbidden when others may read one of them, Errc::io.
core::Result<std::vector<SealingKeyFile>> read_key_files(const std::string& data_folder);

/// Makes the next version, mode 0600. It is on the disk when this returns. Errc::unavailable
/// without randomness, Errc::io.
core::Result<SealingKeyFile> add_key_file(const std::string& data_folder,
                                          crypto::RandomBytes& random);

/// The name of the variable that has the operator's key; empty when there is none.
std::string operators_key_name(const config::Environment& environment);

/// All keys; the first file is made when there is none and no operator's key.
core::Result<crypto::KeyRing> open_key_ring(const std::string& data_folder,
                                            const config::Environment& environment,
                                            crypto::RandomBytes& random);

}  // namespace gatehouse::app
