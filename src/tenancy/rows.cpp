#include "rows.hpp"

#include "row_io.hpp"

namespace gatehouse::tenancy {

core::Result<void> add_members(database::Connection& db, TeamRecord& team) {
  return db.query(
      "SELECT user_id, user_email, role, max_budget_nano, soft_budget_nano, budget_duration, "
      "budget_anchor_ns, budget_limits, tpm_limit, rpm_limit, max_parallel_requests, "
      "model_max_budget, model_rpm_limit, model_tpm_limit, budget_id FROM team_member "
      "WHERE team_id = ? ORDER BY joined_at_ns, user_id",
      {team.team_id}, [&](const database::Row& row) -> core::Result<void> {
        TeamMember& member = team.members.emplace_back();
        RowReader reader(row);
        reader.field("user_id", member.user_id);
        reader.field("user_email", member.user_email);
        reader.field("role", member.role);
        visit_terms(reader, member.limits);
        return {};
      });
}

core::Result<void> put_member(database::Connection& db, std::string_view team_id,
                              const TeamMember& member, core::WallTime joined) {
  RowWriter writer;
  writer.add(team_id);
  writer.field("user_id", member.user_id);
  writer.field("user_email", member.user_email);
  writer.field("role", member.role);
  visit_terms(writer, member.limits);
  writer.field("joined_at_ns", joined);
  auto done = db.execute(
      "INSERT INTO team_member (team_id, user_id, user_email, role, max_budget_nano, "
      "soft_budget_nano, budget_duration, budget_anchor_ns, budget_limits, tpm_limit, rpm_limit, "
      "max_parallel_requests, model_max_budget, model_rpm_limit, model_tpm_limit, budget_id, "
      "joined_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      writer.values());
  if (!done) return core::pass(done);
  return {};
}

core::Result<void> add_memberships(database::Connection& db, UserRecord& user) {
  auto teams = db.query(
      "SELECT team_id, role FROM team_member WHERE user_id = ? ORDER BY joined_at_ns, team_id",
      {user.user_id}, [&](const database::Row& row) -> core::Result<void> {
        user.teams.emplace_back(row.text(0));
        if (row.text(1) == name_of(MemberRole::admin))
          user.admin_of_teams.emplace_back(row.text(0));
        return {};
      });
  if (!teams) return teams;
  return db.query(
      "SELECT organization_id, user_role FROM organization_member WHERE user_id = ? "
      "ORDER BY joined_at_ns, organization_id",
      {user.user_id}, [&](const database::Row& row) -> core::Result<void> {
        user.organizations.emplace_back(row.text(0));
        if (row.text(1) == name_of(UserRole::org_admin)) {
          user.admin_of_organizations.emplace_back(row.text(0));
        }
        return {};
      });
}

core::Result<void> add_members(database::Connection& db, OrganizationRecord& organization) {
  return db.query(
      "SELECT user_id, user_role FROM organization_member WHERE organization_id = ? "
      "ORDER BY joined_at_ns, user_id",
      {organization.organization_id}, [&](const database::Row& row) -> core::Result<void> {
        OrganizationMember& member = organization.members.emplace_back();
        RowReader reader(row);
        reader.field("user_id", member.user_id);
        reader.field("user_role", member.role);
        return {};
      });
}

core::Result<std::optional<TeamRecord>> whole_team(database::Connection& db, std::string_view id) {
  auto team = maybe_row<TeamRecord>(db, id);
  if (!team) return team;
  std::optional<TeamRecord>& present = *team;
  if (!present) return team;
  if (auto done = add_members(db, *present); !done) return core::pass(done);
  return team;
}

core::Result<std::optional<UserRecord>> whole_user(database::Connection& db, std::string_view id) {
  auto user = maybe_row<UserRecord>(db, id);
  if (!user) return user;
  std::optional<UserRecord>& present = *user;
  if (!present) return user;
  if (auto done = add_memberships(db, *present); !done) return core::pass(done);
  return user;
}

core::Result<std::optional<OrganizationRecord>> whole_organization(database::Connection& db,
                                                                   std::string_view id) {
  auto organization = maybe_row<OrganizationRecord>(db, id);
  if (!organization) return organization;
  std::optional<OrganizationRecord>& present = *organization;
  if (!present) return organization;
  if (auto done = add_members(db, *present); !done) return core::pass(done);
  return organization;
}

}  // namespace gatehouse::tenancy
