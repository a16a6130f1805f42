#pragma once
/// Durations of budgets and keys (litellm-contract.md 1.11).

#include <optional>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/limits/time_zone.hpp"

namespace gatehouse::limits {

/// A moment `t` belongs to it when start <= t < end.
struct Period {
  core::WallTime start;
  core::WallTime end;  ///< exclusive; WallTime::max(): never ends
  bool operator==(const Period&) const = default;
};

/// "30s", "5m", "1h", "7d", "2w", "1mo" as an exact length (a month is 30 days), as for the expiry
/// of keys. At least one second, at most what core::Nanos holds (292 years).
/// Errc::invalid_argument names what is wrong.
core::Result<core::Nanos> exact_duration(std::string_view text);

/// Checks a budget_duration: the units above, at least one second; "Nmo" only for N = 1.
core::Result<void> check_budget_duration(std::string_view text);

/// The period of `limit.duration` that holds `at`. The periods of one duration tile time: each
/// moment lies in exactly one, and which one depends on nothing but duration, anchor and zone.
///
/// - no duration: from the epoch for ever;
/// - with an anchor: exactly k times the length after it (a month is 30 days), also before it;
/// - "1mo", "30d": the calendar month;
/// - "Nd", "Nw": blocks of N (7 N) days counted from Monday, 1970-01-05. So "1d" is a day, "7d" and
///   "1w" run from Monday to Monday, and any other number of days ends at a midnight, though the
///   first period of a new budget may be shorter than N days;
/// - "Nh", "Nm", "Ns": multiples of the length counted from the start of the minute (seconds), the
///   hour (minutes) or the day (hours), the last one cut off at that unit's end: "7h" starts at
///   0, 7, 14 and 21 o'clock. A length beyond that unit counts in the next larger one ("90m" in
///   the day); beyond a day ("36h") in blocks from Monday, 1970-01-05, 00:00. "24h" is "1d".
///
/// Days begin when the clock of `zone` first shows 00:00 or later. A day is one period also when
/// the clock is changed within it; an hour that is shown twice is one hour; an hour that is left
/// out has no period.
///
/// `duration` has passed check_budget_duration(); another text counts as no duration.
Period period_of(const core::BudgetLimit& limit, core::WallTime at,
                 const TimeZone& zone = TimeZone::utc());

}  // namespace gatehouse::limits
