#include "litellm/team_body.hpp"

#include "litellm/limit_fields.hpp"
#include "litellm/metadata_fields.hpp"

namespace gatehouse::api::litellm {

using admin::BodyReader;

tenancy::TeamPatch read_team_patch(BodyReader& body) {
  tenancy::TeamPatch patch;
  read_metadata(body, patch.metadata, patch.tags, patch.limits);
  body.read("team_alias", patch.team_alias);
  body.read("organization_id", patch.organization_id);
  body.read("models", patch.models);
  body.read("model_aliases", patch.model_aliases);
  read_limits(body, patch.limits);
  body.read("team_member_budget", patch.member_defaults.max_budget);
  body.read("team_member_budget_duration", patch.member_defaults.budget_duration);
  body.read("team_member_rpm_limit", patch.member_defaults.rpm_limit);
  body.read("team_member_tpm_limit", patch.member_defaults.tpm_limit);
  body.read("blocked", patch.blocked);
  body.read("tags", patch.tags);
  body.ignore("admins");
  body.ignore("members");
  patch.extra = body.rest();
  return patch;
}

tenancy::MemberChange read_member(BodyReader& body) {
  tenancy::MemberChange member;
  body.read("user_id", member.user_id);
  body.read("user_email", member.user_email);
  if (!member.user_id && !member.user_email) {
    body.report("user_id", "missing", "Either user_id or user_email is required");
  }
  std::optional<std::string> role;
  body.read_choice("role", role, {"admin", "user"});
  if (role) {
    member.role = *role == "admin" ? tenancy::MemberRole::admin : tenancy::MemberRole::user;
  }
  body.read("max_budget_in_team", member.limits.max_budget);
  body.read("tpm_limit", member.limits.tpm_limit);
  body.read("rpm_limit", member.limits.rpm_limit);
  return member;
}

std::vector<tenancy::MemberChange> read_members(BodyReader& body, std::string_view name) {
  std::vector<tenancy::MemberChange> members;
  if (body.is_object(name)) {
    auto one = body.object(name);
    if (one) members.push_back(read_member(*one));
    return members;
  }
  body.each_object(name, [&](const std::string&, BodyReader& element) {
    members.push_back(read_member(element));
  });
  return members;
}

}  // namespace gatehouse::api::litellm
