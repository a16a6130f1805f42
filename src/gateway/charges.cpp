#include "charges.hpp"

#include <utility>

namespace gatehouse::gateway {
namespace {

using core::Scope;

void add_team(const tenancy::Principal& principal, std::vector<PlannedCharge>& out) {
  const std::string& team = principal.team->team_id;
  const auto& user = principal.key->user_id;
  if (user) {
    out.insert(out.begin(),
               {Scope::team_member, core::pair_id(team, *user), &principal.member_limits});
  }
  out.push_back({Scope::team, team, &principal.team_limits});
}

}  // namespace

std::vector<PlannedCharge> charges_of(const std::shared_ptr<const tenancy::Principal>& principal,
                                      const AccountingRules& rules) {
  std::vector<PlannedCharge> out;
  if (principal == nullptr) {
    out.push_back({Scope::key, rules.master_token});
    out.push_back({Scope::organization, "default"});
    out.push_back({Scope::global, "", &rules.global});
    return out;
  }
  out.push_back({Scope::key, principal->key->account, &principal->key_limits});
  if (principal->team) add_team(*principal, out);
  if (principal->organization) {
    out.push_back({Scope::organization, principal->organization->organization_id,
                   &principal->organization_limits});
  }
  const auto& user = principal->key->user_id;
  if (user) {
    // A team's keys spend the team's money: the user's own budget does not hold for them.
    const bool own = principal->team == nullptr;
    out.push_back({Scope::user, *user, own ? &principal->user_limits : nullptr});
  }
  out.push_back({Scope::global, "", &rules.global});
  return out;
}

bool ChargeCache::append(const std::shared_ptr<const tenancy::Principal>& principal,
                         const AccountingRules& rules, std::vector<limits::Charge>& out,
                         std::vector<ledger::ScopeId>& missing) {
  const auto found = kept_.find(principal.get());
  if (found != kept_.end()) {
    out.insert(out.end(), found->second.charges.begin(), found->second.charges.end());
    return true;
  }
  std::vector<limits::Charge> charges;
  bool complete = true;
  for (const PlannedCharge& planned : charges_of(principal, rules)) {
    complete = append(planned, charges, missing) && complete;
  }
  if (!complete) return false;
  if (kept_.size() >= kMostKept) kept_.clear();
  out.insert(out.end(), charges.begin(), charges.end());
  kept_.emplace(principal.get(), Kept{principal, std::move(charges)});
  return true;
}

bool ChargeCache::append(const PlannedCharge& planned, std::vector<limits::Charge>& out,
                         std::vector<ledger::ScopeId>& missing) {
  auto account = book_.find(planned.scope, planned.id);
  if (account == nullptr) {
    missing.push_back({planned.scope, planned.id});
    return false;
  }
  out.push_back({std::move(account), planned.limits});
  return true;
}

core::Result<void> load_accounts(limits::AccountBook& book, const ledger::Balances& balances,
                                 const std::vector<ledger::ScopeId>& scopes) {
  const auto gate = book.loading();
  auto counters = balances.read(scopes);
  if (!counters) return core::pass(counters);
  std::vector<limits::CounterState> states;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    states.clear();
    for (const ledger::Counter& counter : (*counters)[i]) {
      states.push_back({counter.duration, counter.period_start, counter.spent});
    }
    (void)book.add(scopes[i].scope, scopes[i].id, states);
  }
  return {};
}

}  // namespace gatehouse::gateway
