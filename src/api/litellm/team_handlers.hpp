#pragma once
/// Routes of teams (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_team(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_team(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_teams(const admin::AdminRequest&, ControlPlane&);
admin::Answer block_team(const admin::AdminRequest&, ControlPlane&);
admin::Answer unblock_team(const admin::AdminRequest&, ControlPlane&);
admin::Answer team_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_teams(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_teams_paged(const admin::AdminRequest&, ControlPlane&);
admin::Answer add_team_member(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_team_member(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_team_member(const admin::AdminRequest&, ControlPlane&);
admin::Answer add_team_models(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_team_models(const admin::AdminRequest&, ControlPlane&);
admin::Answer team_permissions(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_team_permissions(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
