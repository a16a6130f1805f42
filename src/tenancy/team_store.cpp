#include "gatehouse/tenancy/team_store.hpp"

#include <array>

#include "archive.hpp"
#include "listing_support.hpp"
#include "members.hpp"
#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 4> kSorts{{
    {"created_at", "created_at_ns"},
    {"team_id", "team_id"},
    {"team_alias", "team_alias"},
    {"organization_id", "organization_id"},
}};

core::Result<TeamRecord> present_team(database::Connection& db, std::string_view team_id) {
  auto team = whole_team(db, team_id);
  if (!team) return core::pass(team);
  std::optional<TeamRecord> present = std::move(*team);
  if (!present) return missing("Team", team_id);
  return std::move(*present);
}

core::Result<void> check_texts(const TeamPatch& patch) {
  if (auto sound = check_given_name(patch.team_alias, "team_alias"); !sound) return sound;
  if (patch.metadata.has_value()) return check_object(patch.metadata.value(), "metadata");
  return {};
}

core::Result<void> check_organization(const Writing& writing, const std::string& id) {
  auto found = exists(writing.db, "SELECT 1 FROM organization WHERE organization_id = ?", {id});
  if (!found) return core::pass(found);
  if (*found) return {};
  return core::fail(core::Errc::invalid_argument, "Organization not found: " + core::printable(id));
}

core::Result<TeamRecord> patched(TeamRecord team, const TeamPatch& patch, const Writing& writing) {
  if (auto sound = check_texts(patch); !sound) return core::pass(sound);
  patch.team_alias.apply(team.team_alias);
  patch.organization_id.apply(team.organization_id, "default");
  patch.models.apply(team.models);
  patch.model_aliases.apply(team.model_aliases);
  patch.blocked.apply(team.blocked);
  patch.tags.apply(team.tags);
  patch.metadata.apply(team.metadata, "{}");
  auto extra = merge_objects(team.extra, patch.extra, "extra");
  if (!extra) return core::pass(extra);
  team.extra = *std::move(extra);
  const DurationRules& rules = writing.context.durations;
  auto limits = patched(std::move(team.limits), patch.limits, rules);
  if (!limits) return core::pass(limits);
  team.limits = *std::move(limits);
  auto defaults = patched(std::move(team.member_defaults), patch.member_defaults, rules);
  if (!defaults) return core::pass(defaults);
  team.member_defaults = *std::move(defaults);
  if (auto done = check_organization(writing, team.organization_id); !done) {
    return core::pass(done);
  }
  if (auto done = check_budget_exists(writing.db, team.limits); !done) return core::pass(done);
  if (auto done = check_budget_exists(writing.db, team.member_defaults); !done) {
    return core::pass(done);
  }
  return team;
}

core::Result<TeamRecord> found_team(const Writing& writing, const NewTeam& team) {
  TeamRecord blank;
  blank.team_id = team.team_id ? *team.team_id : writing.context.ids.uuid();
  if (auto sound = check_name(blank.team_id, "team_id"); !sound) return core::pass(sound);
  auto taken = exists(writing.db, "SELECT 1 FROM team WHERE team_id = ?", {blank.team_id});
  if (!taken) return core::pass(taken);
  if (*taken) {
    return core::fail(core::Errc::conflict,
                      "Team id = " + core::printable(blank.team_id) + " already exists.");
  }
  blank.models = writing.policy->teams.models;
  blank.limits = writing.policy->teams.limits;
  blank.provenance = writing.created();
  auto record = patched(std::move(blank), team.fields, writing);
  if (!record) return record;
  if (auto done = writing.insert(*record, record->team_id); !done) return core::pass(done);
  writing.changes.teams.push_back(record->team_id);
  for (const MemberChange& member : team.members) {
    if (auto done = join_team(writing, *record, member); !done) return core::pass(done);
  }
  return record;
}

/// Runs `work(team)` on a team as it is and writes down in the audit log that its members changed.
template <class Work>
core::Result<TeamRecord> change_members(const Writing& writing, std::string_view team_id,
                                        std::string_view action, Work work) {
  auto team = present_team(writing.db, team_id);
  if (!team) return team;
  const auto names = [](const TeamRecord& record) {
    TextMap roles;
    for (const TeamMember& member : record.members) {
      roles[member.user_id] = std::string(name_of(member.role));
    }
    return to_json(roles);
  };
  const std::string before = names(*team);
  if (auto done = work(*team); !done) return core::pass(done);
  writing.changes.teams.emplace_back(team_id);
  auto logged = writing.audit({action, "team_member", team_id, before, names(*team)});
  if (!logged) return core::pass(logged);
  return team;
}

core::Result<void> leave_team(const Writing& writing, TeamRecord& team,
                              const MemberChange& change) {
  auto member = member_of(team, change);
  if (!member) return core::pass(member);
  const std::string user_id = (*member)->user_id;
  auto tokens = texts(writing.db, "SELECT token FROM virtual_key WHERE team_id = ? AND user_id = ?",
                      {team.team_id, user_id});
  if (!tokens) return core::pass(tokens);
  for (const std::string& token : *tokens) {
    auto keys = archive_keys(writing, "SELECT token FROM virtual_key WHERE token = ?", token);
    if (!keys) return core::pass(keys);
  }
  auto done = writing.db.execute("DELETE FROM team_member WHERE team_id = ? AND user_id = ?",
                                 {team.team_id, user_id});
  if (!done) return core::pass(done);
  writing.changes.users.push_back(user_id);
  std::erase_if(team.members, [&](const TeamMember& m) { return m.user_id == user_id; });
  return {};
}

core::Result<void> rewrite_member(const Writing& writing, TeamRecord& team,
                                  const MemberChange& change) {
  auto found = member_of(team, change);
  if (!found) return core::pass(found);
  TeamMember& member = **found;
  change.role.apply(member.role, MemberRole::user);
  auto limits = patched(std::move(member.limits), change.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  member.limits = *std::move(limits);
  if (auto done = check_budget_exists(writing.db, member.limits); !done) return done;
  core::WallTime joined{};
  auto read = writing.db.query(
      "DELETE FROM team_member WHERE team_id = ? AND user_id = ? RETURNING joined_at_ns",
      {team.team_id, member.user_id}, [&](const database::Row& row) -> core::Result<void> {
        joined = core::WallTime(core::Nanos(row.integer(0)));
        return {};
      });
  if (!read) return read;
  writing.changes.users.push_back(member.user_id);
  return put_member(writing.db, team.team_id, member, joined);
}

database::Select filtered(const TeamFilter& filter, const std::string& organizations) {
  database::Select select =
      filter.deleted ? database::Select("*", "deleted_team") : database::Select("*", "team");
  select.where_if("team_id = ?", filter.team_id);
  if (filter.team_alias) select.where_contains("team_alias", *filter.team_alias);
  select.where_if("organization_id = ?", filter.organization_id);
  if (filter.organization_ids) {
    const std::array<database::Value, 2> values{organizations, filter.member};
    select.where(
        "(organization_id IN (SELECT value FROM json_each(?)) OR "
        "team_id IN (SELECT team_id FROM team_member WHERE user_id = ?))",
        values);
  } else {
    select.where_if("team_id IN (SELECT team_id FROM team_member WHERE user_id = ?)",
                    filter.member);
  }
  return select;
}

}  // namespace

core::Result<TeamRecord> TeamStore::create(const Actor& actor, const NewTeam& team) const {
  return write(context_, actor, [&](const Writing& writing) { return found_team(writing, team); });
}

core::Result<TeamRecord> TeamStore::update(const Actor& actor, std::string_view team_id,
                                           const TeamPatch& patch) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<TeamRecord> {
    auto before = present_team(writing.db, team_id);
    if (!before) return before;
    auto after = patched(*before, patch, writing);
    if (!after) return after;
    writing.touch(after->provenance);
    std::string_view action = "updated";
    if (before->blocked != after->blocked) action = after->blocked ? "blocked" : "unblocked";
    auto done = writing.update(*before, *after, team_id, action);
    if (!done) return core::pass(done);
    writing.changes.teams.emplace_back(team_id);
    return after;
  });
}

core::Result<std::vector<TeamRecord>> TeamStore::remove(
    const Actor& actor, const std::vector<std::string>& team_ids) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<TeamRecord>> {
                 std::vector<TeamRecord> removed;
                 for (const std::string& id : team_ids) {
                   auto team = present_team(writing.db, id);
                   if (!team) return core::pass(team);
                   if (auto done = archive_team(writing, *team); !done) return core::pass(done);
                   removed.push_back(*std::move(team));
                 }
                 return removed;
               });
}

core::Result<TeamRecord> TeamStore::add_members(const Actor& actor, std::string_view team_id,
                                                const std::vector<MemberChange>& members) const {
  return write(context_, actor, [&](const Writing& writing) {
    return change_members(writing, team_id, "members_added",
                          [&](TeamRecord& team) -> core::Result<void> {
                            for (const MemberChange& member : members) {
                              auto done = join_team(writing, team, member);
                              if (!done) return done;
                            }
                            return {};
                          });
  });
}

core::Result<TeamRecord> TeamStore::update_member(const Actor& actor, std::string_view team_id,
                                                  const MemberChange& member) const {
  return write(context_, actor, [&](const Writing& writing) {
    return change_members(writing, team_id, "member_updated",
                          [&](TeamRecord& team) { return rewrite_member(writing, team, member); });
  });
}

core::Result<TeamRecord> TeamStore::remove_member(const Actor& actor, std::string_view team_id,
                                                  const MemberChange& member) const {
  return write(context_, actor, [&](const Writing& writing) {
    return change_members(writing, team_id, "member_removed",
                          [&](TeamRecord& team) { return leave_team(writing, team, member); });
  });
}

core::Result<TeamRecord> TeamStore::find(std::string_view team_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return present_team(db, team_id); });
}

core::Result<Listing<TeamRecord>> TeamStore::list(const TeamFilter& filter, const Page& page,
                                                  const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) -> core::Result<Listing<TeamRecord>> {
    const std::string organizations =
        to_json(filter.organization_ids.value_or(std::vector<std::string>()));
    auto listing = list_page<TeamRecord>(db, filtered(filter, organizations), {kSorts, "team_id"},
                                         page, sort, [&](const database::Row& row) {
                                           return filter.deleted ? read_archived<TeamRecord>(row)
                                                                 : read_row<TeamRecord>(row);
                                         });
    if (!listing) return listing;
    for (TeamRecord& team : listing->items) {
      if (auto done = tenancy::add_members(db, team); !done) return core::pass(done);
    }
    return listing;
  });
}

}  // namespace gatehouse::tenancy
