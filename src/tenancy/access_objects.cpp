#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/organization_store.hpp"

namespace gatehouse::tenancy {
namespace {

using Kind = Target::Kind;

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return !id.empty() && std::ranges::find(ids, id) != ids.end();
}

const UserRecord* user_of(const Caller& caller) {
  return caller.principal ? caller.principal->user.get() : nullptr;
}

bool organization_admin(const UserRecord& user, const Target& target) {
  const auto& admin_of = user.admin_of_organizations;
  return contains(admin_of, target.organization_id) ||
         std::ranges::any_of(target.organizations, [&](const std::string& organization) {
           return contains(admin_of, organization);
         });
}

bool organization_admin_may(Action action, const Target& target) {
  switch (target.kind) {
    case Kind::key:
    case Kind::team:
      return true;
    case Kind::organization:
      return action == Action::read || action == Action::members;
    case Kind::user:
      return action == Action::read;
    default:
      return false;
  }
}

bool team_admin_may(Action action, const Target& target) {
  if (target.kind == Kind::key) return true;
  return target.kind == Kind::team && action != Action::create;
}

/// As somebody who only belongs to the things named.
bool member_may_read(const Caller& caller, const UserRecord* user, const Target& target) {
  const KeyRecord& key = *caller.principal->key;
  switch (target.kind) {
    case Kind::key:
      return target.id == key.token || (user && target.user_id == user->user_id);
    case Kind::team:
      return (user && contains(user->teams, target.id)) || key.team_id == target.id;
    case Kind::user:
      return user && target.id == user->user_id;
    case Kind::organization:
      return user && contains(user->organizations, target.id);
    default:
      return false;
  }
}

bool owns_key(const Caller& caller, const UserRecord* user, Action action, const Target& target) {
  if (caller.role != UserRole::internal_user && caller.role != UserRole::org_admin) return false;
  if (target.kind != Kind::key || !user || target.user_id != user->user_id) return false;
  return action == Action::write || (action == Action::create && target.team_id.empty());
}

bool is_above(const UserRecord& user, Action action, const Target& target) {
  if (organization_admin(user, target) && organization_admin_may(action, target)) return true;
  const std::string& team = target.kind == Kind::team ? target.id : target.team_id;
  return contains(user.admin_of_teams, team) && team_admin_may(action, target);
}

bool only_reads(UserRole role) {
  return role == UserRole::proxy_admin_viewer || role == UserRole::internal_user_viewer ||
         role == UserRole::team || role == UserRole::customer;
}

}  // namespace

bool is_admin(const Caller& caller) noexcept {
  return caller.master() || caller.role == UserRole::proxy_admin;
}

Target target_of(const KeyRecord& key, const TeamRecord* team) {
  Target target{Kind::key, key.token};
  target.user_id = key.user_id.value_or("");
  target.team_id = key.team_id.value_or("");
  target.organization_id = std::string(kDefaultOrganization);
  if (team) target.organization_id = team->organization_id;
  if (key.organization_id) target.organization_id = *key.organization_id;
  return target;
}

Target target_of(const TeamRecord& team) {
  Target target{Kind::team, team.team_id};
  target.team_id = team.team_id;
  target.organization_id = team.organization_id;
  return target;
}

Target target_of(const UserRecord& user) {
  Target target{Kind::user, user.user_id};
  target.user_id = user.user_id;
  target.organizations = user.organizations;
  return target;
}

Target target_of(const OrganizationRecord& organization) {
  Target target{Kind::organization, organization.organization_id};
  target.organization_id = organization.organization_id;
  return target;
}

bool may(const Caller& caller, Action action, const Target& target) {
  if (is_admin(caller)) return true;
  if (caller.role == UserRole::proxy_admin_viewer) return action == Action::read;
  const UserRecord* user = user_of(caller);
  if (action == Action::read && member_may_read(caller, user, target)) return true;
  if (action != Action::read && only_reads(caller.role)) return false;
  if (owns_key(caller, user, action, target)) return true;
  return user && is_above(*user, action, target);
}

bool may_change_bounds(const Caller& caller, const Target& target) {
  if (is_admin(caller)) return true;
  const UserRecord* user = user_of(caller);
  if (!user || only_reads(caller.role)) return false;
  const bool under_organization = target.kind == Kind::key || target.kind == Kind::team;
  if (under_organization && organization_admin(*user, target)) return true;
  return target.kind == Kind::key && contains(user->admin_of_teams, target.team_id);
}

std::optional<Visibility> visible_keys(const Caller& caller) {
  if (is_admin(caller) || caller.role == UserRole::proxy_admin_viewer) return std::nullopt;
  Visibility visible;
  if (const UserRecord* user = user_of(caller)) {
    visible.user_id = user->user_id;
    visible.team_ids = user->admin_of_teams;
    visible.organization_ids = user->admin_of_organizations;
  }
  return visible;
}

bool may_grant(const Caller& caller, UserRole role) {
  if (is_admin(caller)) return true;
  if (caller.role != UserRole::org_admin) return false;
  return role != UserRole::proxy_admin && role != UserRole::proxy_admin_viewer &&
         role != UserRole::org_admin;
}

Actor actor_of(const Caller& caller) {
  Actor actor;
  if (!caller.master()) {
    actor.user_id = std::string(caller.user_id());
    if (actor.user_id.empty()) actor.user_id = caller.principal->key->key_name;
    actor.api_key = std::string(caller.token());
  }
  if (is_admin(caller) && !caller.changed_by.empty()) actor.user_id = caller.changed_by;
  return actor;
}

}  // namespace gatehouse::tenancy
