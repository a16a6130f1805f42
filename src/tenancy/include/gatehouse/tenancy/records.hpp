#pragma once
/// The identities of the server as they are stored. Plain values; names as in
/// litellm-contract.md 1.5-1.6.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::tenancy {

/// Limits as an administrator gave them. `budget_id` names a shared budget whose values stand in
/// for those that are absent here.
struct LimitTerms {
  std::optional<core::Money> max_budget;
  std::optional<core::Money> soft_budget;
  std::optional<std::string> budget_duration;
  std::optional<core::WallTime> budget_anchor;  ///< periods counted exactly from here (/budget/new)
  std::vector<core::BudgetLimit> budget_limits;  ///< further windows (budget_limits)
  std::optional<std::uint64_t> tpm_limit;
  std::optional<std::uint64_t> rpm_limit;
  std::optional<std::uint64_t> max_parallel_requests;
  std::map<std::string, core::BudgetLimit> model_max_budget;
  std::map<std::string, std::uint64_t> model_rpm_limit;
  std::map<std::string, std::uint64_t> model_tpm_limit;
  std::optional<std::string> budget_id;
};

/// When a row was written, and by whom.
struct Provenance {
  core::WallTime created_at{};
  core::WallTime updated_at{};
  std::string created_by;
  std::string updated_by;
};

/// Role of a person (litellm-contract.md 1.1).
enum class UserRole : std::uint8_t {
  proxy_admin,
  proxy_admin_viewer,
  org_admin,
  internal_user,
  internal_user_viewer,
  team,
  customer,
};
/// The name on the wire and in the database. Static storage.
std::string_view name_of(UserRole role) noexcept;
std::optional<UserRole> user_role_named(std::string_view name) noexcept;

/// "default", "llm_api", "management", "read_only".
enum class KeyType : std::uint8_t { standard, llm_api, management, read_only };
std::string_view name_of(KeyType type) noexcept;
std::optional<KeyType> key_type_named(std::string_view name) noexcept;

struct KeyRecord {
  std::string token;  ///< lowercase hexadecimal SHA-256 of the key
  /// What is spent and counted goes here (the id of Scope::key): the hash of the first text the
  /// key had. It stays when the key is regenerated, so spend, caps and windows stay, too.
  std::string account;
  std::string key_name;  ///< "sk-...abcd"
  std::optional<std::string> key_alias;
  KeyType type = KeyType::standard;
  std::vector<std::string> models;             ///< empty: all
  std::map<std::string, std::string> aliases;  ///< requested name → model
  std::optional<std::string> user_id;
  std::optional<std::string> team_id;
  std::optional<std::string> organization_id;
  LimitTerms limits;
  std::optional<core::Money> temp_budget_increase;
  std::optional<core::WallTime> temp_budget_expiry;
  std::optional<core::WallTime> expires;
  bool blocked = false;
  std::vector<std::string> tags;
  std::vector<std::string> allowed_routes;  ///< empty: by type
  std::string metadata = "{}";              ///< JSON object of the client's
  std::string extra = "{}";  ///< JSON object: fields that are kept and echoed, not acted upon
  bool service_account = false;
  std::uint32_t rotation_count = 0;
  std::optional<std::string> rotation_interval;
  bool auto_rotate = false;
  /// Set while an old text of a regenerated key is still good: the row is a copy that expires.
  std::optional<std::string> replaced_by;
  Provenance provenance;
  std::optional<core::WallTime> deleted_at = {};  ///< only in the archive
  std::string deleted_by = {};
};

enum class MemberRole : std::uint8_t { user, admin };
std::string_view name_of(MemberRole role) noexcept;
std::optional<MemberRole> member_role_named(std::string_view name) noexcept;

struct TeamMember {
  std::string user_id;
  std::string user_email;
  MemberRole role = MemberRole::user;
  LimitTerms limits;  ///< max_budget_in_team, rpm, tpm
};

struct TeamRecord {
  std::string team_id;
  std::optional<std::string> team_alias;
  std::string organization_id = "default";
  std::vector<TeamMember> members;
  std::vector<std::string> models;
  std::map<std::string, std::string> model_aliases;
  LimitTerms limits;
  LimitTerms member_defaults;  ///< team_member_budget, …
  bool blocked = false;
  std::string metadata = "{}";
  std::string extra = "{}";
  std::vector<std::string> tags;
  Provenance provenance;
  std::optional<core::WallTime> deleted_at = {};  ///< only in the archive
  std::string deleted_by = {};
};

struct UserRecord {
  std::string user_id;
  std::optional<std::string> user_email;
  std::optional<std::string> user_alias;
  std::optional<std::string> sso_user_id;
  UserRole role = UserRole::internal_user;
  std::vector<std::string> teams;          ///< ids, from the teams' members
  std::vector<std::string> organizations;  ///< ids, from the organizations' members
  std::vector<std::string> models;
  LimitTerms limits;
  std::string metadata = "{}";
  std::string extra = "{}";
  Provenance provenance;
  std::vector<std::string> admin_of_teams = {};          ///< those of `teams` with role admin
  std::vector<std::string> admin_of_organizations = {};  ///< likewise, role org_admin
};

struct OrganizationMember {
  std::string user_id;
  UserRole role = UserRole::internal_user;
};

struct OrganizationRecord {
  std::string organization_id;
  std::string organization_alias;
  std::vector<std::string> models;
  std::vector<OrganizationMember> members;
  LimitTerms limits;
  bool blocked = false;
  std::string metadata = "{}";
  std::string extra = "{}";
  Provenance provenance;
};

/// The OpenAI `user` of a call, when an administrator has something to say about it.
struct EndUserRecord {
  std::string user_id;
  std::optional<std::string> alias;
  bool blocked = false;
  std::optional<std::string> allowed_model_region;
  std::optional<std::string> default_model;
  LimitTerms limits;
  Provenance provenance;
};

struct TagRecord {
  std::string name;
  std::string description;
  std::vector<std::string> models;
  LimitTerms limits;
  Provenance provenance;
};

/// A budget that several others name.
struct BudgetRecord {
  std::string budget_id;
  LimitTerms limits;
  Provenance provenance;
};

}  // namespace gatehouse::tenancy
