#pragma once
/// Administration of virtual keys (litellm-contract.md 1.5). General rules: store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/secret.hpp"
#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct KeyPatch {
  Patch<std::string> key_alias;
  Patch<KeyType> type;
  Patch<std::vector<std::string>> models;
  Patch<std::map<std::string, std::string>> aliases;
  Patch<std::string> user_id;
  Patch<std::string> team_id;
  Patch<std::string> organization_id;
  LimitPatch limits;
  Patch<core::Money> temp_budget_increase;
  Patch<core::WallTime> temp_budget_expiry;
  Patch<std::string> duration;  ///< exact, from now; null or "-1": never expires
  Patch<bool> blocked;
  Patch<std::vector<std::string>> tags;
  Patch<std::vector<std::string>> allowed_routes;
  Patch<std::string> metadata;  ///< JSON object, replaces
  std::string extra = "{}";     ///< JSON object, merged member by member; null removes a member
  Patch<std::string> rotation_interval;
  Patch<bool> auto_rotate;
};

struct NewKey {
  KeyPatch fields;                       ///< absent: the policy's default
  std::optional<core::Secret> key = {};  ///< the caller's own text; must begin with "sk-"
  bool service_account = false;          ///< needs a team, has no user
};

/// A key at the only moment its text is known.
struct IssuedKey {
  core::Secret key;
  KeyRecord record;
};

struct Regeneration {
  KeyPatch fields = {};
  std::optional<core::Secret> new_key = {};
  std::optional<core::Nanos> grace = {};  ///< the old text stays good that long
};

/// Who may see what in a list: rows of the user, of the teams or of the organizations.
struct Visibility {
  std::optional<std::string> user_id;
  std::vector<std::string> team_ids;
  std::vector<std::string> organization_ids;
  std::optional<std::string> created_by;
};

struct KeyFilter {
  std::optional<std::string> user_id = {};
  std::optional<std::string> team_id = {};
  std::optional<std::string> organization_id = {};
  std::optional<std::string> token = {};
  std::optional<std::string> key_alias = {};
  bool substring = false;  ///< user_id and key_alias match anywhere, without case
  enum class Expiry : std::uint8_t { any, active, expired } expiry = Expiry::any;
  bool deleted = false;  ///< the archive instead
  std::optional<Visibility> visible = {};
};

class KeyStore {
 public:
  explicit KeyStore(const StoreContext& context) : context_(context) {}

  /// Errc::unavailable without random bytes: no weaker key is issued (faults.md H8).
  core::Result<IssuedKey> create(const Actor& actor, const NewKey& key) const;
  core::Result<KeyRecord> update(const Actor& actor, std::string_view token,
                                 const KeyPatch& patch) const;
  /// Archives and removes. Returns the rows removed; those unknown are left out.
  core::Result<std::vector<KeyRecord>> remove(const Actor& actor,
                                              const std::vector<std::string>& tokens) const;
  core::Result<KeyRecord> set_blocked(const Actor& actor, std::string_view token,
                                      bool blocked) const;
  core::Result<IssuedKey> regenerate(const Actor& actor, std::string_view token,
                                     const Regeneration& how) const;

  /// By hash, the archive last: a row found there has `deleted_at`.
  core::Result<KeyRecord> find(std::string_view token, bool deleted_too = false) const;
  /// All hashes that the key of that hash has or had, `token` itself included: calls are recorded
  /// under the one that they came with.
  core::Result<std::vector<std::string>> all_tokens(std::string_view token) const;
  /// Errc::not_found when one alias is unknown.
  core::Result<std::vector<std::string>> tokens_of(const std::vector<std::string>& aliases) const;
  /// Sorts by key_alias, created_at, updated_at, expires, spend, max_budget, user_id, team_id.
  core::Result<Listing<KeyRecord>> list(const KeyFilter& filter, const Page& page,
                                        const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

/// The hash of what a client names a key by: the text itself ("sk-…") or its hash.
std::string token_of(std::string_view key_or_hash);

}  // namespace gatehouse::tenancy
