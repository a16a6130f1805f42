#include "members.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

core::Result<std::optional<UserRecord>> user_with_email(database::Connection& db,
                                                        std::string_view email) {
  auto ids =
      texts(db, "SELECT user_id FROM user_account WHERE lower(user_email) = lower(?)", {email});
  if (!ids) return core::pass(ids);
  if (ids->empty()) return std::optional<UserRecord>();
  return maybe_row<UserRecord>(db, ids->front());
}

core::Result<std::optional<UserRecord>> named_user(const Writing& writing,
                                                   const MemberChange& change) {
  std::optional<UserRecord> by_id;
  if (change.user_id) {
    auto found = maybe_row<UserRecord>(writing.db, *change.user_id);
    if (!found) return found;
    by_id = *std::move(found);
  }
  if (!change.user_email || by_id) return by_id;
  auto by_email = user_with_email(writing.db, *change.user_email);
  if (!by_email) return by_email;
  const std::optional<UserRecord>& other = *by_email;
  if (other && change.user_id && other->user_id != *change.user_id) {
    return core::fail(core::Errc::conflict,
                      "Another user has the e-mail address " + core::printable(*change.user_email));
  }
  return by_email;
}

}  // namespace

core::Result<void> check_email(const Patch<std::string>& email) {
  if (!email.has_value()) return {};
  if (auto sound = check_name(email.value(), "user_email"); !sound) return sound;
  const std::size_t at = email.value().find('@');
  if (at == 0 || at == std::string::npos || at + 1 == email.value().size()) {
    return core::fail(core::Errc::invalid_argument, "user_email is not an e-mail address");
  }
  return {};
}

core::Result<void> check_email_free(const Writing& writing, const std::optional<std::string>& email,
                                    std::string_view user_id) {
  if (!email) return {};
  auto taken = exists(
      writing.db, "SELECT 1 FROM user_account WHERE lower(user_email) = lower(?) AND user_id <> ?",
      {*email, user_id});
  if (!taken) return core::pass(taken);
  if (!*taken) return {};
  return core::fail(core::Errc::conflict,
                    "User with email " + core::printable(*email) + " already exists.");
}

core::Result<UserRecord> user_for(const Writing& writing, const MemberChange& change) {
  if (!change.user_id && !change.user_email) {
    return core::fail(core::Errc::invalid_argument,
                      "Either user_id or user_email must be provided");
  }
  auto known = named_user(writing, change);
  if (!known) return core::pass(known);
  std::optional<UserRecord> present = std::move(*known);
  if (present) return std::move(*present);
  UserRecord user;
  user.user_id = change.user_id ? *change.user_id : writing.context.ids.uuid();
  user.user_email = change.user_email;
  user.role = writing.policy->users.role.value_or(UserRole::internal_user);
  user.provenance = writing.created();
  if (auto sound = check_name(user.user_id, "user_id"); !sound) return core::pass(sound);
  if (user.user_email) {
    if (auto sound = check_email(*user.user_email); !sound) return core::pass(sound);
  }
  if (auto done = writing.insert(user, user.user_id); !done) return core::pass(done);
  writing.changes.users.push_back(user.user_id);
  return user;
}

core::Result<void> join_team(const Writing& writing, TeamRecord& team, const MemberChange& change) {
  auto user = user_for(writing, change);
  if (!user) return core::pass(user);
  if (std::ranges::find(team.members, user->user_id, &TeamMember::user_id) != team.members.end()) {
    return core::fail(core::Errc::conflict, "User " + core::printable(user->user_id) +
                                                " is already in team " +
                                                core::printable(team.team_id));
  }
  TeamMember member;
  member.user_id = user->user_id;
  member.user_email = user->user_email.value_or("");
  change.role.apply(member.role, MemberRole::user);
  auto limits = patched({}, change.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  member.limits = *std::move(limits);
  if (auto done = check_budget_exists(writing.db, member.limits); !done) return done;
  if (auto done = put_member(writing.db, team.team_id, member, writing.now); !done) return done;
  writing.changes.users.push_back(member.user_id);
  writing.changes.teams.push_back(team.team_id);
  team.members.push_back(std::move(member));
  return {};
}

core::Result<TeamMember*> member_of(TeamRecord& team, const MemberChange& change) {
  const auto found = std::ranges::find_if(team.members, [&](const TeamMember& member) {
    if (change.user_id) return member.user_id == *change.user_id;
    return change.user_email && core::iequals(member.user_email, *change.user_email);
  });
  if (found == team.members.end()) {
    return missing("Team member", change.user_id.value_or(change.user_email.value_or("")));
  }
  return &*found;
}

}  // namespace gatehouse::tenancy
