#include "timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace gatehouse::net {

void Timer::disarm() noexcept {
  TimerSlot* slot = std::exchange(wheel_slot_, nullptr);
  if (slot == nullptr) return;
  (previous_ != nullptr ? previous_->next_ : slot->head) = next_;
  (next_ != nullptr ? next_->previous_ : slot->tail) = previous_;
  next_ = previous_ = nullptr;
  if (slot->head == nullptr && slot->occupied != nullptr) *slot->occupied &= ~slot->bit;
}

void TimerWheel::append(TimerSlot& slot, Timer& timer) noexcept {
  timer.previous_ = slot.tail;
  timer.next_ = nullptr;
  (slot.tail != nullptr ? slot.tail->next_ : slot.head) = &timer;
  slot.tail = &timer;
  timer.wheel_slot_ = &slot;
  if (slot.occupied != nullptr) *slot.occupied |= slot.bit;
}

TimerWheel::TimerWheel(core::MonotonicTime start) : start_(start) {
  for (Level& level : levels_) {
    for (std::uint64_t i = 0; i < kSlots; ++i) {
      level.slots[i].occupied = &level.occupied;
      level.slots[i].bit = std::uint64_t{1} << i;
    }
  }
}

TimerWheel::~TimerWheel() {
  for (Level& level : levels_) {
    for (TimerSlot& slot : level.slots) {
      while (slot.head != nullptr) slot.head->disarm();
    }
  }
  while (expired_.head != nullptr) expired_.head->disarm();
}

std::uint64_t TimerWheel::tick_at_or_after(core::MonotonicTime time) const noexcept {
  if (time <= start_) return 0;
  // A due time of MonotonicTime::max() must not overflow, hence no rounding by addition.
  const core::Nanos since = time - start_;
  const auto whole = static_cast<std::uint64_t>(since / kTick);
  return std::min(since % kTick == core::Nanos(0) ? whole : whole + 1, kLastTick);
}

std::uint64_t TimerWheel::tick_at_or_before(core::MonotonicTime time) const noexcept {
  if (time <= start_) return 0;
  return std::min(static_cast<std::uint64_t>((time - start_) / kTick), kLastTick);
}

void TimerWheel::arm(Timer& timer, core::MonotonicTime due) {
  timer.disarm();
  timer.due_ = due;
  place(timer);
}

void TimerWheel::place(Timer& timer) {
  const std::uint64_t tick = std::max(tick_at_or_after(timer.due_), tick_);
  const std::uint64_t differing = (tick ^ tick_) | (kSlots - 1);
  const unsigned level = (63U - static_cast<unsigned>(std::countl_zero(differing))) / kBits;
  append(levels_[level].slots[(tick >> (level * kBits)) % kSlots], timer);
}

std::optional<TimerWheel::Next> TimerWheel::next() const noexcept {
  for (unsigned level = 0; level < kLevels; ++level) {
    if (levels_[level].occupied == 0) continue;
    // All timers of a level lie ahead of the wheel's own position on it, so the lowest bit is
    // the next slot.
    const auto slot = static_cast<std::uint64_t>(std::countr_zero(levels_[level].occupied));
    const unsigned shift = level * kBits;
    const std::uint64_t above = tick_ >> (shift + kBits) << (shift + kBits);
    return Next{level, slot, above | (slot << shift)};
  }
  return std::nullopt;
}

std::optional<core::MonotonicTime> TimerWheel::next_call() const noexcept {
  const std::optional<Next> found = next();
  if (!found) return std::nullopt;
  return start_ + kTick * static_cast<std::int64_t>(found->tick);
}

void TimerWheel::fire(core::MonotonicTime now) {
  const std::uint64_t until = tick_at_or_before(now);
  while (const std::optional<Next> found = next()) {
    if (found->tick > until) break;
    tick_ = found->tick;
    TimerSlot& slot = levels_[found->level].slots[found->slot];
    while (Timer* timer = slot.head) {
      timer->disarm();
      if (found->level == 0) {
        append(expired_, *timer);
      } else {
        place(*timer);
      }
    }
  }
  tick_ = std::max(tick_, until);
  while (Timer* timer = expired_.head) {
    timer->disarm();
    timer->on_expiry_();  // may destroy the timer: nothing may follow
  }
}

}  // namespace gatehouse::net
