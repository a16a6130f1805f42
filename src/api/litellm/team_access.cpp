#include "litellm/team_access.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "litellm/limit_fields.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Outcome;

constexpr std::array<std::string_view, 4> kFieldsFromAbove{"models", "blocked", "organization_id",
                                                           "model_aliases"};

}  // namespace

Outcome<tenancy::TeamRecord> team_for(const AdminRequest& request, ControlPlane& control,
                                      std::string_view team_id, tenancy::Action action) {
  const admin::Answer unknown = admin::refuse_object(
      404, "Team not found, passed team_id=" + std::string(team_id), admin::type::kNotFound);
  auto team = tenancy::TeamStore(control.stores).find(team_id);
  if (!team && team.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(team.error()));
  }
  if (!team) return std::unexpected(unknown);
  const auto allowed = need(request.caller, action, tenancy::target_of(*team), unknown);
  if (!allowed) return std::unexpected(allowed.error());
  return std::move(*team);
}

bool administers_organization(const AdminRequest& request, std::string_view organization_id) {
  return tenancy::may(request.caller, tenancy::Action::members,
                      {.kind = tenancy::Target::Kind::organization,
                       .id = std::string(organization_id),
                       .organization_id = std::string(organization_id)});
}

Outcome<void> may_patch_team(const AdminRequest& request, const tenancy::TeamRecord& team,
                             const admin::BodyReader& body) {
  const bool from_above =
      touches_limits(body) ||
      std::ranges::any_of(kFieldsFromAbove, [&](std::string_view name) { return body.has(name); });
  if (!from_above || tenancy::may_change_bounds(request.caller, tenancy::target_of(team))) {
    return {};
  }
  return std::unexpected(admin::refuse(
      403, "Only proxy admin can be used to change what bounds a team", admin::type::kAuth));
}

Outcome<TeamFacts> facts_of(const AdminRequest& request, ControlPlane& control,
                            const tenancy::TeamRecord& team) {
  const auto spend = spend_of_one(control, team, request.now);
  if (!spend) return std::unexpected(spend.error());
  return TeamFacts{*spend, request.now, control.zone};
}

admin::Answer answer_team(const AdminRequest& request, ControlPlane& control,
                          const tenancy::TeamRecord& team) {
  const auto facts = facts_of(request, control, team);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  write_team_row(out, team, *facts);
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
