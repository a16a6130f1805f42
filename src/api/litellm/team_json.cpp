#include "litellm/team_json.hpp"

#include "gatehouse/tenancy/organization_store.hpp"
#include "litellm/extra_fields.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/metadata_fields.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::JsonWriter;

void write_member(JsonWriter& out, const tenancy::TeamMember& member) {
  out.begin_object().member("user_id", member.user_id).key("user_email");
  member.user_email.empty() ? out.null() : out.text(member.user_email);
  out.member("role", tenancy::name_of(member.role)).end_object();
}

void write_people(JsonWriter& out, const tenancy::TeamRecord& team) {
  out.key("members_with_roles").begin_array();
  for (const tenancy::TeamMember& member : team.members) write_member(out, member);
  out.end_array().key("members").begin_array();
  for (const tenancy::TeamMember& member : team.members) out.text(member.user_id);
  out.end_array().key("admins").begin_array();
  for (const tenancy::TeamMember& member : team.members) {
    if (member.role == tenancy::MemberRole::admin) out.text(member.user_id);
  }
  out.end_array();
}

}  // namespace

std::optional<std::string> shown_organization(const std::string& organization_id) {
  if (organization_id == tenancy::kDefaultOrganization) return std::nullopt;
  return organization_id;
}

void write_team_members(JsonWriter& out, const tenancy::TeamRecord& team, const TeamFacts& facts) {
  ExtraFields extra(team.extra);
  out.member("team_id", team.team_id)
      .member("team_alias", team.team_alias)
      .member("organization_id", shown_organization(team.organization_id))
      .member("spend", facts.spend)
      .member("models", team.models)
      .member("model_aliases", team.model_aliases)
      .member("blocked", team.blocked);
  write_people(out, team);
  write_limits(out, team.limits);
  out.member("budget_reset_at", budget_reset_at(team.limits, facts.now, facts.zone))
      .member("team_member_budget", team.member_defaults.max_budget)
      .member("team_member_budget_duration", team.member_defaults.budget_duration)
      .member("team_member_rpm_limit", team.member_defaults.rpm_limit)
      .member("team_member_tpm_limit", team.member_defaults.tpm_limit);
  out.key("metadata").begin_object();
  write_metadata(out, team.metadata, team.tags, team.limits, extra);
  out.end_object();
  extra.write(out, "team_member_permissions", "[]")
      .write(out, "router_settings", "null")
      .write(out, "access_group_ids", "[]")
      .write(out, "object_permission", "null");
  extra.write_rest(out);
  out.member("created_at", team.provenance.created_at)
      .member("updated_at", team.provenance.updated_at);
  if (team.deleted_at) {
    out.member("deleted_at", team.deleted_at).member("deleted_by", team.deleted_by);
  }
}

void write_team_row(JsonWriter& out, const tenancy::TeamRecord& team, const TeamFacts& facts) {
  out.begin_object();
  write_team_members(out, team, facts);
  out.end_object();
}

void write_memberships(JsonWriter& out, const tenancy::TeamRecord& team,
                       const std::vector<core::Money>& spends) {
  out.begin_array();
  for (std::size_t i = 0; i < team.members.size(); ++i) {
    const tenancy::TeamMember& member = team.members[i];
    const tenancy::LimitTerms& own = member.limits;
    const tenancy::LimitTerms& common = team.member_defaults;
    out.begin_object()
        .member("user_id", member.user_id)
        .member("team_id", team.team_id)
        .member("spend", spends[i])
        .member("budget_id", own.budget_id)
        .key("litellm_budget_table")
        .begin_object()
        .member("max_budget", own.max_budget ? own.max_budget : common.max_budget)
        .member("tpm_limit", own.tpm_limit ? own.tpm_limit : common.tpm_limit)
        .member("rpm_limit", own.rpm_limit ? own.rpm_limit : common.rpm_limit)
        .member("budget_duration",
                own.budget_duration ? own.budget_duration : common.budget_duration)
        .end_object()
        .end_object();
  }
  out.end_array();
}

}  // namespace gatehouse::api::litellm
