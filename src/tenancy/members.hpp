#pragma once
/// People as members of teams.

#include <string>
#include <string_view>

#include "gatehouse/tenancy/team_store.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {

/// Errc::invalid_argument unless the text looks like an address.
core::Result<void> check_email(const Patch<std::string>& email);
/// Errc::conflict when another user has the address (without case).
core::Result<void> check_email_free(const Writing& writing, const std::optional<std::string>& email,
                                    std::string_view user_id);

/// The user that `change` names, made when there is none. Errc::conflict when id and e-mail
/// belong to different users.
core::Result<UserRecord> user_for(const Writing& writing, const MemberChange& change);

/// Adds one; Errc::conflict when the user is a member already.
core::Result<void> join_team(const Writing& writing, TeamRecord& team, const MemberChange& change);

/// The member that `change` names, Errc::not_found without one.
core::Result<TeamMember*> member_of(TeamRecord& team, const MemberChange& change);

}  // namespace gatehouse::tenancy
