#pragma once
/// The rule at the end of a zone file: how a zone goes on for ever (POSIX TZ, RFC 9636 3.3.1).

#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::limits {

/// "M10.5.0/3": the last Sunday of October, 03:00 by the clock in force until then.
struct YearlyDay {
  enum class Kind : std::uint8_t { weekday_of_month, day_without_leap, day_of_year };
  Kind kind = Kind::weekday_of_month;
  unsigned month = 1;            ///< 1 to 12
  unsigned week = 1;             ///< 1 to 5; 5 is the last
  unsigned day = 0;              ///< 0 = Sunday; or the day of the year
  std::int64_t time = 2 * 3600;  ///< seconds after 00:00; may be negative or beyond a day

  /// Seconds since the epoch as if the clock on the wall showed UTC.
  std::int64_t local_in(int year) const;
};

struct PosixRule {
  struct Summer {
    std::int64_t offset = 0;
    YearlyDay begin;
    YearlyDay end;
  };
  std::int64_t offset = 0;  ///< seconds east of UTC
  std::optional<Summer> summer;
};

/// Errc::invalid_argument for anything but "CET-1" and "CET-1CEST,M3.5.0,M10.5.0/3".
core::Result<PosixRule> parse_posix_rule(std::string_view text);

}  // namespace gatehouse::limits
