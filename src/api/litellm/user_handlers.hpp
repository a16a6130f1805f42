#pragma once
/// Routes of users (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_user(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_user(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_users(const admin::AdminRequest&, ControlPlane&);
admin::Answer user_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer user_row(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_users(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
