#pragma once
/// Teams in answers (litellm-contract.md 1.6).

#include <optional>
#include <string>
#include <vector>

#include "admin/json_writer.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

/// What a team's row does not hold.
struct TeamFacts {
  core::Money spend;
  core::WallTime now{};
  const limits::TimeZone* zone = nullptr;
};

/// The members of a team's row, without braces.
void write_team_members(admin::JsonWriter& out, const tenancy::TeamRecord& team,
                        const TeamFacts& facts);
/// With braces.
void write_team_row(admin::JsonWriter& out, const tenancy::TeamRecord& team,
                    const TeamFacts& facts);

/// [{"user_id","team_id","spend","litellm_budget_table":{…}}]: `spends` in the order of members.
void write_memberships(admin::JsonWriter& out, const tenancy::TeamRecord& team,
                       const std::vector<core::Money>& spends);

/// The organization as clients know it: the tenant that always exists is none.
std::optional<std::string> shown_organization(const std::string& organization_id);

}  // namespace gatehouse::api::litellm
