/// New, changed and removed teams.

#include <utility>
#include <vector>

#include "admin/body_reader.hpp"
#include "litellm/rights.hpp"
#include "litellm/team_access.hpp"
#include "litellm/team_body.hpp"
#include "litellm/team_handlers.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using tenancy::Action;

admin::Outcome<void> may_found_team(const AdminRequest& request, const tenancy::TeamPatch& fields) {
  const std::string organization = fields.organization_id.has_value()
                                       ? fields.organization_id.value()
                                       : std::string(request.caller.tenant.text());
  const tenancy::Target wanted{.kind = tenancy::Target::Kind::team,
                               .organization_id = organization};
  if (tenancy::may(request.caller, Action::create, wanted)) return {};
  return std::unexpected(
      admin::refuse(403, "Only proxy admin can be used to create teams", admin::type::kAuth));
}

Answer refuse_team(const core::Error& error) {
  if (error.code != core::Errc::conflict) return refuse_store(error);
  return admin::refuse_object(400, error.public_message, admin::type::kBadRequest);
}

Answer set_blocked(const AdminRequest& request, ControlPlane& control, bool blocked) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  body.require("team_id");
  body.read("team_id", team_id);
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::write);
  if (!team) return team.error();
  if (!tenancy::may_change_bounds(request.caller, tenancy::target_of(*team))) {
    return admin::refuse(403, "Only proxy admin can be used to block or unblock a team",
                         admin::type::kAuth);
  }
  tenancy::TeamPatch patch;
  patch.blocked = blocked;
  const auto changed = tenancy::TeamStore(control.stores)
                           .update(tenancy::actor_of(request.caller), team->team_id, patch);
  if (!changed) return refuse_team(changed.error());
  return answer_team(request, control, *changed);
}

}  // namespace

Answer new_team(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  tenancy::NewTeam team;
  body.read("team_id", team.team_id);
  team.members = read_members(body, "members_with_roles");
  team.fields = read_team_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto allowed = may_found_team(request, team.fields);
  if (!allowed) return allowed.error();
  const auto made =
      tenancy::TeamStore(control.stores).create(tenancy::actor_of(request.caller), team);
  if (!made) return refuse_team(made.error());
  return answer_team(request, control, *made);
}

Answer update_team(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  body.require("team_id");
  body.read("team_id", team_id);
  const tenancy::TeamPatch patch = read_team_patch(body);
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::write);
  if (!team) return team.error();
  if (auto allowed = may_patch_team(request, *team, body); !allowed) return allowed.error();
  if (patch.organization_id.has_value() &&
      !administers_organization(request, patch.organization_id.value())) {
    return admin::refuse(404, "Organization not found: " + patch.organization_id.value(),
                         admin::type::kNotFound, "organization_id");
  }
  const auto changed = tenancy::TeamStore(control.stores)
                           .update(tenancy::actor_of(request.caller), team->team_id, patch);
  if (!changed) return refuse_team(changed.error());
  const auto facts = facts_of(request, control, *changed);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object().member("team_id", changed->team_id).key("data");
  write_team_row(out, *changed, *facts);
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer delete_teams(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::vector<std::string> ids;
  body.require("team_ids");
  body.read("team_ids", ids);
  if (!errors.empty()) return errors.answer();
  for (const std::string& id : ids) {
    const auto team = team_for(request, control, id, Action::write);
    if (!team) return team.error();
    if (!tenancy::may_change_bounds(request.caller, tenancy::target_of(*team))) {
      return admin::refuse(403, "Only proxy admin can be used to delete teams", admin::type::kAuth);
    }
  }
  const auto removed =
      tenancy::TeamStore(control.stores).remove(tenancy::actor_of(request.caller), ids);
  if (!removed) return refuse_team(removed.error());
  admin::JsonWriter out;
  out.begin_object().key("deleted_teams").begin_array();
  for (const tenancy::TeamRecord& team : *removed) out.text(team.team_id);
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

Answer block_team(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, true);
}

Answer unblock_team(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, false);
}

}  // namespace gatehouse::api::litellm
