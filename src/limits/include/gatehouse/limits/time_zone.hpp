#pragma once
/// The clock of a place, as far as calendars of budgets need it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"

namespace gatehouse::limits {

/// Offsets from UTC over time. Immutable, so shared by threads. Read from the system's compiled
/// zone files (TZif, RFC 9636), because GCC 12 has no std::chrono::tzdb; the rule in a file's
/// footer is unrolled up to the last year that core::WallTime holds (2262).
///
/// Calendars need a clock that never runs backwards. Where a zone sets its clock back, the hour
/// that is shown twice counts as one: `reached` is the latest time that a clock on the wall has
/// shown so far. Where it is set forward, the times left out are all reached at once.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  static const TimeZone& utc() noexcept;
  static TimeZone fixed(core::Seconds offset);
  /// "UTC" or a name of the IANA data base ("Europe/Berlin"). Errc::invalid_argument for a text
  /// that cannot be such a name, Errc::not_found when `folder` has no such zone.
  static core::Result<TimeZone> load(std::string_view name,
                                     const std::string& folder = "/usr/share/zoneinfo");
  /// The content of a TZif file of version 2 or later. Errc::invalid_argument when it is broken.
  static core::Result<TimeZone> parse(std::string_view file);

  /// Seconds to add to `utc` (seconds since the epoch) for the clock on the wall.
  std::int64_t offset_at(std::int64_t utc) const noexcept;
  /// The latest time that the clock on the wall has shown up to and including `utc`.
  std::int64_t reached(std::int64_t utc) const noexcept;
  /// The first moment at which the clock shows `local` or more: reached(first(x)) >= x.
  std::int64_t first(std::int64_t local) const noexcept;

 private:
  struct Transition {
    std::int64_t at = 0;      ///< seconds since the epoch, UTC
    std::int64_t offset = 0;  ///< in force from then on
  };
  friend class TzifReader;
  /// Index of the transition in force at `utc`; -1 before the first.
  std::ptrdiff_t index_at(std::int64_t utc) const noexcept;
  std::int64_t offset_of(std::ptrdiff_t index) const noexcept;

  std::int64_t initial_ = 0;
  std::vector<Transition> transitions_;  ///< ascending
};

}  // namespace gatehouse::limits
