#pragma once
/// Organizations in answers (litellm-contract.md 1.6).

#include "admin/json_writer.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

struct OrganizationFacts {
  core::Money spend;
  core::WallTime now{};
  const limits::TimeZone* zone = nullptr;
};

/// The members of an organization's row, without braces.
void write_organization_members(admin::JsonWriter& out,
                                const tenancy::OrganizationRecord& organization,
                                const OrganizationFacts& facts);
/// {"organization_id","user_id","user_role"}
void write_organization_membership(admin::JsonWriter& out,
                                   const tenancy::OrganizationRecord& organization,
                                   const tenancy::OrganizationMember& member);

/// The limits as the row of a budget of its own: litellm_budget_table.
void write_budget_table(admin::JsonWriter& out, const tenancy::LimitTerms& limits,
                        core::WallTime now, const limits::TimeZone* zone);

}  // namespace gatehouse::api::litellm
