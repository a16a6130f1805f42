#include "litellm/spend_view.hpp"

#include <utility>

#include "gatehouse/api/route_table.hpp"
#include "gatehouse/ledger/balances.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/limits/account.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/budget_store.hpp"
#include "litellm/account_moves.hpp"

namespace gatehouse::api::litellm {
namespace {

/// How long a reader waits for calls that have just ended.
constexpr core::Millis kPatience{250};

/// What is not applied by then is missing from the figures, as it would be a moment earlier.
void catch_up(ControlPlane& control) {
  if (control.settler != nullptr) (void)control.settler->flush(kPatience);
}

core::Money shown(const std::vector<ledger::Counter>& counters, const SpentBy& whose,
                  core::WallTime now) {
  const std::string& duration = whose.duration ? *whose.duration : std::string();
  for (const ledger::Counter& counter : counters) {
    if (counter.duration != duration) continue;
    return counter.period_start <= now && now < counter.period_end ? counter.spent : core::Money();
  }
  return {};
}

}  // namespace

SpentBy spent_by(const tenancy::KeyRecord& key) {
  return {core::Scope::key, key.account, key.limits.budget_duration, key.limits.budget_anchor};
}
SpentBy spent_by(const tenancy::TeamRecord& team) {
  return {core::Scope::team, team.team_id, team.limits.budget_duration, team.limits.budget_anchor};
}
SpentBy spent_by(const tenancy::TeamRecord& team, const tenancy::TeamMember& member) {
  const auto& own = member.limits.budget_duration;
  return {core::Scope::team_member, core::pair_id(team.team_id, member.user_id),
          own ? own : team.member_defaults.budget_duration};
}
SpentBy spent_by(const tenancy::UserRecord& user) {
  return {core::Scope::user, user.user_id, user.limits.budget_duration, user.limits.budget_anchor};
}
SpentBy spent_by(const tenancy::OrganizationRecord& organization) {
  return {core::Scope::organization, organization.organization_id,
          organization.limits.budget_duration, organization.limits.budget_anchor};
}
SpentBy spent_by(const tenancy::EndUserRecord& end_user) {
  return {core::Scope::end_user, end_user.user_id, end_user.limits.budget_duration,
          end_user.limits.budget_anchor};
}
SpentBy spent_by(const tenancy::TagRecord& tag) {
  return {core::Scope::tag, tag.name, tag.limits.budget_duration, tag.limits.budget_anchor};
}

SpentBy with_shared_budget(ControlPlane& control, SpentBy whose,
                           const tenancy::LimitTerms& limits) {
  if (whose.duration || !limits.budget_id) return whose;
  const auto budget = tenancy::BudgetStore(control.stores).find(*limits.budget_id);
  if (!budget) return whose;
  whose.duration = budget->limits.budget_duration;
  whose.anchor = budget->limits.budget_anchor;
  return whose;
}

admin::Outcome<std::vector<core::Money>> spend_of(ControlPlane& control,
                                                  const std::vector<SpentBy>& whose,
                                                  core::WallTime now) {
  std::vector<core::Money> amounts(whose.size());
  if (control.balances == nullptr || whose.empty()) return amounts;
  catch_up(control);
  std::vector<ledger::ScopeId> scopes;
  scopes.reserve(whose.size());
  for (const SpentBy& one : whose) scopes.push_back({one.scope, one.id});
  const auto counters = control.balances->read(scopes);
  if (!counters) return std::unexpected(admin::refuse(counters.error()));
  for (std::size_t i = 0; i < whose.size(); ++i) amounts[i] = shown((*counters)[i], whose[i], now);
  return amounts;
}

admin::Outcome<core::Money> spend_of(ControlPlane& control, const SpentBy& whose,
                                     core::WallTime now) {
  const auto amounts = spend_of(control, std::vector<SpentBy>{whose}, now);
  if (!amounts) return std::unexpected(amounts.error());
  return amounts->front();
}

admin::Outcome<core::Money> set_spend(const admin::AdminRequest& request, ControlPlane& control,
                                      const SpentBy& whose, core::Money amount) {
  if (control.corrections == nullptr) return std::unexpected(admin::no_database());
  catch_up(control);
  const ledger::Correction order{.id = request.id + "/" + whose.id,
                                 .kind = ledger::CorrectionKind::reset_spend,
                                 .scopes = {{whose.scope, whose.id}},
                                 .amount = amount,
                                 .actor = tenancy::actor_of(request.caller).user_id,
                                 .reason = std::string(request.route->pattern),
                                 .at = request.now};
  const auto gate = no_loading(control);
  const auto outcome = control.corrections->apply(order);
  if (!outcome) return std::unexpected(admin::refuse(outcome.error()));
  if (control.accounts == nullptr) return amount;
  const auto account = control.accounts->find(whose.scope, whose.id);
  if (!account) return amount;
  for (const ledger::CounterChange& change : outcome->changes) {
    core::BudgetLimit window{.max = core::Money(), .duration = change.duration};
    if (whose.duration == change.duration) window.anchor = whose.anchor;
    account->adjust(window, request.now, change.delta,
                    control.zone == nullptr ? limits::TimeZone::utc() : *control.zone);
  }
  return amount;
}

}  // namespace gatehouse::api::litellm
