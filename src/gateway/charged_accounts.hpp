#pragma once
/// The accounts that a call is charged to, loaded where they are not in memory.

#include <expected>
#include <vector>

#include "call.hpp"

namespace gatehouse::gateway {

using Charges = std::expected<std::vector<limits::Charge>, Refusal>;

/// Everybody whom the caller's call is charged to, whichever deployment serves it: key, team, user
/// and so on, tags, the end user, bounds by model. A blocked end user is refused.
core::Task<Charges> callers_charges(Call& call);

/// The accounts of `planned` alone.
core::Task<Charges> charges_for(Call& call, std::vector<PlannedCharge> planned);

}  // namespace gatehouse::gateway
