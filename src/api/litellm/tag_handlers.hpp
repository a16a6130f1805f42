#pragma once
/// Routes of tags (litellm-contract.md 1.6). Blocking.

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::api::litellm {

admin::Answer new_tag(const admin::AdminRequest&, ControlPlane&);
admin::Answer update_tag(const admin::AdminRequest&, ControlPlane&);
admin::Answer delete_tag(const admin::AdminRequest&, ControlPlane&);
admin::Answer tag_info(const admin::AdminRequest&, ControlPlane&);
admin::Answer list_tags(const admin::AdminRequest&, ControlPlane&);

}  // namespace gatehouse::api::litellm
