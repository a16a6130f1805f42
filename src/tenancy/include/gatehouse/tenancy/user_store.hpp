#pragma once
/// Administration of users (litellm-contract.md 1.6). General rules: store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct UserPatch {
  Patch<std::string> user_email;
  Patch<std::string> user_alias;
  Patch<std::string> sso_user_id;
  Patch<UserRole> role;
  Patch<std::vector<std::string>> models;
  LimitPatch limits;
  Patch<std::string> metadata;  ///< JSON object, replaces
  std::string extra = "{}";     ///< JSON object, merged member by member
};

/// A team to join at once.
struct TeamToJoin {
  std::string team_id;
  MemberRole role = MemberRole::user;
  std::optional<core::Money> max_budget_in_team = {};
};

struct NewUser {
  std::optional<std::string> user_id = {};  ///< absent: a new UUID
  UserPatch fields = {};
  std::vector<TeamToJoin> teams = {};
  std::vector<std::string> organizations = {};
};

struct UserFilter {
  std::optional<UserRole> role = {};
  std::vector<std::string> user_ids = {};      ///< one of these; empty: all
  std::optional<std::string> user_email = {};  ///< anywhere in the address, without case
  std::optional<std::string> sso_user_id = {};
  std::optional<std::string> team_id = {};
  std::vector<std::string> organization_ids = {};  ///< member of one of these; empty: all
};

class UserStore {
 public:
  explicit UserStore(const StoreContext& context) : context_(context) {}

  core::Result<UserRecord> create(const Actor& actor, const NewUser& user) const;
  core::Result<UserRecord> update(const Actor& actor, std::string_view user_id,
                                  const UserPatch& patch) const;
  /// Removes users, their keys (archived) and memberships. Errc::not_found when one is unknown.
  core::Result<std::vector<UserRecord>> remove(const Actor& actor,
                                               const std::vector<std::string>& user_ids) const;
  core::Result<UserRecord> find(std::string_view user_id) const;
  core::Result<UserRecord> find_by_email(std::string_view email) const;
  /// Sorts by user_id, user_email, created_at, user_role, spend.
  core::Result<Listing<UserRecord>> list(const UserFilter& filter, const Page& page,
                                         const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
