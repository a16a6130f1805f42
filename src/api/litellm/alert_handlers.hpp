#pragma once
/// Do alerts arrive?

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

/// GET /health/services?service=webhook|slack: sends a test alert there.
admin::Answer check_service(const admin::AdminRequest& request, ControlPlane& control);

}  // namespace gatehouse::api::litellm
