#pragma once
/// Live accounts follow corrections of the ledger.

#include <mutex>
#include <shared_mutex>
#include <span>

#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/ledger/corrections.hpp"

namespace gatehouse::api::litellm {

/// Held from before a correction is written until the accounts have followed it, so that none is
/// loaded in between.
std::unique_lock<std::shared_mutex> no_loading(ControlPlane& control);

/// Moves the counter of the account by what the ledger has already written. An account that is not
/// in memory is left alone: it will be loaded with the correction in it.
void move_account(ControlPlane& control, const ledger::CounterChange& change);
void move_accounts(ControlPlane& control, std::span<const ledger::CounterChange> changes);

}  // namespace gatehouse::api::litellm
