#include "gatehouse/tenancy/user_store.hpp"

#include <array>

#include "archive.hpp"
#include "listing_support.hpp"
#include "members.hpp"
#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 5> kSorts{{
    {"created_at", "created_at_ns"},
    {"user_id", "user_id"},
    {"user_email", "lower(user_email)"},
    {"user_role", "user_role"},
    {"spend",
     "coalesce((SELECT spent_nano FROM budget_counter WHERE scope = 4 AND id = user_id AND "
     "duration = ''), 0)"},
}};

core::Result<UserRecord> present_user(database::Connection& db, std::string_view user_id) {
  auto user = whole_user(db, user_id);
  if (!user) return core::pass(user);
  std::optional<UserRecord> present = std::move(*user);
  if (!present) return missing("User", user_id);
  return std::move(*present);
}

core::Result<void> check_texts(const UserPatch& patch) {
  if (auto sound = check_email(patch.user_email); !sound) return sound;
  if (auto sound = check_given_name(patch.user_alias, "user_alias"); !sound) return sound;
  if (auto sound = check_given_name(patch.sso_user_id, "sso_user_id"); !sound) return sound;
  if (patch.metadata.has_value()) return check_object(patch.metadata.value(), "metadata");
  return {};
}

core::Result<void> check_sso_free(const Writing& writing, const UserRecord& user) {
  if (!user.sso_user_id) return {};
  auto taken =
      exists(writing.db, "SELECT 1 FROM user_account WHERE sso_user_id = ? AND user_id <> ?",
             {*user.sso_user_id, user.user_id});
  if (!taken) return core::pass(taken);
  if (!*taken) return {};
  return core::fail(core::Errc::conflict, "Another user has this sso_user_id.");
}

core::Result<UserRecord> patched(UserRecord user, const UserPatch& patch, const Writing& writing) {
  if (auto sound = check_texts(patch); !sound) return core::pass(sound);
  patch.user_email.apply(user.user_email);
  patch.user_alias.apply(user.user_alias);
  patch.sso_user_id.apply(user.sso_user_id);
  patch.role.apply(user.role, UserRole::internal_user);
  patch.models.apply(user.models);
  patch.metadata.apply(user.metadata, "{}");
  auto extra = merge_objects(user.extra, patch.extra, "extra");
  if (!extra) return core::pass(extra);
  user.extra = *std::move(extra);
  auto limits = patched(std::move(user.limits), patch.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  user.limits = *std::move(limits);
  if (auto done = check_email_free(writing, user.user_email, user.user_id); !done) {
    return core::pass(done);
  }
  if (auto done = check_sso_free(writing, user); !done) return core::pass(done);
  if (auto done = check_budget_exists(writing.db, user.limits); !done) return core::pass(done);
  return user;
}

bool is_internal(UserRole role) {
  return role == UserRole::internal_user || role == UserRole::internal_user_viewer;
}

/// max_internal_user_budget, for those whose request names none.
void apply_internal_budget(UserRecord& user, const UserPatch& patch, const UserPolicy& policy) {
  if (!policy.max_internal_user_budget || !is_internal(user.role)) return;
  if (!patch.limits.max_budget.absent() || user.limits.max_budget || user.limits.budget_id) return;
  user.limits.max_budget = policy.max_internal_user_budget;
  if (!user.limits.budget_duration) {
    user.limits.budget_duration = policy.internal_user_budget_duration;
  }
}

core::Result<void> join(const Writing& writing, const UserRecord& user, const TeamToJoin& wanted) {
  auto team = whole_team(writing.db, wanted.team_id);
  if (!team) return core::pass(team);
  std::optional<TeamRecord> present = std::move(*team);
  if (!present) return missing("Team", wanted.team_id);
  MemberChange change{user.user_id, user.user_email, wanted.role, {}};
  if (wanted.max_budget_in_team) change.limits.max_budget = *wanted.max_budget_in_team;
  return join_team(writing, *present, change);
}

core::Result<void> join(const Writing& writing, const UserRecord& user,
                        const std::string& organization_id) {
  auto found =
      exists(writing.db, "SELECT 1 FROM organization WHERE organization_id = ?", {organization_id});
  if (!found) return core::pass(found);
  if (!*found) return missing("Organization", organization_id);
  auto done = writing.db.execute(
      "INSERT INTO organization_member (organization_id, user_id, user_role, joined_at_ns) "
      "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      {organization_id, user.user_id, name_of(UserRole::internal_user),
       std::int64_t{writing.now.time_since_epoch().count()}});
  if (!done) return core::pass(done);
  writing.changes.organizations.push_back(organization_id);
  return {};
}

core::Result<UserRecord> enter(const Writing& writing, const NewUser& user) {
  UserRecord blank;
  blank.user_id = user.user_id ? *user.user_id : writing.context.ids.uuid();
  if (auto sound = check_name(blank.user_id, "user_id"); !sound) return core::pass(sound);
  auto taken = exists(writing.db, "SELECT 1 FROM user_account WHERE user_id = ?", {blank.user_id});
  if (!taken) return core::pass(taken);
  if (*taken) {
    return core::fail(core::Errc::conflict,
                      "User with id " + core::printable(blank.user_id) + " already exists.");
  }
  const UserPolicy& policy = writing.policy->users;
  blank.role = policy.role.value_or(UserRole::internal_user);
  blank.models = policy.models;
  blank.limits = policy.limits;
  blank.provenance = writing.created();
  auto record = patched(std::move(blank), user.fields, writing);
  if (!record) return record;
  apply_internal_budget(*record, user.fields, policy);
  if (auto done = writing.insert(*record, record->user_id); !done) return core::pass(done);
  writing.changes.users.push_back(record->user_id);
  for (const TeamToJoin& team : user.teams) {
    if (auto done = join(writing, *record, team); !done) return core::pass(done);
  }
  for (const std::string& organization : user.organizations) {
    if (auto done = join(writing, *record, organization); !done) return core::pass(done);
  }
  if (auto done = add_memberships(writing.db, *record); !done) return core::pass(done);
  return record;
}

core::Result<UserRecord> expel(const Writing& writing, std::string_view user_id) {
  auto user = present_user(writing.db, user_id);
  if (!user) return user;
  auto keys = archive_keys(writing, "SELECT token FROM virtual_key WHERE user_id = ?", user_id);
  if (!keys) return core::pass(keys);
  auto left = writing.db.execute("DELETE FROM team_member WHERE user_id = ?", {user_id});
  if (!left) return core::pass(left);
  add_all(writing.changes.teams, user->teams);
  add_all(writing.changes.organizations, user->organizations);
  writing.changes.users.emplace_back(user_id);
  if (auto done = writing.remove(*user, user_id); !done) return core::pass(done);
  return user;
}

database::Select filtered(const UserFilter& filter) {
  database::Select select("*", "user_account");
  if (filter.role) select.where("user_role = ?", name_of(*filter.role));
  if (!filter.user_ids.empty()) select.where_in("user_id", filter.user_ids);
  if (filter.user_email) select.where_contains("user_email", *filter.user_email);
  select.where_if("sso_user_id = ?", filter.sso_user_id);
  select.where_if("user_id IN (SELECT user_id FROM team_member WHERE team_id = ?)", filter.team_id);
  if (!filter.organization_ids.empty()) {
    const std::string organizations = to_json(filter.organization_ids);
    select.where(
        "user_id IN (SELECT user_id FROM organization_member WHERE organization_id IN "
        "(SELECT value FROM json_each(?)))",
        organizations);
  }
  return select;
}

}  // namespace

core::Result<UserRecord> UserStore::create(const Actor& actor, const NewUser& user) const {
  return write(context_, actor, [&](const Writing& writing) { return enter(writing, user); });
}

core::Result<UserRecord> UserStore::update(const Actor& actor, std::string_view user_id,
                                           const UserPatch& patch) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<UserRecord> {
    auto before = present_user(writing.db, user_id);
    if (!before) return before;
    auto after = patched(*before, patch, writing);
    if (!after) return after;
    writing.touch(after->provenance);
    if (auto done = writing.update(*before, *after, user_id); !done) return core::pass(done);
    writing.changes.users.emplace_back(user_id);
    if (before->user_email != after->user_email) {
      auto copied = writing.db.execute("UPDATE team_member SET user_email = ? WHERE user_id = ?",
                                       {after->user_email.value_or(""), user_id});
      if (!copied) return core::pass(copied);
      add_all(writing.changes.teams, after->teams);
    }
    return after;
  });
}

core::Result<std::vector<UserRecord>> UserStore::remove(
    const Actor& actor, const std::vector<std::string>& user_ids) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<UserRecord>> {
                 std::vector<UserRecord> removed;
                 for (const std::string& id : user_ids) {
                   auto user = expel(writing, id);
                   if (!user) return core::pass(user);
                   removed.push_back(*std::move(user));
                 }
                 return removed;
               });
}

core::Result<UserRecord> UserStore::find(std::string_view user_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return present_user(db, user_id); });
}

core::Result<UserRecord> UserStore::find_by_email(std::string_view email) const {
  return context_.database.read([&](database::Connection& db) -> core::Result<UserRecord> {
    auto ids =
        texts(db, "SELECT user_id FROM user_account WHERE lower(user_email) = lower(?)", {email});
    if (!ids) return core::pass(ids);
    if (ids->empty()) return missing("User", email);
    return present_user(db, ids->front());
  });
}

core::Result<Listing<UserRecord>> UserStore::list(const UserFilter& filter, const Page& page,
                                                  const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) -> core::Result<Listing<UserRecord>> {
    auto listing = list_page<UserRecord>(db, filtered(filter), {kSorts, "user_id"}, page, sort,
                                         read_row<UserRecord>);
    if (!listing) return listing;
    for (UserRecord& user : listing->items) {
      if (auto done = add_memberships(db, user); !done) return core::pass(done);
    }
    return listing;
  });
}

}  // namespace gatehouse::tenancy
