#pragma once
/// Routes of customers, who are the end users of calls (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_customer(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_customer(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_customers(const admin::AdminRequest&, ControlPlane&);
admin::Answer block_customers(const admin::AdminRequest&, ControlPlane&);
admin::Answer unblock_customers(const admin::AdminRequest&, ControlPlane&);
admin::Answer customer_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_customers(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
