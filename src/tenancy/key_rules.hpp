#pragma once
/// What a key may be: the policy, names that are taken, things it refers to.

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/tenancy/key_store.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {

/// `patch` with the policy's defaults for what it leaves out.
KeyPatch with_defaults(KeyPatch patch, const KeyDefaults& defaults);

/// Errc::invalid_argument above a bound of the policy. With `fill`, what the patch leaves out (or
/// clears) gets the bound.
core::Result<KeyPatch> within_bounds(KeyPatch patch, const Writing& writing, bool fill);

/// `record` with the patch applied; checks texts, durations and numbers.
core::Result<KeyRecord> patched(KeyRecord record, const KeyPatch& patch, const Writing& writing);

/// Keeps when a key that rotates by itself is due; of one that does not, nothing is kept. The
/// interval begins now with `anew`, or where nothing was kept.
core::Result<void> plan_rotation(const Writing& writing, const KeyRecord& record, bool anew);

/// Errc::conflict for a taken alias, Errc::invalid_argument for a team, organization or budget
/// that does not exist.
core::Result<void> check_references(const Writing& writing, const KeyRecord& record);

/// The caller's own text, or a new one. Errc::invalid_argument for a text that cannot be a key.
core::Result<core::Secret> key_text(const Writing& writing,
                                    const std::optional<core::Secret>& wanted);
/// Errc::conflict when a key has, or had before it was regenerated, that hash.
core::Result<void> check_token_free(const Writing& writing, std::string_view token);

}  // namespace gatehouse::tenancy
