#pragma once
/// Whole records from several tables, for the stores and for the directory.

#include <optional>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

/// Fill what stands in the tables of members.
core::Result<void> add_members(database::Connection& db, TeamRecord& team);
core::Result<void> add_memberships(database::Connection& db, UserRecord& user);
core::Result<void> add_members(database::Connection& db, OrganizationRecord& organization);

/// The row with its members, or nothing.
core::Result<std::optional<TeamRecord>> whole_team(database::Connection& db, std::string_view id);
core::Result<std::optional<UserRecord>> whole_user(database::Connection& db, std::string_view id);
core::Result<std::optional<OrganizationRecord>> whole_organization(database::Connection& db,
                                                                   std::string_view id);

core::Result<void> put_member(database::Connection& db, std::string_view team_id,
                              const TeamMember& member, core::WallTime joined);

}  // namespace gatehouse::tenancy
