#pragma once
/// The rights of a caller on the objects that its request names, as answers.

#include <string_view>

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::api::litellm {

/// `hidden` when the caller may not even read the target, 403 when it may not change it.
admin::Outcome<void> need(const tenancy::Caller& caller, tenancy::Action action,
                          const tenancy::Target& target, const admin::Answer& hidden);

/// 403 with the contract's words unless the caller is a proxy admin.
admin::Outcome<void> need_admin(const admin::AdminRequest& request, std::string_view to_do_what);

/// The answer to a failure of a store: what is taken or wrong is 400, as the original has it.
admin::Answer refuse_store(const core::Error& error, std::string_view type = admin::type::kAuth,
                           std::string_view param = "None");

}  // namespace gatehouse::api::litellm
