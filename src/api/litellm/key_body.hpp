#pragma once
/// Keys in the bodies of requests.

#include "admin/body_reader.hpp"
#include "gatehouse/tenancy/key_store.hpp"

namespace gatehouse::api::litellm {

/// Every field that the body may have but `key` and `spend`; those nobody knows go to `extra`.
/// Call last: what was not read by then is extra.
tenancy::KeyPatch read_key_patch(admin::BodyReader& body);

}  // namespace gatehouse::api::litellm
