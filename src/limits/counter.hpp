#pragma once
/// What one scope has spent and reserved in the current period of one duration.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/limits/admission.hpp"
#include "gatehouse/limits/period.hpp"

namespace gatehouse::limits {

/// Wide enough for any sum of a few amounts.
using WideMoney = __int128;

inline WideMoney wide(core::Money money) noexcept {
  return money.nano_usd();
}
/// The nearest amount that core::Money holds.
inline core::Money saturated(WideMoney nano) noexcept {
  const auto narrow = static_cast<std::int64_t>(nano);
  if (narrow == nano) [[likely]]
    return core::Money::nano_usd(narrow);
  return nano < 0 ? core::Money::nano_usd(std::numeric_limits<std::int64_t>::min())
                  : core::Money::max();
}

/// The sums of one period. `committed` never passes Money::max() by a reservation.
struct Tally {
  core::WallTime start = core::WallTime::min();
  core::Money settled;
  core::Money reserved;

  WideMoney committed() const noexcept { return wide(settled) + wide(reserved); }
  bool has_room_for(core::Money amount) const noexcept {
    return committed() + wide(amount) <= wide(core::Money::max());
  }
  void reserve(core::Money amount) noexcept { reserved = saturated(wide(reserved) + wide(amount)); }
  void give_back(core::Money amount) noexcept {
    reserved = saturated(wide(reserved) - wide(amount));
  }
  void settle(core::Money amount) noexcept { settled = saturated(wide(settled) + wide(amount)); }
};

/// Not thread-safe: its account's lock guards it. Its address and duration stay as they are.
class Counter {
 public:
  /// Of the lifetime.
  Counter();
  explicit Counter(std::string duration);

  const std::string& duration() const noexcept { return duration_; }
  bool is_lifetime() const noexcept { return duration_.empty(); }
  const Tally& current() const noexcept { return current_; }
  Tally& current() noexcept { return current_; }
  core::WallTime end() const noexcept { return end_; }

  /// What the ledger had when the account was loaded.
  void load(core::WallTime period_start, core::Money spent) noexcept;
  /// Moves on to the period of `limit` that holds `at`, if that is a later one.
  void enter(const core::BudgetLimit& limit, core::WallTime at, const TimeZone& zone);
  /// The same unless the current period is known to hold `at`, however it is aligned.
  void touch(const core::BudgetLimit& limit, core::WallTime at, const TimeZone& zone) {
    if (at >= end_) enter(limit, at, zone);
  }
  /// The sums of the period that began at `start`, as long as they are kept: those of the period
  /// before the current one are, for calls that were under way when it ended. Else null.
  Tally* of(core::WallTime start) noexcept {
    if (current_.start == start) [[likely]]
      return &current_;
    return previous_.start == start ? &previous_ : nullptr;
  }
  /// True when no threshold of `max` can have been reached: cheap, and right most of the time.
  bool is_far_below(core::Money max) const noexcept {
    return !fresh_ && current_.settled.nano_usd() < max.nano_usd() / 100 * kThresholds.front();
  }
  /// True once for each amount that the settled spend has reached in this period: the share
  /// kThresholds[index] of `max`, or, with index kSoft, `max` itself.
  bool reaches(std::size_t index, core::Money max) noexcept;
  static constexpr std::size_t kSoft = kThresholds.size();
  /// True from load() to set_seen(): what is reached by then was known before.
  bool is_fresh() const noexcept { return fresh_; }
  void set_seen() noexcept { fresh_ = false; }

 private:
  void forget_reports() noexcept;

  std::string duration_;
  Tally current_;
  Tally previous_;
  core::WallTime end_ = core::WallTime::min();  ///< unknown until enter() after load()
  std::optional<core::WallTime> anchor_;        ///< alignment that `end_` follows
  const TimeZone* zone_ = nullptr;              ///< for comparison only
  std::array<core::Money, kThresholds.size() + 1> reported_{};  ///< largest bound per index
  bool fresh_ = false;
};

}  // namespace gatehouse::limits
