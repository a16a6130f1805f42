#pragma once
/// How many calls match a filter, without reading them where the daily roll-ups know.

#include <cstdint>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::ledger {

/// Exact. Whole days come from the roll-ups when the filter names nothing that these do not know;
/// the days at both ends and all else are counted in the log. Days of which the archive has taken
/// records away count what is left.
core::Result<std::uint64_t> count_calls(database::Connection& connection, const CallFilter& filter);

}  // namespace gatehouse::ledger
