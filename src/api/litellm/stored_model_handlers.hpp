#pragma once
/// Routes of models that are stored in the database (litellm-contract.md 1.8). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_model(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_model(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_model(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
