#pragma once
/// The answer that shows a key's text, the only time.

#include <optional>
#include <string>

#include "admin/answer.hpp"
#include "admin/json_writer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/key_store.hpp"

namespace gatehouse::api::litellm {

/// The members of GenerateKeyResponse, without braces. Blocking.
admin::Outcome<void> write_issued_key(admin::JsonWriter& out, const admin::AdminRequest& request,
                                      ControlPlane& control, const tenancy::IssuedKey& issued);

/// E1 for a key that could not be made: 400 for a bad request, param key_alias for a taken alias.
admin::Answer refuse_key(const core::Error& error);

}  // namespace gatehouse::api::litellm
