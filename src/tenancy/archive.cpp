#include "archive.hpp"

#include "rows.hpp"

namespace gatehouse::tenancy {
namespace {

template <class Record>
core::Result<void> copy_to_archive(const Writing& writing, std::string_view id) {
  static const std::string kColumns = joined(columns_of<Record>());
  static const std::string kSql = "INSERT INTO deleted_" + std::string(Table<Record>::kName) +
                                  " (" + kColumns + ", deleted_at_ns, deleted_by) SELECT " +
                                  kColumns + ", ?, ? FROM " + std::string(Table<Record>::kName) +
                                  " WHERE " + std::string(Table<Record>::kId) + " = ?";
  auto done = writing.db.execute(
      kSql, {std::int64_t{writing.now.time_since_epoch().count()}, writing.actor.user_id, id});
  if (!done) return core::pass(done);
  return {};
}

}  // namespace

core::Result<void> note_key(const Writing& writing, std::string_view token) {
  writing.changes.keys.emplace_back(token);
  auto copies = texts(writing.db, "SELECT token FROM virtual_key WHERE replaced_by = ?", {token});
  if (!copies) return core::pass(copies);
  add_all(writing.changes.keys, *copies);
  return {};
}

core::Result<void> archive_key(const Writing& writing, const KeyRecord& key) {
  if (auto done = note_key(writing, key.token); !done) return done;
  if (!key.replaced_by) {
    if (auto done = copy_to_archive<KeyRecord>(writing, key.token); !done) return done;
  }
  return writing.remove(key, key.token);  // old texts follow: ON DELETE CASCADE
}

core::Result<std::vector<KeyRecord>> archive_keys(const Writing& writing, std::string_view sql,
                                                  std::string_view parameter) {
  auto tokens = texts(writing.db, sql, {parameter});
  if (!tokens) return core::pass(tokens);
  std::vector<KeyRecord> removed;
  for (const std::string& token : *tokens) {
    auto found = maybe_row<KeyRecord>(writing.db, token);
    if (!found) return core::pass(found);
    std::optional<KeyRecord> key = std::move(*found);
    if (!key) continue;  // it followed another one
    if (auto done = archive_key(writing, *key); !done) return core::pass(done);
    removed.push_back(std::move(*key));
  }
  return removed;
}

core::Result<void> archive_team(const Writing& writing, const TeamRecord& team) {
  auto keys =
      archive_keys(writing, "SELECT token FROM virtual_key WHERE team_id = ?", team.team_id);
  if (!keys) return core::pass(keys);
  if (auto done = copy_to_archive<TeamRecord>(writing, team.team_id); !done) return done;
  writing.changes.teams.push_back(team.team_id);
  for (const TeamMember& member : team.members) writing.changes.users.push_back(member.user_id);
  return writing.remove(team, team.team_id);  // members follow: ON DELETE CASCADE
}

}  // namespace gatehouse::tenancy
