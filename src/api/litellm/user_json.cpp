#include "litellm/user_json.hpp"

#include "litellm/extra_fields.hpp"
#include "litellm/limit_fields.hpp"

namespace gatehouse::api::litellm {
namespace {

void write_organizations(admin::JsonWriter& out, const tenancy::UserRecord& user) {
  out.key("organization_memberships").begin_array();
  for (const std::string& id : user.organizations) {
    out.begin_object().member("user_id", user.user_id).member("organization_id", id).end_object();
  }
  out.end_array();
}

}  // namespace

void write_user_members(admin::JsonWriter& out, const tenancy::UserRecord& user,
                        const UserFacts& facts) {
  out.member("user_id", user.user_id)
      .member("user_email", user.user_email)
      .member("user_alias", user.user_alias)
      .member("user_role", tenancy::name_of(user.role))
      .member("sso_user_id", user.sso_user_id)
      .member("spend", facts.spend)
      .member("models", user.models)
      .member("teams", user.teams)
      .member("organizations", user.organizations);
  write_limits(out, user.limits);
  out.member("model_rpm_limit", user.limits.model_rpm_limit)
      .member("model_tpm_limit", user.limits.model_tpm_limit)
      .member("budget_reset_at", budget_reset_at(user.limits, facts.now, facts.zone))
      .member_raw("metadata", user.metadata);
  write_organizations(out, user);
  ExtraFields(user.extra).write_rest(out);
  out.member("created_at", user.provenance.created_at)
      .member("updated_at", user.provenance.updated_at);
}

void write_user_row(admin::JsonWriter& out, const tenancy::UserRecord& user,
                    const UserFacts& facts) {
  out.begin_object();
  write_user_members(out, user, facts);
  out.end_object();
}

}  // namespace gatehouse::api::litellm
