#pragma once
/// Routes of virtual keys (litellm-contract.md 1.5). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer generate_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer generate_service_account_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer bulk_update_keys(const admin::AdminRequest&, ControlPlane&);
admin::Answer regenerate_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer reset_key_spend(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_keys(const admin::AdminRequest&, ControlPlane&);
admin::Answer block_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer unblock_key(const admin::AdminRequest&, ControlPlane&);
admin::Answer key_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer key_info_of_many(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_keys(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_key_aliases(const admin::AdminRequest&, ControlPlane&);
admin::Answer key_health(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
