#include "gatehouse/crypto/random_bytes.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace gatehouse::crypto {

core::Result<std::string> SystemRandomBytes::get(std::size_t count) {
  constexpr std::size_t kMost = 1024;
  if (count > kMost) return core::fail(core::Errc::invalid_argument, "too many random bytes");
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (got < 0 && errno != EINTR) {
      return core::fail(core::Errc::unavailable, "no random bytes available",
                        std::string("getrandom: ") + std::strerror(errno));
    }
  }
  return bytes;
}

}  // namespace gatehouse::crypto
