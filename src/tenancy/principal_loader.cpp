#include "principal_loader.hpp"

#include <algorithm>

#include "limits.hpp"
#include "row_io.hpp"
#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr const char* kDefaultTenant = "default";

void add(core::Money increase, std::optional<core::Money>& budget) {
  if (!budget) return;
  budget = budget->plus(increase).value_or(core::Money::max());
}

std::optional<core::WallTime> earlier(std::optional<core::WallTime> a,
                                      std::optional<core::WallTime> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

PrincipalLoader::PrincipalLoader(RecordCaches& caches, database::Connection& db, core::WallTime now)
    : db_(db),
      now_(now),
      teams_(caches.teams, whole_team),
      users_(caches.users, whole_user),
      organizations_(caches.organizations, whole_organization),
      budgets_(caches.budgets, maybe_row<BudgetRecord>) {}

core::Result<std::optional<KeyRecord>> PrincipalLoader::key(const std::string& token) {
  used_.keys.push_back(token);
  auto found = maybe_row<KeyRecord>(db_, token);
  if (!found) return found;
  const std::optional<KeyRecord>& old = *found;
  if (!old || !old->replaced_by) return found;
  // The old text of a regenerated key stands for the new one until it expires.
  used_.keys.push_back(*old->replaced_by);
  auto successor = maybe_row<KeyRecord>(db_, *old->replaced_by);
  if (!successor) return successor;
  std::optional<KeyRecord>& present = *successor;
  if (!present) return successor;
  present->expires = earlier(present->expires, old->expires);
  present->replaced_by = old->replaced_by;
  return successor;
}

core::Result<std::shared_ptr<const Principal>> PrincipalLoader::principal(
    const std::string& token) {
  auto found = key(token);
  if (!found) return core::pass(found);
  std::optional<KeyRecord> own = std::move(*found);
  if (!own) return std::shared_ptr<const Principal>();
  auto principal = std::make_shared<Principal>();
  principal->key = std::make_shared<const KeyRecord>(std::move(*own));
  if (auto done = join(*principal); !done) return core::pass(done);
  if (auto done = resolve_key(*principal); !done) return core::pass(done);
  if (auto done = resolve_others(*principal); !done) return core::pass(done);
  return std::shared_ptr<const Principal>(std::move(principal));
}

core::Result<void> PrincipalLoader::join(Principal& principal) {
  const KeyRecord& record = *principal.key;
  if (record.team_id) {
    auto team = teams_.get(db_, *record.team_id);
    if (!team) return core::pass(team);
    principal.team = *std::move(team);
  }
  if (record.user_id) {
    auto user = users_.get(db_, *record.user_id);
    if (!user) return core::pass(user);
    principal.user = *std::move(user);
  }
  std::string id = record.organization_id.value_or(kDefaultTenant);
  if (!record.organization_id && principal.team) id = principal.team->organization_id;
  auto organization = organizations_.get(db_, id);
  if (!organization) return core::pass(organization);
  principal.organization = *std::move(organization);
  return join_member(principal);
}

core::Result<void> PrincipalLoader::join_member(Principal& principal) {
  const std::optional<std::string>& user = principal.key->user_id;
  if (!principal.team || !user) return {};
  const auto member = std::ranges::find(principal.team->members, *user, &TeamMember::user_id);
  if (member == principal.team->members.end()) return {};
  principal.member = &*member;
  auto own = resolved(member->limits);
  if (!own) return core::pass(own);
  auto defaults = resolved(principal.team->member_defaults);
  if (!defaults) return core::pass(defaults);
  principal.member_limits = limit_set(filled(*std::move(own), *defaults));
  return {};
}

core::Result<LimitTerms> PrincipalLoader::resolved(const LimitTerms& terms) {
  if (!terms.budget_id) return terms;
  auto budget = budgets_.get(db_, *terms.budget_id);
  if (!budget) return core::pass(budget);
  return *budget ? filled(terms, (*budget)->limits) : terms;
}

core::Result<void> PrincipalLoader::resolve_key(Principal& principal) {
  auto terms = resolved(principal.key->limits);
  if (!terms) return core::pass(terms);
  const KeyRecord& record = *principal.key;
  const bool runs = !record.temp_budget_expiry || now_ < *record.temp_budget_expiry;
  if (record.temp_budget_increase && runs) {
    add(*record.temp_budget_increase, terms->max_budget);
    principal.valid_until = record.temp_budget_expiry;
  }
  principal.key_limits = limit_set(*terms);
  principal.key_model_limits = model_limit_sets(*terms);
  return {};
}

core::Result<void> PrincipalLoader::resolve_others(Principal& principal) {
  if (principal.team) {
    auto terms = resolved(principal.team->limits);
    if (!terms) return core::pass(terms);
    principal.team_limits = limit_set(*terms);
    principal.team_model_limits = model_limit_sets(*terms);
  }
  if (principal.user) {
    auto terms = resolved(principal.user->limits);
    if (!terms) return core::pass(terms);
    principal.user_limits = limit_set(*terms);
  }
  if (principal.organization) {
    auto terms = resolved(principal.organization->limits);
    if (!terms) return core::pass(terms);
    principal.organization_limits = limit_set(*terms);
  }
  return {};
}

core::Result<std::shared_ptr<const Subject>> PrincipalLoader::end_user(const std::string& id,
                                                                       const LimitTerms& defaults) {
  used_.end_users.push_back(id);
  auto found = maybe_row<EndUserRecord>(db_, id);
  if (!found) return core::pass(found);
  const std::optional<EndUserRecord>& row = *found;
  if (!row) return std::shared_ptr<const Subject>();
  auto terms = resolved(row->limits);
  if (!terms) return core::pass(terms);
  auto stand_in = resolved(defaults);
  if (!stand_in) return core::pass(stand_in);
  // A default is for those without a budget of their own.
  if (!terms->max_budget && terms->budget_limits.empty()) terms = filled(*terms, *stand_in);
  Subject subject{true, row->blocked, row->default_model, limit_set(*terms)};
  return std::make_shared<const Subject>(std::move(subject));
}

core::Result<std::shared_ptr<const Subject>> PrincipalLoader::tag(const std::string& name) {
  used_.tags.push_back(name);
  auto found = maybe_row<TagRecord>(db_, name);
  if (!found) return core::pass(found);
  const std::optional<TagRecord>& row = *found;
  if (!row) return std::shared_ptr<const Subject>();
  auto terms = resolved(row->limits);
  if (!terms) return core::pass(terms);
  return std::make_shared<const Subject>(Subject{true, false, std::nullopt, limit_set(*terms)});
}

Changes PrincipalLoader::used() const {
  Changes used = used_;
  used.teams = teams_.ids();
  used.users = users_.ids();
  used.organizations = organizations_.ids();
  used.budgets = budgets_.ids();
  return used;
}

Tickets PrincipalLoader::publish() {
  Tickets tickets;
  teams_.publish(tickets);
  users_.publish(tickets);
  organizations_.publish(tickets);
  budgets_.publish(tickets);
  tickets.shrink_to_fit();
  return tickets;
}

}  // namespace gatehouse::tenancy
