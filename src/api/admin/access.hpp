#pragma once
/// Who may call a route: the one gate before every handler (faults.md S1). Deny by default.

#include <optional>
#include <string_view>

#include "admin/answer.hpp"
#include "gatehouse/api/route_table.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::api::admin {

/// What the caller is told when it may not call the route; nothing when it may. `path` is that of
/// the request.
std::optional<Answer> refusal_of(const Route& route, std::string_view path,
                                 const tenancy::Caller& caller);

}  // namespace gatehouse::api::admin
