#pragma once
/// Several versions of a sealing key: one seals, all of them open.

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/crypto/random_bytes.hpp"
#include "gatehouse/crypto/sealing_key.hpp"

namespace gatehouse::crypto {

/// Thread-safe once it is filled.
class KeyRing {
 public:
  /// `current` seals from now on.
  explicit KeyRing(SealingKey current);
  /// One that only opens. A key that is already there changes nothing.
  void add_previous(SealingKey key);

  /// "<id of the key>:" and what SealingKey::seal() makes of it.
  core::Result<std::string> seal(const core::Secret& secret, std::string_view place,
                                 RandomBytes& random) const;
  /// With the key that the text names; a text of before keys had names is tried with each.
  /// Errc::not_found when the key it names is not here, else as SealingKey::open().
  core::Result<core::Secret> open(std::string_view sealed, std::string_view place) const;

  const std::string& current_id() const noexcept { return keys_.front().id; }
  /// The key that a sealed text names; empty for a text of before keys had names.
  static std::string_view id_in(std::string_view sealed) noexcept;

 private:
  struct Named {
    std::string id;
    SealingKey key;
  };
  std::vector<Named> keys_;  // the current one first
};

}  // namespace gatehouse::crypto
