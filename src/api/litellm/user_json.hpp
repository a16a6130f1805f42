#pragma once
/// Users in answers (litellm-contract.md 1.6).

#include "admin/json_writer.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

/// What a user's row does not hold.
struct UserFacts {
  core::Money spend;
  core::WallTime now{};
  const limits::TimeZone* zone = nullptr;
};

/// The members of a user's row, without braces.
void write_user_members(admin::JsonWriter& out, const tenancy::UserRecord& user,
                        const UserFacts& facts);
/// With braces.
void write_user_row(admin::JsonWriter& out, const tenancy::UserRecord& user,
                    const UserFacts& facts);

}  // namespace gatehouse::api::litellm
