#pragma once
/// Administration of organizations, which are the tenants (litellm-contract.md 1.6). General
/// rules: store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

/// The tenant that always exists.
inline constexpr std::string_view kDefaultOrganization = "default";

struct OrganizationPatch {
  Patch<std::string> organization_alias;
  Patch<std::vector<std::string>> models;
  LimitPatch limits;
  Patch<bool> blocked;
  Patch<std::string> metadata;  ///< JSON object, replaces
  std::string extra = "{}";     ///< JSON object, merged member by member
};

struct NewOrganization {
  std::optional<std::string> organization_id = {};  ///< absent: a new UUID
  OrganizationPatch fields = {};
};

struct OrganizationFilter {
  std::optional<std::string> organization_id = {};
  std::optional<std::string> organization_alias = {};  ///< anywhere, without case
  std::optional<std::string> member = {};              ///< user id
};

class OrganizationStore {
 public:
  explicit OrganizationStore(const StoreContext& context) : context_(context) {}

  core::Result<OrganizationRecord> create(const Actor& actor,
                                          const NewOrganization& organization) const;
  core::Result<OrganizationRecord> update(const Actor& actor, std::string_view organization_id,
                                          const OrganizationPatch& patch) const;
  /// Removes organizations with their teams and keys (archived). Errc::forbidden for "default".
  core::Result<std::vector<OrganizationRecord>> remove(
      const Actor& actor, const std::vector<std::string>& organization_ids) const;
  /// Adds the member or changes its role. The user must exist.
  core::Result<OrganizationRecord> set_member(const Actor& actor, std::string_view organization_id,
                                              const OrganizationMember& member) const;
  core::Result<OrganizationRecord> remove_member(const Actor& actor,
                                                 std::string_view organization_id,
                                                 std::string_view user_id) const;
  core::Result<OrganizationRecord> find(std::string_view organization_id) const;
  /// Sorts by organization_id, organization_alias, created_at.
  core::Result<Listing<OrganizationRecord>> list(const OrganizationFilter& filter, const Page& page,
                                                 const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
