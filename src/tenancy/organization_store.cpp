#include "gatehouse/tenancy/organization_store.hpp"

#include <array>

#include "archive.hpp"
#include "listing_support.hpp"
#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 3> kSorts{{
    {"created_at", "created_at_ns"},
    {"organization_id", "organization_id"},
    {"organization_alias", "organization_alias"},
}};

core::Result<OrganizationRecord> present_organization(database::Connection& db,
                                                      std::string_view id) {
  auto organization = whole_organization(db, id);
  if (!organization) return core::pass(organization);
  std::optional<OrganizationRecord> present = std::move(*organization);
  if (!present) return missing("Organization", id);
  return std::move(*present);
}

core::Result<OrganizationRecord> patched(OrganizationRecord organization,
                                         const OrganizationPatch& patch, const Writing& writing) {
  if (auto sound = check_given_name(patch.organization_alias, "organization_alias"); !sound) {
    return core::pass(sound);
  }
  if (patch.metadata.has_value()) {
    auto sound = check_object(patch.metadata.value(), "metadata");
    if (!sound) return core::pass(sound);
  }
  patch.organization_alias.apply(organization.organization_alias);
  patch.models.apply(organization.models);
  patch.blocked.apply(organization.blocked);
  patch.metadata.apply(organization.metadata, "{}");
  auto extra = merge_objects(organization.extra, patch.extra, "extra");
  if (!extra) return core::pass(extra);
  organization.extra = *std::move(extra);
  auto limits = patched(std::move(organization.limits), patch.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  organization.limits = *std::move(limits);
  if (auto done = check_budget_exists(writing.db, organization.limits); !done) {
    return core::pass(done);
  }
  return organization;
}

core::Result<OrganizationRecord> found_organization(const Writing& writing,
                                                    const NewOrganization& wanted) {
  OrganizationRecord blank;
  blank.organization_id =
      wanted.organization_id ? *wanted.organization_id : writing.context.ids.uuid();
  const std::string& id = blank.organization_id;
  if (auto sound = check_name(id, "organization_id"); !sound) return core::pass(sound);
  auto taken = exists(writing.db, "SELECT 1 FROM organization WHERE organization_id = ?", {id});
  if (!taken) return core::pass(taken);
  if (*taken) {
    return core::fail(core::Errc::conflict,
                      "Organization " + core::printable(id) + " already exists.");
  }
  blank.provenance = writing.created();
  auto record = patched(std::move(blank), wanted.fields, writing);
  if (!record) return record;
  auto done = writing.insert(*record, record->organization_id);
  if (!done) return core::pass(done);
  writing.changes.organizations.push_back(record->organization_id);
  return record;
}

core::Result<OrganizationRecord> dissolve(const Writing& writing, std::string_view id) {
  if (id == kDefaultOrganization) {
    return core::fail(core::Errc::forbidden, "The organization 'default' cannot be deleted.");
  }
  auto organization = present_organization(writing.db, id);
  if (!organization) return organization;
  auto keys = archive_keys(writing, "SELECT token FROM virtual_key WHERE organization_id = ?", id);
  if (!keys) return core::pass(keys);
  auto teams = texts(writing.db, "SELECT team_id FROM team WHERE organization_id = ?", {id});
  if (!teams) return core::pass(teams);
  for (const std::string& team_id : *teams) {
    auto team = whole_team(writing.db, team_id);
    if (!team) return core::pass(team);
    const std::optional<TeamRecord>& present = *team;
    if (!present) continue;
    if (auto done = archive_team(writing, *present); !done) return core::pass(done);
  }
  writing.changes.organizations.emplace_back(id);
  for (const OrganizationMember& member : organization->members) {
    writing.changes.users.push_back(member.user_id);
  }
  if (auto done = writing.remove(*organization, id); !done) return core::pass(done);
  return organization;
}

std::string roles_of(const OrganizationRecord& organization) {
  TextMap roles;
  for (const OrganizationMember& member : organization.members) {
    roles[member.user_id] = std::string(name_of(member.role));
  }
  return to_json(roles);
}

/// Runs one statement on the members and writes down what it changed.
core::Result<OrganizationRecord> change_member(const Writing& writing, std::string_view id,
                                               const AuditEntry& entry, std::string_view user_id,
                                               std::string_view sql,
                                               std::initializer_list<database::Value> values) {
  auto before = present_organization(writing.db, id);
  if (!before) return before;
  auto changed = writing.db.execute(sql, values);
  if (!changed) return core::pass(changed);
  if (*changed == 0) return missing("Organization member", user_id);
  auto after = present_organization(writing.db, id);
  if (!after) return after;
  writing.changes.organizations.emplace_back(id);
  writing.changes.users.emplace_back(user_id);
  auto logged =
      writing.audit({entry.action, "organization_member", id, roles_of(*before), roles_of(*after)});
  if (!logged) return core::pass(logged);
  return after;
}

}  // namespace

core::Result<OrganizationRecord> OrganizationStore::create(
    const Actor& actor, const NewOrganization& organization) const {
  return write(context_, actor,
               [&](const Writing& writing) { return found_organization(writing, organization); });
}

core::Result<OrganizationRecord> OrganizationStore::update(const Actor& actor,
                                                           std::string_view organization_id,
                                                           const OrganizationPatch& patch) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<OrganizationRecord> {
    auto before = present_organization(writing.db, organization_id);
    if (!before) return before;
    auto after = patched(*before, patch, writing);
    if (!after) return after;
    writing.touch(after->provenance);
    auto done = writing.update(*before, *after, organization_id);
    if (!done) return core::pass(done);
    writing.changes.organizations.emplace_back(organization_id);
    return after;
  });
}

core::Result<std::vector<OrganizationRecord>> OrganizationStore::remove(
    const Actor& actor, const std::vector<std::string>& organization_ids) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<OrganizationRecord>> {
                 std::vector<OrganizationRecord> removed;
                 for (const std::string& id : organization_ids) {
                   auto organization = dissolve(writing, id);
                   if (!organization) return core::pass(organization);
                   removed.push_back(*std::move(organization));
                 }
                 return removed;
               });
}

core::Result<OrganizationRecord> OrganizationStore::set_member(
    const Actor& actor, std::string_view organization_id, const OrganizationMember& member) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<OrganizationRecord> {
    auto user =
        exists(writing.db, "SELECT 1 FROM user_account WHERE user_id = ?", {member.user_id});
    if (!user) return core::pass(user);
    if (!*user) return missing("User", member.user_id);
    return change_member(
        writing, organization_id, {"member_set", {}, {}}, member.user_id,
        "INSERT INTO organization_member (organization_id, user_id, user_role, joined_at_ns) "
        "VALUES (?, ?, ?, ?) ON CONFLICT (organization_id, user_id) "
        "DO UPDATE SET user_role = excluded.user_role",
        {organization_id, member.user_id, name_of(member.role),
         std::int64_t{writing.now.time_since_epoch().count()}});
  });
}

core::Result<OrganizationRecord> OrganizationStore::remove_member(const Actor& actor,
                                                                  std::string_view organization_id,
                                                                  std::string_view user_id) const {
  return write(context_, actor, [&](const Writing& writing) {
    return change_member(writing, organization_id, {"member_removed", {}, {}}, user_id,
                         "DELETE FROM organization_member WHERE organization_id = ? "
                         "AND user_id = ?",
                         {organization_id, user_id});
  });
}

core::Result<OrganizationRecord> OrganizationStore::find(std::string_view organization_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return present_organization(db, organization_id); });
}

core::Result<Listing<OrganizationRecord>> OrganizationStore::list(const OrganizationFilter& filter,
                                                                  const Page& page,
                                                                  const Sort& sort) const {
  return context_.database.read(
      [&](database::Connection& db) -> core::Result<Listing<OrganizationRecord>> {
        database::Select select("*", "organization");
        select.where_if("organization_id = ?", filter.organization_id);
        if (filter.organization_alias) {
          select.where_contains("organization_alias", *filter.organization_alias);
        }
        select.where_if(
            "organization_id IN (SELECT organization_id FROM organization_member "
            "WHERE user_id = ?)",
            filter.member);
        auto listing =
            list_page<OrganizationRecord>(db, std::move(select), {kSorts, "organization_id"}, page,
                                          sort, read_row<OrganizationRecord>);
        if (!listing) return listing;
        for (OrganizationRecord& organization : listing->items) {
          if (auto done = add_members(db, organization); !done) return core::pass(done);
        }
        return listing;
      });
}

}  // namespace gatehouse::tenancy
