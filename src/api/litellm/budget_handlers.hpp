#pragma once
/// Routes of shared budgets (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_budget(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_budget(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_budget(const admin::AdminRequest&, ControlPlane&);
admin::Answer budget_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer budget_settings(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_budgets(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
