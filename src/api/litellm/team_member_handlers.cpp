/// Who belongs to a team.

#include <algorithm>
#include <utility>

#include "admin/body_reader.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"
#include "litellm/team_access.hpp"
#include "litellm/team_body.hpp"
#include "litellm/team_handlers.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using tenancy::Action;

const tenancy::TeamMember* find_member(const tenancy::TeamRecord& team,
                                       const tenancy::MemberChange& who) {
  const auto found = std::ranges::find_if(team.members, [&](const tenancy::TeamMember& member) {
    return who.user_id ? member.user_id == *who.user_id : member.user_email == *who.user_email;
  });
  return found == team.members.end() ? nullptr : &*found;
}

/// The row with users and memberships that were added.
Answer answer_added(const AdminRequest& request, ControlPlane& control,
                    const tenancy::TeamRecord& team,
                    const std::vector<tenancy::MemberChange>& added) {
  const auto facts = facts_of(request, control, team);
  if (!facts) return facts.error();
  tenancy::TeamRecord fresh = team;
  std::erase_if(fresh.members, [&](const tenancy::TeamMember& member) {
    return std::ranges::none_of(added, [&](const tenancy::MemberChange& who) {
      return who.user_id == member.user_id || who.user_email == member.user_email;
    });
  });
  std::vector<SpentBy> whose;
  whose.reserve(fresh.members.size());
  for (const tenancy::TeamMember& member : fresh.members) whose.push_back(spent_by(team, member));
  const auto spends = spend_of(control, whose, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object();
  write_team_members(out, team, *facts);
  out.key("updated_users").begin_array();
  for (const tenancy::TeamMember& member : fresh.members) {
    out.begin_object()
        .member("user_id", member.user_id)
        .member("user_email", member.user_email)
        .end_object();
  }
  out.end_array().key("updated_team_memberships");
  write_memberships(out, fresh, *spends);
  out.end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer add_team_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  std::optional<core::Money> max_budget;
  body.require("team_id");
  body.require("member");
  body.read("team_id", team_id);
  body.read("max_budget_in_team", max_budget);
  auto members = read_members(body, "member");
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::members);
  if (!team) return team.error();
  for (tenancy::MemberChange& member : members) {
    if (max_budget) member.limits.max_budget = *max_budget;
    if (member.role.absent()) member.role = tenancy::MemberRole::user;
  }
  const auto changed = tenancy::TeamStore(control.stores)
                           .add_members(tenancy::actor_of(request.caller), team_id, members);
  if (!changed) return refuse_store(changed.error());
  return answer_added(request, control, *changed, members);
}

Answer update_team_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  body.require("team_id");
  body.read("team_id", team_id);
  const tenancy::MemberChange change = read_member(body);
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::members);
  if (!team) return team.error();
  const auto changed = tenancy::TeamStore(control.stores)
                           .update_member(tenancy::actor_of(request.caller), team_id, change);
  if (!changed) return refuse_store(changed.error());
  const tenancy::TeamMember* member = find_member(*changed, change);
  if (member == nullptr) return admin::refuse(404, "Member not found", admin::type::kNotFound);
  admin::JsonWriter out;
  out.begin_object()
      .member("team_id", changed->team_id)
      .member("user_id", member->user_id)
      .member("user_email", member->user_email)
      .member("role", tenancy::name_of(member->role))
      .member("max_budget_in_team", member->limits.max_budget)
      .member("tpm_limit", member->limits.tpm_limit)
      .member("rpm_limit", member->limits.rpm_limit)
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer delete_team_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  std::string team_id;
  body.require("team_id");
  body.read("team_id", team_id);
  const tenancy::MemberChange who = read_member(body);
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, Action::members);
  if (!team) return team.error();
  const auto changed = tenancy::TeamStore(control.stores)
                           .remove_member(tenancy::actor_of(request.caller), team_id, who);
  if (!changed) return refuse_store(changed.error());
  return answer_team(request, control, *changed);
}

}  // namespace gatehouse::api::litellm
