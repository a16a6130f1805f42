#pragma once
/// Values as PostgreSQL writes them into CSV.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::app::import {

/// The texts of a one-dimensional array literal, {a,"b \"c\""}; NULL elements are left out.
/// Errc::invalid_argument for anything else, and above 10,000 elements.
core::Result<std::vector<std::string>> parse_array(std::string_view text);

/// "2026-01-05 10:11:12.345", with "T", with a zone ("+00", "+05:30", "Z") or without (UTC), with
/// up to nine digits of fraction. Errc::invalid_argument for other texts and days that do not
/// exist.
core::Result<core::WallTime> parse_timestamp(std::string_view text);

/// "t", "f", "true", "false".
core::Result<bool> parse_boolean(std::string_view text);

}  // namespace gatehouse::app::import
