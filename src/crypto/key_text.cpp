#include "gatehouse/crypto/key_text.hpp"

#include "gatehouse/crypto/base64url.hpp"

namespace gatehouse::crypto {

core::Result<core::Secret> new_key(RandomBytes& random) {
  constexpr std::size_t kBytes = 32;
  auto bytes = random.get(kBytes);
  if (!bytes) return core::pass(bytes);
  if (bytes->size() != kBytes) {
    return core::fail(core::Errc::unavailable, "no random bytes available", "short answer");
  }
  return core::Secret("sk-" + base64url(*bytes));
}

}  // namespace gatehouse::crypto
