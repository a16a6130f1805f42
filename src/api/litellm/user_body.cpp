#include "litellm/user_body.hpp"

#include "litellm/limit_fields.hpp"

namespace gatehouse::api::litellm {

using admin::BodyReader;

const std::vector<std::string_view>& user_roles() {
  static const std::vector<std::string_view> roles{
      "proxy_admin",   "proxy_admin_viewer",   "org_admin",
      "internal_user", "internal_user_viewer", "team",
      "customer"};
  return roles;
}

tenancy::UserPatch read_user_patch(BodyReader& body) {
  tenancy::UserPatch patch;
  body.read("user_email", patch.user_email);
  body.read("user_alias", patch.user_alias);
  body.read("sso_user_id", patch.sso_user_id);
  std::optional<std::string> role;
  body.read_choice("user_role", role, user_roles());
  if (role) {
    if (const auto known = tenancy::user_role_named(*role)) patch.role = *known;
  }
  body.read("models", patch.models);
  read_limits(body, patch.limits);
  body.read_object("metadata", patch.metadata);
  return patch;
}

std::vector<tenancy::TeamToJoin> read_teams(BodyReader& body) {
  std::vector<tenancy::TeamToJoin> teams;
  std::size_t index = 0;
  for (const json::Member& element : body.list("teams")) {
    const std::string location = body.location_of("teams") + "," + std::to_string(index++);
    if (auto id = json::as_string(element)) {
      teams.push_back({.team_id = std::move(*id)});
      continue;
    }
    BodyReader inner(element.value, location, body.errors());
    tenancy::TeamToJoin team;
    inner.require("team_id");
    inner.read("team_id", team.team_id);
    inner.read("max_budget_in_team", team.max_budget_in_team);
    std::optional<std::string> role;
    inner.read_choice("user_role", role, {"user", "admin"});
    if (role == "admin") team.role = tenancy::MemberRole::admin;
    teams.push_back(std::move(team));
  }
  return teams;
}

}  // namespace gatehouse::api::litellm
