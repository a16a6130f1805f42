#pragma once
/// Keys in answers (litellm-contract.md 1.5).

#include <string>

#include "admin/json_writer.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

/// What a key's row does not hold.
struct KeyFacts {
  core::Money spend;
  core::WallTime now{};
  const limits::TimeZone* zone = nullptr;
  std::string budget_table = "null";  ///< JSON of the shared budget
};

/// The members of a key's row, without braces. The hash is written only on demand.
void write_key_members(admin::JsonWriter& out, const tenancy::KeyRecord& key,
                       const KeyFacts& facts);

/// A row as lists and writers of keys show it: with `token`.
void write_key_row(admin::JsonWriter& out, const tenancy::KeyRecord& key, const KeyFacts& facts);

}  // namespace gatehouse::api::litellm
