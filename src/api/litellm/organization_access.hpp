#pragma once
/// Organizations that a request names, with the rights of the caller on them. Blocking.

#include <string_view>

#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/organization_store.hpp"
#include "litellm/organization_json.hpp"

namespace gatehouse::api::litellm {

/// The organization, if the caller may do that; one that it may not even read is unknown: 404.
admin::Outcome<tenancy::OrganizationRecord> organization_for(const admin::AdminRequest& request,
                                                             ControlPlane& control,
                                                             std::string_view organization_id,
                                                             tenancy::Action action);

admin::Outcome<OrganizationFacts> facts_of(const admin::AdminRequest& request,
                                           ControlPlane& control,
                                           const tenancy::OrganizationRecord& organization);
/// The row as an answer.
admin::Answer answer_organization(const admin::AdminRequest& request, ControlPlane& control,
                                  const tenancy::OrganizationRecord& organization);

}  // namespace gatehouse::api::litellm
