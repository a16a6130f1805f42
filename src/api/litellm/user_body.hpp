#pragma once
/// Users in the bodies of requests (litellm-contract.md 1.6).

#include <vector>

#include "admin/body_reader.hpp"
#include "gatehouse/tenancy/user_store.hpp"

namespace gatehouse::api::litellm {

/// Every field of a user's row that the body may have but its id. Leaves the rest to others.
tenancy::UserPatch read_user_patch(admin::BodyReader& body);

/// `teams`: ids, or {team_id, max_budget_in_team, user_role}.
std::vector<tenancy::TeamToJoin> read_teams(admin::BodyReader& body);

/// The roles that a person may have, as they are written.
const std::vector<std::string_view>& user_roles();

}  // namespace gatehouse::api::litellm
