#pragma once
/// What earlier checks of models have shown.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

/// GET /health/history?model=&status_filter=healthy|unhealthy&limit=&offset=: newest first.
admin::Answer check_history(const admin::AdminRequest& request, ControlPlane& control);
/// GET /health/latest: the newest of each deployment.
admin::Answer latest_checks(const admin::AdminRequest& request, ControlPlane& control);

}  // namespace gatehouse::api::litellm
