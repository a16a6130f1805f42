#pragma once
/// Watches what the process holds of the memory that it may have.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "gatehouse/net/memory_pressure.hpp"

namespace gatehouse::app {

/// What the control group of the process may have; 0: no limit, or none that can be read. Blocking.
std::uint64_t control_group_memory_limit();
/// Memory of the process that no file backs, in bytes; 0 when it cannot be told. Blocking.
std::uint64_t anonymous_memory();

/// From 80 % of the limit on the pressure is high, from 95 % on critical; it falls again 5 % below.
net::MemoryPressure pressure_of(std::uint64_t used, std::uint64_t limit,
                                net::MemoryPressure before) noexcept;

/// Sets a flag ten times a second, on a thread of its own. Without a limit there is no thread.
class MemoryGuard {
 public:
  /// `changed` is called on the guard's thread with the new pressure and the bytes in use.
  using Changed = std::function<void(net::MemoryPressure, std::uint64_t used)>;

  MemoryGuard(std::uint64_t limit, Changed changed);
  ~MemoryGuard();
  MemoryGuard(const MemoryGuard&) = delete;
  MemoryGuard& operator=(const MemoryGuard&) = delete;

  /// Lives as long as the guard.
  const net::MemoryPressureFlag& flag() const noexcept { return flag_; }
  std::uint64_t limit() const noexcept { return limit_; }

 private:
  void watch();

  const std::uint64_t limit_;
  const Changed changed_;
  net::MemoryPressureFlag flag_{net::MemoryPressure::none};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace gatehouse::app
