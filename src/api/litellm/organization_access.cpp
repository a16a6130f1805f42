#include "litellm/organization_access.hpp"

#include <string>

#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {

using admin::AdminRequest;
using admin::Outcome;

Outcome<tenancy::OrganizationRecord> organization_for(const AdminRequest& request,
                                                      ControlPlane& control,
                                                      std::string_view organization_id,
                                                      tenancy::Action action) {
  const admin::Answer unknown = admin::refuse_object(
      404, "Organization not found, passed organization_id=" + std::string(organization_id),
      admin::type::kNotFound);
  auto found = tenancy::OrganizationStore(control.stores).find(organization_id);
  if (!found && found.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(found.error()));
  }
  if (!found) return std::unexpected(unknown);
  const auto allowed = need(request.caller, action, tenancy::target_of(*found), unknown);
  if (!allowed) return std::unexpected(allowed.error());
  return std::move(*found);
}

Outcome<OrganizationFacts> facts_of(const AdminRequest& request, ControlPlane& control,
                                    const tenancy::OrganizationRecord& organization) {
  const auto spend = spend_of_one(control, organization, request.now);
  if (!spend) return std::unexpected(spend.error());
  return OrganizationFacts{*spend, request.now, control.zone};
}

admin::Answer answer_organization(const AdminRequest& request, ControlPlane& control,
                                  const tenancy::OrganizationRecord& organization) {
  const auto facts = facts_of(request, control, organization);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object();
  write_organization_members(out, organization, *facts);
  out.end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
