#pragma once
/// Teams that a request names, with the rights of the caller on them. Blocking.

#include <string_view>

#include "admin/body_reader.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/team_store.hpp"
#include "litellm/team_json.hpp"

namespace gatehouse::api::litellm {

/// The team, if the caller may do that; a team that it may not even read is unknown: 404.
admin::Outcome<tenancy::TeamRecord> team_for(const admin::AdminRequest& request,
                                             ControlPlane& control, std::string_view team_id,
                                             tenancy::Action action);

/// Whether the caller administers the organization as a whole (a proxy admin does).
bool administers_organization(const admin::AdminRequest& request, std::string_view organization_id);

/// 403 when a team's own admin asks for what bounds the team: that is for who stands above it.
admin::Outcome<void> may_patch_team(const admin::AdminRequest& request,
                                    const tenancy::TeamRecord& team, const admin::BodyReader& body);

/// Spend of the team.
admin::Outcome<TeamFacts> facts_of(const admin::AdminRequest& request, ControlPlane& control,
                                   const tenancy::TeamRecord& team);
/// The row as an answer.
admin::Answer answer_team(const admin::AdminRequest& request, ControlPlane& control,
                          const tenancy::TeamRecord& team);

}  // namespace gatehouse::api::litellm
