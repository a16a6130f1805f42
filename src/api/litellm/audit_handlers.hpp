#pragma once
/// Routes of the log of changes. Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer list_audit_log(const admin::AdminRequest&, ControlPlane&);
admin::Answer audit_log_entry(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
