#pragma once
/// Teams and their members in the bodies of requests (litellm-contract.md 1.6).

#include <vector>

#include "admin/body_reader.hpp"
#include "gatehouse/tenancy/team_store.hpp"

namespace gatehouse::api::litellm {

/// Every field that the body may have but team_id and members; those nobody knows go to `extra`.
/// Call last: what was not read by then is extra.
tenancy::TeamPatch read_team_patch(admin::BodyReader& body);

/// One member: {role, user_id, user_email, max_budget_in_team, tpm_limit, rpm_limit}.
tenancy::MemberChange read_member(admin::BodyReader& body);
/// Field `name`: one member or a list of them. Who is named by nothing is a finding.
std::vector<tenancy::MemberChange> read_members(admin::BodyReader& body, std::string_view name);

}  // namespace gatehouse::api::litellm
