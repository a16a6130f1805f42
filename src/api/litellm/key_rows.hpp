#pragma once
/// Keys as a list within the answer about a team or a user.

#include "admin/answer.hpp"
#include "admin/json_writer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/key_store.hpp"

namespace gatehouse::api::litellm {

/// The keys that the filter finds, at most 1000, with what they spent, as a JSON list. Blocking.
admin::Outcome<void> write_key_rows(admin::JsonWriter& out, const admin::AdminRequest& request,
                                    ControlPlane& control, const tenancy::KeyFilter& filter);

}  // namespace gatehouse::api::litellm
