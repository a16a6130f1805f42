#pragma once
/// Routes of organizations (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_organization(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_organization(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_organizations(const admin::AdminRequest&, ControlPlane&);
admin::Answer organization_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_organizations(const admin::AdminRequest&, ControlPlane&);
admin::Answer add_organization_member(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_organization_member(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_organization_member(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
