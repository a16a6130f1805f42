#include "litellm/key_access.hpp"

#include <algorithm>
#include <array>

#include "gatehouse/tenancy/organization_store.hpp"
#include "gatehouse/tenancy/team_store.hpp"
#include "litellm/budget_json.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Outcome;
using tenancy::Action;

Outcome<tenancy::TeamRecord> find_team(ControlPlane& control, std::string_view team_id) {
  auto team = tenancy::TeamStore(control.stores).find(team_id);
  if (team) return std::move(*team);
  return std::unexpected(refuse_store(team.error(), admin::type::kNotFound, "team_id"));
}

/// A key in a team: one that the caller may not read does not exist for it.
Outcome<void> may_use_team(const AdminRequest& request, ControlPlane& control,
                           const std::string& team_id, tenancy::Target& target) {
  const auto team = find_team(control, team_id);
  if (!team) return std::unexpected(team.error());
  target.team_id = team->team_id;
  target.organization_id = team->organization_id;
  const tenancy::Target its = tenancy::target_of(*team);
  if (tenancy::may(request.caller, Action::read, its)) return {};
  return std::unexpected(admin::refuse(404, "Team not found, passed team_id=" + team_id,
                                       admin::type::kNotFound, "team_id"));
}

Outcome<void> may_use_organization(const AdminRequest& request, ControlPlane& control,
                                   const std::string& id, tenancy::Target& target) {
  const auto organization = tenancy::OrganizationStore(control.stores).find(id);
  const bool known = organization && tenancy::may(request.caller, Action::members,
                                                  tenancy::target_of(*organization));
  if (known) {
    target.organization_id = id;
    return {};
  }
  return std::unexpected(admin::refuse(404, "Organization not found: " + id, admin::type::kNotFound,
                                       "organization_id"));
}

constexpr std::array<std::string_view, 12> kAdministeredFields{
    "models",  "key_type", "allowed_routes",       "user_id",
    "team_id", "blocked",  "organization_id",      "duration",
    "spend",   "tags",     "temp_budget_increase", "temp_budget_expiry"};

}  // namespace

admin::Answer key_not_found() {
  return admin::refuse(404, "Key not found in database", admin::type::kNotFound, "key");
}

bool looks_like_key(std::string_view key_or_hash) {
  if (key_or_hash.starts_with("sk-")) return key_or_hash.size() > 3;
  return key_or_hash.size() == 64 &&
         key_or_hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

tenancy::Target target_of(ControlPlane& control, const tenancy::KeyRecord& key) {
  if (!key.team_id) return tenancy::target_of(key, nullptr);
  const auto team = tenancy::TeamStore(control.stores).find(*key.team_id);
  return tenancy::target_of(key, team ? &*team : nullptr);
}

Outcome<tenancy::KeyRecord> writable_key(const AdminRequest& request, ControlPlane& control,
                                         std::string_view key_or_hash) {
  if (!looks_like_key(key_or_hash)) {
    return std::unexpected(admin::refuse(400,
                                         "Invalid key: it has to be a key that starts with "
                                         "'sk-' or the hash of one",
                                         admin::type::kBadRequest, "key"));
  }
  auto key = tenancy::KeyStore(control.stores).find(tenancy::token_of(key_or_hash));
  if (!key && key.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(key.error()));
  }
  if (!key) return std::unexpected(key_not_found());
  const auto allowed =
      need(request.caller, Action::write, target_of(control, *key), key_not_found());
  if (!allowed) return std::unexpected(allowed.error());
  return std::move(*key);
}

bool administers(const AdminRequest& request, ControlPlane& control,
                 const tenancy::KeyRecord& key) {
  return tenancy::may_change_bounds(request.caller, target_of(control, key));
}

Outcome<void> may_create_key(const AdminRequest& request, ControlPlane& control,
                             tenancy::KeyPatch& patch) {
  const tenancy::Caller& caller = request.caller;
  const bool is_admin = tenancy::is_admin(caller);
  tenancy::Target target{.kind = tenancy::Target::Kind::key};
  if (!is_admin && !patch.user_id.has_value()) patch.user_id = std::string(caller.user_id());
  if (patch.user_id.has_value()) target.user_id = patch.user_id.value();
  if (patch.team_id.has_value()) {
    auto team = may_use_team(request, control, patch.team_id.value(), target);
    if (!team) return team;
  }
  if (patch.organization_id.has_value()) {
    auto organization =
        may_use_organization(request, control, patch.organization_id.value(), target);
    if (!organization) return organization;
  }
  if (tenancy::may(caller, Action::create, target)) return {};
  return std::unexpected(
      admin::refuse(403,
                    "Only proxy admin can be used to generate such keys. Your user_id=" +
                        std::string(caller.user_id()),
                    admin::type::kAuth));
}

Outcome<void> may_patch_key(const AdminRequest& request, ControlPlane& control,
                            const tenancy::KeyRecord& key, const admin::BodyReader& body) {
  const bool bounds = touches_limits(body) ||
                      std::ranges::any_of(kAdministeredFields,
                                          [&](std::string_view name) { return body.has(name); });
  if (!bounds) return {};
  if (!administers(request, control, key)) {
    return std::unexpected(admin::refuse(
        403, "Only proxy admin can be used to change what bounds a key", admin::type::kAuth));
  }
  if (tenancy::is_admin(request.caller)) return {};
  if (body.has("spend") || body.has("organization_id")) {
    return std::unexpected(
        admin::refuse(403, "Only proxy admin can be used to change spend or organization of a key",
                      admin::type::kAuth));
  }
  return {};
}

Outcome<KeyFacts> facts_of(const AdminRequest& request, ControlPlane& control,
                           const tenancy::KeyRecord& key) {
  const auto spend = spend_of_one(control, key, request.now);
  if (!spend) return std::unexpected(spend.error());
  return KeyFacts{.spend = *spend,
                  .now = request.now,
                  .zone = control.zone,
                  .budget_table = budget_table_of(control, key.limits, request.now)};
}

}  // namespace gatehouse::api::litellm
