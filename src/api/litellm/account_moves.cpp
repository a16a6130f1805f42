#include "litellm/account_moves.hpp"

#include "gatehouse/limits/account.hpp"

namespace gatehouse::api::litellm {

std::unique_lock<std::shared_mutex> no_loading(ControlPlane& control) {
  if (control.accounts == nullptr) return {};
  return control.accounts->correcting();
}

void move_account(ControlPlane& control, const ledger::CounterChange& change) {
  if (control.accounts == nullptr) return;
  const auto account = control.accounts->find(change.scope.scope, change.scope.id);
  if (!account) return;
  account->adjust({.max = core::Money(), .duration = change.duration}, change.period_start,
                  change.delta);
}

void move_accounts(ControlPlane& control, std::span<const ledger::CounterChange> changes) {
  for (const ledger::CounterChange& change : changes) move_account(control, change);
}

}  // namespace gatehouse::api::litellm
