#include "litellm/organization_json.hpp"

#include "litellm/extra_fields.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/metadata_fields.hpp"

namespace gatehouse::api::litellm {

void write_budget_table(admin::JsonWriter& out, const tenancy::LimitTerms& limits,
                        core::WallTime now, const limits::TimeZone* zone) {
  out.key("litellm_budget_table").begin_object();
  write_limits(out, limits);
  out.member("budget_reset_at", budget_reset_at(limits, now, zone)).end_object();
}

void write_organization_membership(admin::JsonWriter& out,
                                   const tenancy::OrganizationRecord& organization,
                                   const tenancy::OrganizationMember& member) {
  out.begin_object()
      .member("organization_id", organization.organization_id)
      .member("user_id", member.user_id)
      .member("user_role", tenancy::name_of(member.role))
      .end_object();
}

void write_organization_members(admin::JsonWriter& out,
                                const tenancy::OrganizationRecord& organization,
                                const OrganizationFacts& facts) {
  ExtraFields extra(organization.extra);
  out.member("organization_id", organization.organization_id)
      .member("organization_alias", organization.organization_alias)
      .member("budget_id", organization.limits.budget_id)
      .member("spend", facts.spend)
      .member("models", organization.models)
      .member("blocked", organization.blocked);
  out.key("metadata").begin_object();
  write_metadata(out, organization.metadata, {}, organization.limits, extra);
  out.end_object();
  write_budget_table(out, organization.limits, facts.now, facts.zone);
  out.key("members").begin_array();
  for (const tenancy::OrganizationMember& member : organization.members) {
    write_organization_membership(out, organization, member);
  }
  out.end_array();
  extra.write_rest(out);
  out.member("created_at", organization.provenance.created_at)
      .member("updated_at", organization.provenance.updated_at)
      .member("created_by", organization.provenance.created_by)
      .member("updated_by", organization.provenance.updated_by);
}

}  // namespace gatehouse::api::litellm
