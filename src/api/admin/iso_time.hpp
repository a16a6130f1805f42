#pragma once
/// Times as the wire has them.

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::api::admin {

/// 2026-08-01T12:00:00Z, with milliseconds only where there are some.
std::string iso_time(core::WallTime time);

/// "2026-08-01", "2026-08-01T12:00", "2026-08-01 12:00:00.5+02:00", … : a time without a zone is
/// UTC, a date is its midnight. Years 1970 to 2261.
std::optional<core::WallTime> parse_iso_time(std::string_view text);

/// "2026-08-01" alone.
std::optional<core::WallTime> parse_iso_date(std::string_view text);

}  // namespace gatehouse::api::admin
