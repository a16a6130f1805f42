#pragma once
/// Administration of teams and their members (litellm-contract.md 1.6). General rules: store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct TeamPatch {
  Patch<std::string> team_alias;
  Patch<std::string> organization_id;  ///< null: "default"
  Patch<std::vector<std::string>> models;
  Patch<std::map<std::string, std::string>> model_aliases;
  LimitPatch limits;
  LimitPatch member_defaults;  ///< team_member_budget, …
  Patch<bool> blocked;
  Patch<std::vector<std::string>> tags;
  Patch<std::string> metadata;  ///< JSON object, replaces
  std::string extra = "{}";     ///< JSON object, merged member by member
};

/// A member is named by id, by e-mail or by both. A user who does not exist is made.
struct MemberChange {
  std::optional<std::string> user_id = {};
  std::optional<std::string> user_email = {};
  Patch<MemberRole> role = {};
  LimitPatch limits = {};
};

struct NewTeam {
  std::optional<std::string> team_id = {};  ///< absent: a new UUID
  TeamPatch fields = {};
  std::vector<MemberChange> members = {};
};

struct TeamFilter {
  std::optional<std::string> team_id = {};
  std::optional<std::string> team_alias = {};  ///< anywhere in the alias, without case
  std::optional<std::string> organization_id = {};
  std::optional<std::string> member = {};                         ///< user id
  std::optional<std::vector<std::string>> organization_ids = {};  ///< one of these, or `member`
  bool deleted = false;
};

class TeamStore {
 public:
  explicit TeamStore(const StoreContext& context) : context_(context) {}

  core::Result<TeamRecord> create(const Actor& actor, const NewTeam& team) const;
  core::Result<TeamRecord> update(const Actor& actor, std::string_view team_id,
                                  const TeamPatch& patch) const;
  /// Archives and removes the teams with all their keys. Errc::not_found when one is unknown:
  /// then nothing is removed.
  core::Result<std::vector<TeamRecord>> remove(const Actor& actor,
                                               const std::vector<std::string>& team_ids) const;

  /// Errc::conflict when one is a member already: then nobody is added.
  core::Result<TeamRecord> add_members(const Actor& actor, std::string_view team_id,
                                       const std::vector<MemberChange>& members) const;
  core::Result<TeamRecord> update_member(const Actor& actor, std::string_view team_id,
                                         const MemberChange& member) const;
  /// Also removes the member's keys of this team.
  core::Result<TeamRecord> remove_member(const Actor& actor, std::string_view team_id,
                                         const MemberChange& member) const;

  core::Result<TeamRecord> find(std::string_view team_id) const;
  /// Sorts by team_id, team_alias, created_at, organization_id.
  core::Result<Listing<TeamRecord>> list(const TeamFilter& filter, const Page& page,
                                         const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
