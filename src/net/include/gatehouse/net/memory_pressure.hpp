#pragma once
/// How short of memory the process is.

#include <atomic>
#include <cstdint>

namespace gatehouse::net {

enum class MemoryPressure : std::uint8_t {
  none,
  high,      ///< no large requests any more
  critical,  ///< no request with a body any more
};

/// Set by whoever watches the memory; read for every request by every thread.
using MemoryPressureFlag = std::atomic<MemoryPressure>;

}  // namespace gatehouse::net
