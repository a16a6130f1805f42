#pragma once
/// Which accounts a call is charged to.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/gateway/accounting.hpp"
#include "gatehouse/ledger/balances.hpp"
#include "gatehouse/limits/admission.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::gateway {

/// A charge before its account is known to be in memory.
struct PlannedCharge {
  core::Scope scope;
  std::string id;
  const core::LimitSet* limits = nullptr;
};

/// What a caller's every call is charged to, in the order in which bounds refuse
/// (litellm-contract.md 1.3). The limits live in the principal; null for the master key.
std::vector<PlannedCharge> charges_of(const std::shared_ptr<const tenancy::Principal>& principal,
                                      const AccountingRules& rules);

/// Accounts that this thread has used lately, so that a request takes no lock to find them. One
/// thread.
class ChargeCache {
 public:
  explicit ChargeCache(limits::AccountBook& book) : book_(book) {}

  /// Appends the caller's charges to `out`. False when an account is not in memory: `missing` then
  /// names those to be loaded.
  bool append(const std::shared_ptr<const tenancy::Principal>& principal,
              const AccountingRules& rules, std::vector<limits::Charge>& out,
              std::vector<ledger::ScopeId>& missing);
  /// One further charge, not kept.
  bool append(const PlannedCharge& planned, std::vector<limits::Charge>& out,
              std::vector<ledger::ScopeId>& missing);

  /// Another configuration: limits of the snapshot have moved.
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    std::shared_ptr<const tenancy::Principal> principal;  // keeps limits and address
    std::vector<limits::Charge> charges;
  };
  static constexpr std::size_t kMostKept = 16'384;

  limits::AccountBook& book_;
  std::unordered_map<const tenancy::Principal*, Kept> kept_;
};

/// Puts what the ledger knows of `scopes` into the book. Blocking: for a worker pool.
core::Result<void> load_accounts(limits::AccountBook& book, const ledger::Balances& balances,
                                 const std::vector<ledger::ScopeId>& scopes);

}  // namespace gatehouse::gateway
