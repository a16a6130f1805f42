#pragma once
/// Keys that a request names, with the rights of the caller on them. Blocking.

#include <optional>
#include <string>
#include <string_view>

#include "admin/body_reader.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "litellm/key_json.hpp"

namespace gatehouse::api::litellm {

/// 404 not_found_error with param "key".
admin::Answer key_not_found();

/// Whether the text can be a key or the hash of one.
bool looks_like_key(std::string_view key_or_hash);

/// The key that `key_or_hash` names, if the caller may change it; else 400, 404 or 403.
admin::Outcome<tenancy::KeyRecord> writable_key(const admin::AdminRequest& request,
                                                ControlPlane& control,
                                                std::string_view key_or_hash);

/// Whether the caller may change a key as an administrator of it, and not just as its owner.
bool administers(const admin::AdminRequest& request, ControlPlane& control,
                 const tenancy::KeyRecord& key);

/// Completes the patch for a new key of the caller's, or tells why it may not make such a key: a
/// person makes keys of its own, in its own teams; administrators make those of whom they
/// administer.
admin::Outcome<void> may_create_key(const admin::AdminRequest& request, ControlPlane& control,
                                    tenancy::KeyPatch& patch);

/// 403 when an owner alone asks for what only an administrator of the key may change: what bounds
/// the key, whose it is, and whether it is blocked.
admin::Outcome<void> may_patch_key(const admin::AdminRequest& request, ControlPlane& control,
                                   const tenancy::KeyRecord& key, const admin::BodyReader& body);

/// Spend and shared budget of a key.
admin::Outcome<KeyFacts> facts_of(const admin::AdminRequest& request, ControlPlane& control,
                                  const tenancy::KeyRecord& key);

/// What the key belongs to.
tenancy::Target target_of(ControlPlane& control, const tenancy::KeyRecord& key);

}  // namespace gatehouse::api::litellm
