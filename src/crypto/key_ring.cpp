#include "gatehouse/crypto/key_ring.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::crypto {

KeyRing::KeyRing(SealingKey current) {
  std::string id = current.id();
  keys_.push_back({std::move(id), std::move(current)});
}

void KeyRing::add_previous(SealingKey key) {
  std::string id = key.id();
  const bool known = std::ranges::any_of(keys_, [&](const Named& each) { return each.id == id; });
  if (!known) keys_.push_back({std::move(id), std::move(key)});
}

core::Result<std::string> KeyRing::seal(const core::Secret& secret, std::string_view place,
                                        RandomBytes& random) const {
  auto sealed = keys_.front().key.seal(secret, place, random);
  if (!sealed) return sealed;
  return keys_.front().id + ":" + *sealed;
}

core::Result<core::Secret> KeyRing::open(std::string_view sealed, std::string_view place) const {
  const std::string_view id = id_in(sealed);
  if (!id.empty()) sealed.remove_prefix(id.size() + 1);
  core::Result<core::Secret> opened =
      core::fail(core::Errc::not_found, "a stored secret cannot be opened",
                 "sealed with key " + std::string(id) + ", which is not here");
  for (const Named& each : keys_) {
    if (!id.empty() && each.id != id) continue;
    opened = each.key.open(sealed, place);
    if (opened) break;
  }
  return opened;
}

std::string_view KeyRing::id_in(std::string_view sealed) noexcept {
  return sealed.find(':') == SealingKey::kIdLength ? sealed.substr(0, SealingKey::kIdLength)
                                                   : std::string_view();
}

}  // namespace gatehouse::crypto
