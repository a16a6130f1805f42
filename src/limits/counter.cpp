#include "counter.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::limits {

using core::Money;
using core::WallTime;

Counter::Counter() : end_(WallTime::max()) {
  current_.start = WallTime{};
  forget_reports();
}

Counter::Counter(std::string duration) : duration_(std::move(duration)) {
  forget_reports();
}

void Counter::load(WallTime period_start, Money spent) noexcept {
  if (!duration_.empty()) current_.start = period_start;
  current_.settled = spent;
  fresh_ = true;
}

void Counter::enter(const core::BudgetLimit& limit, WallTime at, const TimeZone& zone) {
  if (duration_.empty()) return;
  if (at < end_ && &zone == zone_ && limit.anchor == anchor_) return;
  const Period period = period_of(limit, std::max(at, current_.start), zone);
  if (period.start > current_.start) {
    previous_ = std::exchange(current_, Tally{period.start, {}, {}});
    forget_reports();
    fresh_ = false;
  }
  end_ = period.end;
  anchor_ = limit.anchor;
  zone_ = &zone;
}

bool Counter::reaches(std::size_t index, Money max) noexcept {
  const WideMoney percent = index == kSoft ? 100 : kThresholds.at(index);
  const bool reached =
      wide(current_.settled) * 100 >= wide(max) * percent && current_.settled > Money{};
  if (!reached || max <= reported_.at(index)) return false;
  reported_.at(index) = max;
  return true;
}

void Counter::forget_reports() noexcept {
  reported_.fill(Money::nano_usd(std::numeric_limits<std::int64_t>::min()));
}

}  // namespace gatehouse::limits
