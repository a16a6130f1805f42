#pragma once
/// Metadata of keys and teams: where the original keeps tags and limits per model.

#include <string>
#include <vector>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/tenancy/patch.hpp"
#include "gatehouse/tenancy/records.hpp"
#include "gatehouse/tenancy/store.hpp"
#include "litellm/extra_fields.hpp"

namespace gatehouse::api::litellm {

/// Reads `metadata`. What a client read there it may send back: tags and limits per model go to
/// their own fields, `metadata` keeps the rest. Call before those fields are read.
void read_metadata(admin::BodyReader& body, tenancy::Patch<std::string>& metadata,
                   tenancy::Patch<std::vector<std::string>>& tags, tenancy::LimitPatch& limits);

/// Writes the members of `metadata` with tags, limits per model and those extra fields that belong
/// there, without braces.
void write_metadata(admin::JsonWriter& out, const std::string& metadata,
                    const std::vector<std::string>& tags, const tenancy::LimitTerms& limits,
                    ExtraFields& extra);

}  // namespace gatehouse::api::litellm
