#include "gatehouse/tenancy/key_store.hpp"

#include "archive.hpp"
#include "gatehouse/core/text.hpp"
#include "key_rules.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {
namespace {

/// A key by its present hash: an old text of a regenerated key is not one to administer.
core::Result<KeyRecord> present_key(database::Connection& db, std::string_view token) {
  auto key = find_row<KeyRecord>(db, token);
  if (key && key->replaced_by) return missing("Key", token);
  return key;
}

core::Result<void> check_service_account(const NewKey& key, const KeyRecord& record) {
  if (!key.service_account) return {};
  if (!record.team_id) {
    return core::fail(core::Errc::invalid_argument, "team_id is required for service account keys");
  }
  if (record.user_id) {
    return core::fail(core::Errc::invalid_argument, "service account keys have no user_id");
  }
  return {};
}

core::Result<IssuedKey> issue(const Writing& writing, const NewKey& key) {
  auto patch =
      within_bounds(with_defaults(key.fields, writing.policy->keys.defaults), writing, true);
  if (!patch) return core::pass(patch);
  auto text = key_text(writing, key.key);
  if (!text) return core::pass(text);
  KeyRecord blank;
  blank.token = crypto::sha256_hex(text->reveal());
  blank.account = blank.token;
  blank.key_name = text->masked();
  blank.service_account = key.service_account;
  blank.provenance = writing.created();
  auto record = patched(std::move(blank), *patch, writing);
  if (!record) return core::pass(record);
  if (auto done = check_service_account(key, *record); !done) return core::pass(done);
  if (auto done = check_token_free(writing, record->token); !done) return core::pass(done);
  if (auto done = check_references(writing, *record); !done) return core::pass(done);
  if (auto done = writing.insert(*record, record->token); !done) return core::pass(done);
  if (auto done = plan_rotation(writing, *record, true); !done) return core::pass(done);
  writing.changes.keys.push_back(record->token);
  return IssuedKey{*std::move(text), *std::move(record)};
}

core::Result<KeyRecord> change(const Writing& writing, std::string_view token,
                               const KeyPatch& fields) {
  auto before = present_key(writing.db, token);
  if (!before) return before;
  auto patch = within_bounds(fields, writing, false);
  if (!patch) return core::pass(patch);
  auto after = patched(*before, *patch, writing);
  if (!after) return after;
  writing.touch(after->provenance);
  if (auto done = check_references(writing, *after); !done) return core::pass(done);
  if (auto done = writing.update(*before, *after, token); !done) return core::pass(done);
  const bool anew = !fields.auto_rotate.absent() || !fields.rotation_interval.absent();
  if (auto done = plan_rotation(writing, *after, anew); !done) return core::pass(done);
  if (auto done = note_key(writing, token); !done) return core::pass(done);
  return after;
}

/// The row under which the old text stays good for a while.
core::Result<void> keep_old_text(const Writing& writing, KeyRecord old, const KeyRecord& present,
                                 core::Nanos grace) {
  const core::WallTime end = writing.now + grace;
  old.key_alias.reset();
  old.replaced_by = present.token;
  old.expires = present.expires ? std::min(*present.expires, end) : end;
  return insert_row(writing.db, old);
}

core::Result<void> remove_spent_texts(const Writing& writing) {
  auto done = writing.db.execute(
      "DELETE FROM virtual_key WHERE replaced_by IS NOT NULL AND expires_ns <= ?",
      {std::int64_t{writing.now.time_since_epoch().count()}});
  if (!done) return core::pass(done);
  return {};
}

core::Result<IssuedKey> replace_text(const Writing& writing, std::string_view token,
                                     const Regeneration& how) {
  auto before = present_key(writing.db, token);
  if (!before) return core::pass(before);
  if (auto done = note_key(writing, token); !done) return core::pass(done);
  auto patch = within_bounds(how.fields, writing, false);
  if (!patch) return core::pass(patch);
  auto text = key_text(writing, how.new_key);
  if (!text) return core::pass(text);
  auto after = patched(*before, *patch, writing);
  if (!after) return core::pass(after);
  after->token = crypto::sha256_hex(text->reveal());
  after->key_name = text->masked();
  ++after->rotation_count;
  writing.touch(after->provenance);
  if (auto done = check_token_free(writing, after->token); !done) return core::pass(done);
  KeyRecord named = *after;  // the alias is still the old row's
  named.token = before->token;
  if (auto done = check_references(writing, named); !done) return core::pass(done);
  if (auto done = remove_spent_texts(writing); !done) return core::pass(done);
  if (auto done = writing.update(*before, *after, token, "regenerated"); !done) {
    return core::pass(done);
  }
  writing.changes.keys.push_back(after->token);
  auto noted = writing.db.execute("INSERT INTO former_key (token, account) VALUES (?, ?)",
                                  {before->token, before->account});
  if (!noted) return core::pass(noted);
  if (auto done = plan_rotation(writing, *after, true); !done) return core::pass(done);
  if (how.grace && *how.grace > core::Nanos::zero()) {
    auto kept = keep_old_text(writing, *std::move(before), *after, *how.grace);
    if (!kept) return core::pass(kept);
  }
  return IssuedKey{*std::move(text), *std::move(after)};
}

}  // namespace

core::Result<IssuedKey> KeyStore::create(const Actor& actor, const NewKey& key) const {
  return write(context_, actor, [&](const Writing& writing) { return issue(writing, key); });
}

core::Result<KeyRecord> KeyStore::update(const Actor& actor, std::string_view token,
                                         const KeyPatch& patch) const {
  return write(context_, actor,
               [&](const Writing& writing) { return change(writing, token, patch); });
}

core::Result<std::vector<KeyRecord>> KeyStore::remove(
    const Actor& actor, const std::vector<std::string>& tokens) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<KeyRecord>> {
                 std::vector<KeyRecord> removed;
                 for (const std::string& token : tokens) {
                   auto key = maybe_row<KeyRecord>(writing.db, token);
                   if (!key) return core::pass(key);
                   if (!*key) continue;
                   if (auto done = archive_key(writing, **key); !done) return core::pass(done);
                   removed.push_back(**std::move(key));
                 }
                 return removed;
               });
}

core::Result<KeyRecord> KeyStore::set_blocked(const Actor& actor, std::string_view token,
                                              bool blocked) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<KeyRecord> {
    auto before = present_key(writing.db, token);
    if (!before) return before;
    KeyRecord after = *before;
    after.blocked = blocked;
    writing.touch(after.provenance);
    auto done = writing.update(*before, after, token, blocked ? "blocked" : "unblocked");
    if (!done) return core::pass(done);
    if (auto noted = note_key(writing, token); !noted) return core::pass(noted);
    return after;
  });
}

core::Result<IssuedKey> KeyStore::regenerate(const Actor& actor, std::string_view token,
                                             const Regeneration& how) const {
  return write(context_, actor,
               [&](const Writing& writing) { return replace_text(writing, token, how); });
}

core::Result<KeyRecord> KeyStore::find(std::string_view token, bool deleted_too) const {
  return context_.database.read([&](database::Connection& db) -> core::Result<KeyRecord> {
    auto key = maybe_row<KeyRecord>(db, token);
    if (!key) return core::pass(key);
    if (*key && (*key)->replaced_by) return find_row<KeyRecord>(db, *(*key)->replaced_by);
    if (*key) return **std::move(key);
    std::optional<KeyRecord> archived;
    if (deleted_too) {
      auto done = db.query(
          "SELECT * FROM deleted_virtual_key WHERE token = ? ORDER BY deleted_at_ns DESC LIMIT 1",
          {token}, [&](const database::Row& row) -> core::Result<void> {
            archived = read_archived<KeyRecord>(row);
            return {};
          });
      if (!done) return core::pass(done);
    }
    if (!archived) return missing("Key", token);
    return *std::move(archived);
  });
}

core::Result<std::vector<std::string>> KeyStore::all_tokens(std::string_view token) const {
  return context_.database.read([&](database::Connection& db) {
    return texts(db,
                 "WITH own (account) AS (SELECT account FROM virtual_key WHERE token = ?1 "
                 "UNION SELECT account FROM former_key WHERE token = ?1 "
                 "UNION SELECT account FROM deleted_virtual_key WHERE token = ?1) "
                 "SELECT ?1 UNION SELECT token FROM former_key WHERE account IN own "
                 "UNION SELECT token FROM virtual_key WHERE account IN own "
                 "AND replaced_by IS NULL",
                 {token});
  });
}

core::Result<std::vector<std::string>> KeyStore::tokens_of(
    const std::vector<std::string>& aliases) const {
  return context_.database.read(
      [&](database::Connection& db) -> core::Result<std::vector<std::string>> {
        std::vector<std::string> tokens;
        for (const std::string& alias : aliases) {
          auto found = texts(db, "SELECT token FROM virtual_key WHERE key_alias = ?", {alias});
          if (!found) return found;
          if (found->empty()) return missing("Key with alias", alias);
          add_all(tokens, *found);
        }
        return tokens;
      });
}

}  // namespace gatehouse::tenancy
