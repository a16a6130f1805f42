#include "meter.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::limits {
namespace {

using core::MonotonicTime;
using core::Nanos;
using Wide = unsigned __int128;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return b > kMost - a ? kMost : a + b;
}

Wide length(const Pace& pace) {
  return static_cast<Wide>(std::max<std::int64_t>(pace.window.count(), 1));
}

/// What flows back into the bucket from `from` to `to`.
Wide refill(const Pace& pace, MonotonicTime from, MonotonicTime to) {
  return to > from ? Wide{pace.limit} * static_cast<Wide>((to - from).count()) : 0;
}

}  // namespace

bool Meter::is_open(const Pace& pace, MonotonicTime now) const noexcept {
  return open_ && now - start_ < pace.window;
}

std::uint64_t Meter::used(const Pace& pace, MonotonicTime now) const noexcept {
  return is_open(pace, now) ? count_ : 0;
}

Meter::Wide Meter::debt_at(const Pace& pace, MonotonicTime now) const noexcept {
  const Wide refilled = refill(pace, refilled_at_, now);
  return debt_ > refilled ? debt_ - refilled : 0;
}

std::uint64_t Meter::remaining(const Pace& pace, MonotonicTime now) const noexcept {
  if (pace.mode == RateMode::fixed_window) {
    const std::uint64_t count = used(pace, now);
    return pace.limit > count ? pace.limit - count : 0;
  }
  const Wide capacity = Wide{pace.limit} * length(pace);
  const Wide debt = debt_at(pace, now);
  return capacity > debt ? static_cast<std::uint64_t>((capacity - debt) / length(pace)) : 0;
}

std::optional<Nanos> Meter::wait_for(const Pace& pace, std::uint64_t amount,
                                     MonotonicTime now) const noexcept {
  if (amount <= remaining(pace, now)) return Nanos{0};
  if (amount > pace.limit) return {};
  if (pace.mode == RateMode::fixed_window) return start_ + pace.window - now;
  const Wide free_at = (Wide{pace.limit} - amount) * length(pace);
  const Wide nanos = (debt_at(pace, now) - free_at + pace.limit - 1) / pace.limit;
  constexpr Wide kLongest = std::numeric_limits<std::int64_t>::max();
  return Nanos(static_cast<std::int64_t>(std::min(nanos, kLongest)));
}

Taken Meter::take(const Pace& pace, std::uint64_t amount, MonotonicTime now) noexcept {
  if (pace.mode == RateMode::fixed_window) {
    if (!is_open(pace, now)) {
      open_ = true;
      start_ = now;
      count_ = 0;
    }
    count_ = sum(count_, amount);
    return {start_, amount, true};
  }
  // Far below 2^128: a debt above that of 2^64 units is not kept.
  debt_ = std::min(debt_at(pace, now) + Wide{amount} * length(pace), Wide{kMost} * length(pace));
  refilled_at_ = std::max(refilled_at_, now);
  return {now, amount, true};
}

void Meter::change(const Pace& pace, Taken& taken, std::uint64_t amount,
                   MonotonicTime now) noexcept {
  if (!counts(pace, taken)) return;
  if (pace.mode == RateMode::fixed_window) {
    count_ = sum(count_ - std::min(count_, taken.amount), amount);
  } else if (amount >= taken.amount) {
    take(pace, amount - taken.amount, now);
  } else {
    const Wide unused = Wide{taken.amount - amount} * length(pace);
    const Wide refilled = refill(pace, taken.since, std::max(now, refilled_at_));
    const Wide back = unused > refilled ? unused - refilled : 0;
    take(pace, 0, now);
    debt_ -= std::min(debt_, back);
  }
  taken.amount = amount;
}

void Meter::refused(const Pace& pace, MonotonicTime now) noexcept {
  if (pace.mode == RateMode::fixed_window && used(pace, now) <= pace.limit) take(pace, 1, now);
}

}  // namespace gatehouse::limits
