#pragma once
/// Unpredictable bytes from the operating system.

#include <cstddef>
#include <string>

#include "gatehouse/core/error.hpp"

namespace gatehouse::crypto {

/// Source of unpredictable bytes. Thread-safe.
class RandomBytes {
 public:
  virtual ~RandomBytes() = default;

  /// `count` bytes (at most 1024), or Errc::unavailable. Whoever issues keys or nonces must refuse
  /// to go on without them (faults.md H8): there is no weaker second source.
  virtual core::Result<std::string> get(std::size_t count) = 0;
};

/// getrandom(2). Waits for the kernel's generator to be seeded, once after boot.
class SystemRandomBytes final : public RandomBytes {
 public:
  core::Result<std::string> get(std::size_t count) override;
};

}  // namespace gatehouse::crypto
