#pragma once
/// Hierarchical timer wheel: O(1) arm and disarm, no allocation, next due slot by bit scan.

#include <array>
#include <cstdint>
#include <optional>

#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net {

/// A list of timers. `occupied` and `bit` let a timer clear its slot's bit when it leaves.
struct TimerSlot {
  Timer* head = nullptr;
  Timer* tail = nullptr;
  std::uint64_t* occupied = nullptr;
  std::uint64_t bit = 0;
};

/// Six levels of 64 slots. A timer lies on the level of the highest group of six bits in which
/// its tick differs from the wheel's, so every timer of a lower level is due before those of a
/// higher one. The range is 2^36 ticks of 4 ms (8.7 years) from the start; later timers are
/// kept at its end.
class TimerWheel {
 public:
  static constexpr core::Nanos kTick = core::Millis(4);

  explicit TimerWheel(core::MonotonicTime start);
  /// Disarms what is left.
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Arms, or moves, `timer`. A due time in the past means the next call of fire().
  void arm(Timer& timer, core::MonotonicTime due);

  /// Runs the callbacks of all timers due at `now`, in the order of their ticks. Timers armed by
  /// the callbacks wait for the next call. A callback may destroy its timer.
  void fire(core::MonotonicTime now);

  /// When fire() has to be called next at the latest; empty when nothing is armed.
  std::optional<core::MonotonicTime> next_call() const noexcept;

 private:
  static constexpr unsigned kLevels = 6;
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kSlots = 64;
  static constexpr std::uint64_t kLastTick = (std::uint64_t{1} << (kLevels * kBits)) - 1;

  struct Level {
    std::uint64_t occupied = 0;
    std::array<TimerSlot, kSlots> slots;
  };
  struct Next {
    unsigned level;
    std::uint64_t slot;
    std::uint64_t tick;
  };

  static void append(TimerSlot& slot, Timer& timer) noexcept;
  std::optional<Next> next() const noexcept;
  void place(Timer& timer);
  std::uint64_t tick_at_or_after(core::MonotonicTime time) const noexcept;
  std::uint64_t tick_at_or_before(core::MonotonicTime time) const noexcept;

  core::MonotonicTime start_;
  std::uint64_t tick_ = 0;  ///< timers on earlier ticks were fired
  std::array<Level, kLevels> levels_;
  TimerSlot expired_;
};

}  // namespace gatehouse::net
